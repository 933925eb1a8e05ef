import type { CatalogRow } from './row.ts';

/** Refused by `bootctl firmware`: nothing was written. */
export const firmwareErrors = {
  'firmware-target-unnamed': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Name its line: `target: { family: F405_407 }` in the profile, or `--target F405_407`. The registers of the kit follow from it.',
  },
  'firmware-target-unknown': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Nothing is guessed here: start the ROM by BOOT0 and NRST (`methods: [rc-cap]` or `[lines]`).',
  },
  'firmware-refused': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Start the ROM by BOOT0 and NRST (`methods: [rc-cap]` or `[lines]`).',
  },
  'firmware-request-missing': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Add an entry to `softJump` of the profile: host and firmware both follow it.',
  },
  'firmware-command-unusable': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Take a command of 1 to 32 bytes without a zero, such as "bootloader\\r\\n"; several have 32 together.',
  },
  'firmware-pin-unusable': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Take another pin, one that the application leaves alone.',
  },
  'firmware-circuit-unusable': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Complete or correct `boot0` in the profile; `bootctl rc design` chooses parts.',
  },
  'firmware-ram-unusable': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Give eight bytes of RAM that neither the ROM nor the linker uses, aligned to 8, or leave `--ram-token` out where the line has a backup register.',
  },
  'firmware-file-changed': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'It was left as it is, and nothing was written. Give another folder, or move the file away.',
  },
  'firmware-kit-absent': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Compile and link bootctl_firmware.c, and call bootctl_enter_bootloader() or bootctl_poll() somewhere: `bootctl firmware write` prints how.',
  },
} as const satisfies Record<string, CatalogRow>;
