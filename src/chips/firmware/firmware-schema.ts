import { z } from 'zod';
import type { ChipFirmware } from './chip-firmware.ts';
import { firmwareCores, firmwareProofs, firmwareVerdicts } from './chip-firmware.ts';

const sentence = z.string().min(1);
const word = z.int().nonnegative().max(0xffff_ffff);
const bits = z.strictObject({ register: word, mask: word.positive() });

const backup = z.strictObject({
  register: word,
  halfWords: z.literal(true).exactOptional(),
  power: bits.exactOptional(),
  apb: bits.exactOptional(),
  unlock: bits.exactOptional(),
});

const jump = z.strictObject({
  rom: word,
  romId: z.strictObject({ address: word, value: z.int().min(0).max(0xff) }).exactOptional(),
  boot0Pins: z
    .array(z.string().regex(/^P[A-K]\d{1,2}$/))
    .min(1)
    .exactOptional(),
  remap: bits.exactOptional(),
  remapClock: bits.exactOptional(),
  reset: z.strictObject({ register: word, software: word.positive(), clear: word.positive() }),
  backup: backup.exactOptional(),
  romRam: z.strictObject({ start: word, end: word }).exactOptional(),
});

const gpio = z.strictObject({
  base: word,
  clock: word,
  firstBit: z.int().min(0).max(31),
  ports: z.string().regex(/^[A-K-]+$/),
  f1: z.literal(true).exactOptional(),
  largestMHz: z.int().positive(),
});

const sources = z.strictObject({
  verdict: sentence,
  registers: sentence.exactOptional(),
  romRam: sentence.exactOptional(),
  gpio: sentence.exactOptional(),
});

/** The block `firmware` of a file in `hardware/targets`. Each group of its values has its source in `sources`. */
export const firmwareSchema = z
  .strictObject({
    verdict: z.enum(firmwareVerdicts),
    proof: z.enum(firmwareProofs).exactOptional(),
    rule: sentence.exactOptional(),
    core: z.enum(firmwareCores).exactOptional(),
    jump: jump.exactOptional(),
    gpio: gpio.exactOptional(),
    sources,
  })
  .superRefine((block, context) => {
    for (const message of contradictions(block)) context.addIssue({ code: 'custom', message });
  });

/** What a block must have by its verdict, and a source for each group of values. */
function contradictions({ verdict, proof, rule, core, jump, gpio, sources }: ChipFirmware): readonly string[] {
  const jumps = verdict === 'jump' || verdict === 'conditional';
  const rules: readonly (readonly [boolean, string])[] = [
    [verdict === 'jump' || rule !== undefined, `${verdict} needs its rule`],
    [verdict === 'refused' || (proof !== undefined && core !== undefined), `${verdict} needs proof and core`],
    [jumps === (jump !== undefined), 'jump and conditional have the registers of the jump, and no other verdict'],
    [jumps === (sources.registers !== undefined), 'registers and their source belong together'],
    [(jump?.romRam !== undefined) === (sources.romRam !== undefined), 'romRam and its source belong together'],
    [(gpio !== undefined) === (sources.gpio !== undefined), 'gpio and its source belong together'],
    [verdict !== 'self-charge' || gpio !== undefined, 'self-charge needs gpio'],
  ];
  return rules.filter(([holds]) => !holds).map(([, message]) => message);
}
