import { parse } from 'yaml';
import { z } from 'zod';
import { parseQuantity, quantityPattern } from '../base/quantity.ts';
import type { Chip } from './chip.ts';
import { explained } from './chip.ts';
import { firmwareSchema } from './firmware/firmware-schema.ts';
import { sectorPattern } from './layout.ts';

const source = z.string().min(1);

/** A value with its source. The result has only the value. */
const sourced = <Value extends z.ZodType>(value: Value) =>
  z.strictObject({ value, source }).transform((row) => (row as { value: z.output<Value> }).value);

const sentence = z.string().min(1);
const address = z.int().nonnegative().max(0xffff_ffff);
const time = sourced(z.string().regex(quantityPattern('time'))).transform((text) => parseQuantity(text, 'time'));
const resistance = z
  .string()
  .regex(quantityPattern('resistance'))
  .transform((text) => parseQuantity(text, 'resistance'));
const pin = z.string().regex(/^P[A-K]\d{1,2}$/);

const bootloaderIds = z.strictObject({
  address: address.exactOptional(),
  values: z.array(z.int().min(0x10).max(0xfff)).min(1),
  note: sentence.exactOptional(),
  source,
});
const layout = z.strictObject({ variant: sentence, string: sentence, bytes: z.int().positive(), source });
const usart = z.strictObject({
  name: z.string().regex(/^US?ART\d$/),
  tx: pin.exactOptional(),
  rx: pin.exactOptional(),
  note: sentence.exactOptional(),
  source,
});

/** A threshold as data sheets write it: `0.17 VDD + 0.7 V`. */
const levelOfVdd = z
  .strictObject({ ofVdd: z.number().min(0).max(1), plus: z.number().min(-1).max(1), source })
  .transform(({ ofVdd, plus }) => ({ ofVdd, plus }));
const uniqueId = z
  .strictObject({
    value: address,
    offsets: z.tuple([z.literal(0), z.int().positive(), z.int().positive()]).default([0, 4, 8]),
    overDfu: z.enum(['answered', 'refused']).exactOptional(),
    hazard: sentence.exactOptional(),
    source,
  })
  .transform(({ value, source: _, ...rest }) => ({ address: value, ...rest }));
const boot0 = z.strictObject({
  vil: levelOfVdd.exactOptional(),
  vih: levelOfVdd.exactOptional(),
  drain: z
    .strictObject({ microamperes: z.number().positive(), source })
    .transform(({ microamperes }) => microamperes / 1e6)
    .exactOptional(),
  sharedPin: sourced(sentence).exactOptional(),
});
const nrstPullUp = z
  .strictObject({ min: resistance, typical: resistance, max: resistance, source })
  .transform(({ min, typical, max }) => ({ min, typical, max }));

/**
 * Schema of a file in `hardware/targets`: every value has a source. A value without one is left out. The result has
 * times in ms.
 */
export const chipSchema = z.strictObject({
  key: z.string(),
  name: sentence,
  series: z.string().regex(/^[A-Z][A-Z0-9]{1,3}$/),
  note: sentence.exactOptional(),
  pid: sourced(z.string().regex(/^0x[0-9A-F]{3}$/)).exactOptional(),
  bootloaderIds: bootloaderIds.exactOptional(),
  romStartup: time.exactOptional(),
  usbConnection: time.exactOptional(),
  hseTimeout: time.exactOptional(),
  dfu: sourced(z.boolean()),
  dfuClock: z.strictObject({ needs: z.enum(['none', 'hse', 'lse-or-hse']), rule: sentence, source }).exactOptional(),
  activation: sourced(z.string().regex(/^P\d+\b/)).exactOptional(),
  bootPins: sourced(sentence).exactOptional(),
  boot0: boot0.exactOptional(),
  nrstPullUp: nrstPullUp.exactOptional(),
  optionBits: sourced(z.array(z.string().regex(/^\w+$/)).min(1)).default([]),
  firmware: firmwareSchema.exactOptional(),
  flashBase: sourced(address),
  sectors: sourced(z.string().regex(sectorPattern)).exactOptional(),
  eraseNumbers: sourced(z.enum(['all', 'lower-half'])).exactOptional(),
  largestFlash: sourced(z.int().positive()).exactOptional(),
  flashSizeRegister: sourced(address).exactOptional(),
  uniqueId: uniqueId.exactOptional(),
  usartBlock: sourced(z.int().positive()).exactOptional(),
  usarts: z.array(usart).min(1),
  layouts: z.array(layout).default([]),
  quirks: z
    .array(z.strictObject({ text: sentence, explains: z.array(z.enum(explained)).min(1).exactOptional(), source }))
    .default([]),
});

/** The facts in the text of a file of `hardware/targets`. @throws ZodError */
export function parseChip(text: string): Chip {
  const { dfu, ...rest } = chipSchema.parse(parse(text));
  return { ...rest, hasDfu: dfu };
}
