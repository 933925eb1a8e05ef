import { z } from 'zod';
import { didYouMean } from '../near-names.ts';
import { parseQuantity, type QuantityName, quantityAllowed, quantityPattern } from '../quantity.ts';

// Every `error` below names the allowed values. YamlFile adds the value found and its place.

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

/** One of a few plain values. */
export const oneOf = <const Values extends readonly (string | number | boolean)[]>(
  values: Values,
  description: string,
) => z.literal(values, { error: values.join(', ') }).describe(description);

/** A whole number, each bound included. */
export const wholeNumber = (description: string, from = 0, to = Number.MAX_SAFE_INTEGER) => {
  const allowed =
    to === Number.MAX_SAFE_INTEGER ? `a whole number from ${from} on` : `a whole number from ${from} to ${to}`;
  return z.int({ error: allowed }).min(from, { error: allowed }).max(to, { error: allowed }).describe(description);
};

/** A baud rate. The bounds are our choice: no adapter goes beyond them. */
export const baudRate = () => {
  const allowed = 'a whole number from 300 to 4000000, such as 115200';
  return z
    .int({ error: allowed })
    .min(300, { error: allowed })
    .max(4_000_000, { error: allowed })
    .describe('Baud rate');
};
