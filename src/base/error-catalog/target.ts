import type { CatalogRow } from './row.ts';

/** The target: entry, protocol, protection, and end states that were not observed. */
export const targetErrors = {
  'dfu-not-seen': {
    kind: 'entry',
    recovery: 'next-rung',
    hint: 'Check the USB cable, the BOOT0 circuit and the crystal.',
  },
  'application-came-back': {
    kind: 'entry',
    recovery: 'next-rung',
    hint: 'NRST works, but BOOT0 was low when it was sampled: check the BOOT0 circuit.',
  },
  'window-missed': {
    kind: 'entry',
    recovery: 'same-rung',
    hint: 'The host was too slow for the capacitor: use a larger one, or the `lines` method.',
  },
  'dfu-ambiguous': {
    kind: 'entry',
    recovery: 'stop',
    hint: "Name the board's USB path with `--usb-path`; `bootctl list` shows the paths.",
  },
  'dfu-unproven': {
    kind: 'entry',
    recovery: 'next-method',
    hint: "Name the board's USB path with `--usb-path`; `bootctl list` shows the paths.",
  },
  'method-unavailable': { kind: 'entry', recovery: 'next-method', hint: 'Remove the method from the profile.' },
  'target-unexpected': {
    kind: 'entry',
    recovery: 'stop',
    hint: 'Check `target` in the profile, and that the adapter is the one of this board.',
  },
  'target-unknown': {
    kind: 'entry',
    recovery: 'stop',
    hint: 'Nothing was changed: name the line in `target` of the profile; `hardware/targets` lists them.',
  },
  'usart-no-sync': {
    kind: 'entry',
    recovery: 'next-method',
    hint: 'Check that TX and RX of the adapter reach a USART of the ROM, and BOOT0 and NRST; AN2606 lists the pins.',
  },
  'application-port-missing': {
    kind: 'entry',
    recovery: 'next-rung',
    hint: 'The application is not on the bus: it may have crashed, or its ids in the profile are others.',
  },
  'application-port-ambiguous': {
    kind: 'entry',
    recovery: 'next-rung',
    hint: "Name the board's USB path with `--usb-path`; `bootctl list` shows the paths.",
  },
  'application-port-unusable': {
    kind: 'entry',
    recovery: 'next-rung',
    hint: 'Close the program that uses the application, or see to the rights on its port.',
  },
  'application-unproven': {
    kind: 'entry',
    recovery: 'next-rung',
    hint: 'If it is this board, name its USB path with `--usb-path`, and check the wire to NRST.',
  },
  'application-silent': {
    kind: 'entry',
    recovery: 'next-rung',
    hint: 'The application has not done what it was asked: check the softJump entry of the profile against it.',
  },
  'methods-exhausted': { kind: 'entry', recovery: 'stop', hint: 'See what each attempt found, above.' },
  'usb-stall': {
    kind: 'protocol',
    recovery: 'next-rung',
    secondTry: true,
    reentry: true,
    tornRead: 'there',
    hint: 'The target refused a request; run again, and report it if it stays so.',
  },
  'usb-timeout': {
    kind: 'protocol',
    recovery: 'next-rung',
    reentry: true,
    tornRead: 'gone',
    hint: 'The target stopped answering; run again, and check power and cable.',
  },
  'usb-blocks-break-off': {
    kind: 'protocol',
    recovery: 'next-rung',
    hint: 'Nothing was changed: put a USB hub between host and target, or use another port.',
  },
  'target-lost': {
    kind: 'protocol',
    recovery: 'next-rung',
    reentry: true,
    tornRead: 'gone',
    hint: 'The target left the bus: check cable and power, then run the same command again.',
  },
  'dfu-status': {
    kind: 'protocol',
    recovery: 'next-rung',
    secondTry: true,
    tornRead: 'there',
    hint: 'The ROM reported an error; run the same command again.',
  },
  'dfu-state': {
    kind: 'protocol',
    recovery: 'next-rung',
    secondTry: true,
    reentry: true,
    hint: 'The DFU state machine is stuck: power-cycle the target and run again.',
  },
  'dfu-malformed': {
    kind: 'protocol',
    recovery: 'next-rung',
    hint: 'The device does not speak DfuSe as AN3156 describes it; is it an STM32 ROM?',
  },
  'erase-ineffective': {
    kind: 'protocol',
    recovery: 'next-rung',
    hint: 'The ROM does not erase this bank (AN2606): place the image in the first bank, or erase the whole flash at once.',
  },
  'flash-unreadable': {
    kind: 'protocol',
    recovery: 'next-rung',
    hint: 'A power cut in the midst of an erase or a write leaves flash with ECC so (L4, L5, G0, G4, WB, U5, H5, H7): `bootctl flash --full` and `bootctl erase` erase it without reading it.',
  },
  'read-differs': {
    kind: 'verify',
    recovery: 'stop',
    hint: 'No file was written: run again, over USART with a lower `--baud`; if it stays so, the wires or the flash are bad.',
  },
  'memory-unknown': {
    kind: 'protocol',
    recovery: 'next-rung',
    hint: '`bootctl info` lists the memories of the target with their alternate settings.',
  },
  'usart-nack': {
    kind: 'protocol',
    recovery: 'next-rung',
    secondTry: true,
    tornRead: 'there',
    hint: 'The ROM refuses this: check the address, and that the profile names the right target; with a lower `--baud`, whether the wires garble bytes.',
  },
  'usart-timeout': {
    kind: 'protocol',
    recovery: 'next-rung',
    secondTry: true,
    tornRead: 'gone',
    hint: 'The ROM stopped answering: check the wires and the ground between adapter and target, then run again.',
  },
  'usart-malformed': {
    kind: 'protocol',
    recovery: 'next-rung',
    secondTry: true,
    hint: 'Bytes were lost or garbled: try a lower `--baud`, and check the ground between adapter and target.',
  },
  'read-unsteady': {
    kind: 'protocol',
    recovery: 'next-rung',
    secondTry: true,
    hint: 'Bytes are garbled on their way: try a lower `--baud` or another cable, and check the ground between adapter and target.',
  },
  'readout-protected': {
    kind: 'protection',
    recovery: 'stop',
    hint: 'Nothing was changed. `bootctl flash` with `--unprotect` removes the protection, which erases the whole flash, and goes on.',
  },
  'unprotect-refused': {
    kind: 'protection',
    recovery: 'stop',
    hint: 'Nothing was changed: this ROM does not lift readout protection. A debug probe can, or on an H5 its product state.',
  },
  'write-protected': {
    kind: 'protection',
    recovery: 'stop',
    hint: 'Leave the sector out of the image, or clear its WRP option bits: DFU has no command for it, the ROM on its USART has one (`--unprotect`), and so has a debug probe.',
  },
  'verify-mismatch': {
    kind: 'verify',
    recovery: 'stop',
    secondTry: true,
    hint: 'The flash does not hold the image: run again; if it fails at the same address, the flash is worn out.',
  },
  'image-differs': {
    kind: 'verify',
    recovery: 'stop',
    hint: 'The two images are not the same firmware; `bootctl image diff` shows where they differ.',
  },
  'application-not-seen': {
    kind: 'application',
    recovery: 'stop',
    hint: 'The flash holds the image; check the application and what the profile expects of it.',
  },
  aborted: { kind: 'aborted', recovery: 'stop', hint: 'Run the same command again to finish.' },
} as const satisfies Record<string, CatalogRow>;
