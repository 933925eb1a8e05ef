import { z } from 'zod';
import { text, wholeNumber } from '../../base/yaml-file/checked-values.ts';
import { portPathPattern, usbPathPattern } from '../../bench/usb-place.ts';

// Every `error` below names the allowed values. YamlFile adds the value found and its place.

/** A USB id, read as four lower-case hex digits. */
export const hexId = (description: string) => {
  const allowed = 'four hex digits in quotes, such as "0483"';
  return z
    .string({ error: allowed })
    .regex(/^[0-9a-fA-F]{4}$/, { error: allowed })
    .describe(description)
    .transform((id) => id.toLowerCase());
};

const usbPathAllowed = 'a USB path in quotes, such as "1-2.3"';

/** Where something is plugged in: bus and ports, as Linux writes them. */
export const usbPath = (description: string) =>
  text(usbPathAllowed, description).regex(usbPathPattern, { error: usbPathAllowed });

/** The same, or one port of an adapter that has several. */
export const adapterPath = (description: string) => {
  const allowed = `${usbPathAllowed}, or "1-2.3:1.1" for one of several ports of an adapter`;
  return text(allowed, description).regex(portPathPattern, { error: allowed });
};

/** The same, or the word `any`. */
export const usbPathOrAny = (description: string) => {
  const allowed = `${usbPathAllowed}, or any`;
  return text(allowed, description).regex(/^(any|\d+-\d+(\.\d+)*)$/, { error: allowed });
};

/** How often a rung is tried. The upper bound is our choice: a hundred starts take minutes. */
export const attempts = () =>
  wholeNumber(
    'How often a rung is tried after which the DFU device does not come, or cannot be enumerated; default 1, or 4',
    1,
    100,
  );

/** A vector table starts at a multiple of 128 bytes at least (VTOR, Armv7-M ARM B3.2.5). */
export const applicationStart = () => {
  const allowed = 'an address of the flash that is a multiple of 0x80, such as 0x08008000';
  return z
    .int({ error: allowed })
    .nonnegative({ error: allowed })
    .max(0xffff_ffff, { error: allowed })
    .multipleOf(0x80, { error: allowed })
    .describe('Where applications start, behind a bootloader of the board itself; default the start of the flash');
};
