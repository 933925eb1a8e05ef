import { z } from 'zod';
import { didYouMean } from '../../base/near-names.ts';
import { parseQuantity, type QuantityName, quantityAllowed, quantityPattern } from '../../base/quantity.ts';

// Every `error` below names the allowed values. parse-profile adds the value found and its place.

/** A mapping without other keys; for unknown keys the message has one line each, in the order of the issue's keys. */
export const strict = <Shape extends z.ZodRawShape>(shape: Shape, description: string) => {
  const known = Object.keys(shape);
  const keys = known.join(', ');
  return z
    .strictObject(shape, {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => `unknown key${didYouMean(key, known)}; allowed: ${keys}`).join('\n')
          : `a mapping with the keys ${keys}`,
    })
    .describe(description);
};

/** Text such as `4.7uF`, read as ohms, farads, ms, volts or a fraction. */
export const quantity = (kind: QuantityName, description: string) =>
  z
    .string({ error: quantityAllowed(kind) })
    .regex(quantityPattern(kind), { error: quantityAllowed(kind) })
    .describe(description)
    .transform((text) => parseQuantity(text, kind));

/** A quantity that a circuit or a timer cannot have as zero. */
export const positive = (kind: QuantityName, description: string) =>
  quantity(kind, description).refine((value) => value > 0, { error: `${quantityAllowed(kind)}, more than 0` });

/** Text of one character or more. */
export const text = (allowed: string, description: string) =>
  z.string({ error: allowed }).min(1, { error: allowed }).describe(description);

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
  text(usbPathAllowed, description).regex(/^\d+-\d+(\.\d+)*$/, { error: usbPathAllowed });

/** The same, or the word `any`. */
export const usbPathOrAny = (description: string) => {
  const allowed = `${usbPathAllowed}, or any`;
  return text(allowed, description).regex(/^(any|\d+-\d+(\.\d+)*)$/, { error: allowed });
};

/** One of a few plain values. */
export const oneOf = <const Values extends readonly (string | number | boolean)[]>(
  values: Values,
  description: string,
) => z.literal(values, { error: values.join(', ') }).describe(description);

/** A baud rate. The bounds are our choice: no adapter goes beyond them. */
export const baudRate = () => {
  const allowed = 'a whole number from 300 to 4000000, such as 115200';
  return z
    .int({ error: allowed })
    .min(300, { error: allowed })
    .max(4_000_000, { error: allowed })
    .describe('Baud rate');
};

/** How often a rung is tried. The upper bound is our choice: a hundred starts take minutes. */
export const attempts = () => {
  const allowed = 'a whole number from 1 to 100';
  return z
    .int({ error: allowed })
    .min(1, { error: allowed })
    .max(100, { error: allowed })
    .describe(
      'How often a rung is tried after which the DFU device does not come, or cannot be enumerated; default 1, or 4',
    );
};

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
