import type { CatalogRow } from './row.ts';

/** Refused before anything moved: command line, profile, image, files. */
export const usageErrors = {
  usage: { kind: 'usage', recovery: 'stop', hint: 'Run `bootctl --help` for commands and options.' },
  'port-without-lines': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Name the port rfc2217://HOST:PORT, if its server speaks RFC 2217; or have `methods: [manual]` or `[soft-jump]` in the profile; or start the ROM by hand and add `--no-entry`.',
  },
  'board-not-measurable': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'A calibration resets the board by RTS and DTR and has to see its ROM, on USB or on the USART: complete `wiring`, `methods`, `usb` or `usart` in the profile.',
  },
  'circuit-not-analysable': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Only a capacitor on BOOT0 that a line charges is analysed: complete `boot0`, `wiring` and `methods` in the profile, or let `bootctl rc design` choose the parts.',
  },
  'design-impossible': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Wish for a smaller `--margin`, a finer `--series`, another `--supply` or a faster `--adapter`.',
  },
  'output-unwritable': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Check the folder, and that you may write there; nothing else was written.',
  },
  'scenario-unknown': { kind: 'usage', recovery: 'stop', hint: 'Run `bootctl simulate` to list the scenarios.' },
  'profile-unknown': { kind: 'usage', recovery: 'stop', hint: 'Run `bootctl profile list`, or give a path.' },
  'profile-invalid': { kind: 'usage', recovery: 'stop', hint: 'Run `bootctl profile check <path>` after each change.' },
  'image-unreadable': { kind: 'usage', recovery: 'stop', hint: 'Check the path and that you may read the file.' },
  'image-malformed': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Build or fetch it again: this file was cut or changed.',
  },
  'image-empty': { kind: 'usage', recovery: 'stop', hint: 'The image holds no data; build it again.' },
  'image-overlap': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Two records claim the same address; check the linker script.',
  },
  'image-address-required': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'A raw binary carries no address: add `--address 0x08000000`, or the address behind a bootloader of the board.',
  },
  'image-out-of-range': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Check the linker script and the target in the profile.',
  },
  'image-vector-table': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'The image would not start; `--force` flashes it all the same.',
  },
  'image-unsupported': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Give bootctl raw binary, Intel HEX, S-records, ELF, DfuSe or UF2; `bootctl image info` shows what it reads.',
  },
  'image-truncated': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'The file was cut, in a download or by a full disk: fetch or build it again.',
  },
  'image-crc': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'A byte of the file changed after it was made: fetch or build it again.',
  },
  'image-too-large': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'No STM32 has that much flash; check that it is the right file.',
  },
  'image-wrong-machine': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Give the linked 32-bit little-endian Arm executable, not an object file or a program of the host.',
  },
  'image-wrong-device': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'The file was made for another USB device; `--force` flashes it all the same.',
  },
  'image-wrong-family': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Take the UF2 file for this target; `--force` flashes it all the same.',
  },
  'image-wrong-base': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Link the firmware for the address where it goes.',
  },
  'image-alignment': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'No flash programs a byte at an odd address alone: check the linker script, or the address given; `--force` fills up with 0xFF.',
  },
  'image-not-writable': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'The bootloader does not allow writing there: leave that part out of the image.',
  },
  'image-alternate': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'bootctl writes alternate setting 0, the internal flash; `--force` leaves the others out.',
  },
  'image-patch': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'A patch is ADDRESS=VALUE, such as 0x0800FF00=text:SN0042, 0x0800FF10=u32:1234 or 0x0800FF20=DEADBEEF.',
  },
  'image-not-convertible': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Choose another format with `--to`; Intel HEX holds everything.',
  },
  'image-unwritable': { kind: 'usage', recovery: 'stop', hint: 'Check the path and that you may write there.' },
  'measurement-unwritable': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Check the folder, and that you may write there.',
  },
  'trace-unwritable': { kind: 'usage', recovery: 'stop', hint: 'Check the folder, and that you may write there.' },
  'trace-unreadable': { kind: 'usage', recovery: 'stop', hint: 'Check the path and that you may read the file.' },
  'import-not-understood': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Correct that place, or leave it out: nothing is guessed.',
  },
  'import-not-possible': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Describe the board by `bootctl profile new`, or start from the built-in profile that fits (`bootctl profile list`).',
  },
  'answers-ended': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Give one line for each question, an empty one for the first choice, or run it at a terminal. Nothing was written.',
  },
  'profile-exists': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Name another file, or add `--force` to replace this one.',
  },
  'trace-malformed': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Record it again with `--trace`; a trace is NDJSON, one line for each event.',
  },
} as const satisfies Record<string, CatalogRow>;
