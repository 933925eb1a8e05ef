/** What the words of a tool do to a line. The moves of a sequence have 1 for an asserted modem line, and for a GPIO at high level. */
export interface LineWords {
  /** As a remark beside the wiring that follows from them. */
  readonly remark: string;
  readonly source: string;
}

/**
 * Tools that move RTS and DTR by words of their own. All of them assert the line by 1, and an asserted line is LOW at the pin of a TTL
 * adapter: a tool that calls that high means the RS-232 side.
 */
export const lineWords = {
  stm32flash: {
    remark:
      'rts and dtr assert the line, which is LOW at the pin of a TTL adapter; a number is a GPIO at high level; - is the reverse',
    source:
      'stm32duino/stm32flash@0ae01d9 serial_posix.c, serial_posix_gpio: `level ? lines | bit : lines & ~bit` of TIOCM_RTS and TIOCM_DTR; serial_w32.c: SETRTS, CLRRTS; init.c@12f06e3, drive_gpio',
  },
  stm32loader: {
    remark:
      'DTR asserted is LOW at the pin and resets, RTS released is HIGH and raises BOOT0; -s swaps them, -R and -B turn one over',
    source:
      'florisla/stm32loader@6fa7e05 src/stm32loader/uart.py, enable_reset and enable_boot0 (the signals "are active low themselves"); args.py; README, "Electrically"',
  },
  esptool: {
    remark: 'D1 and R1 assert the line, which is LOW at the pin of a TTL adapter',
    source:
      'espressif/esptool@0480a5e docs/en/advanced-topics/boot-mode-selection.rst: "DTR and RTS are active low signals, i.e., True = pin @ 0V"; configuration-file.rst@04045d6: D, R, U, W',
  },
} as const satisfies Record<string, LineWords>;
