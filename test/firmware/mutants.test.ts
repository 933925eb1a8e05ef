import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Chip, type ChipOptions } from './chip.ts';
import { Compiler, emulatorMissing, kitFolder } from './compile.ts';
import { command, type Differences, entered, imageOf, running, welcoming } from './emulated.ts';
import { type Line, lineOf, lines, variants } from './lines.ts';
import { type Mutant, mutants } from './mutants.ts';
import type { Input } from './outside.ts';

const missing = emulatorMissing();
const compiler = new Compiler();
afterAll(() => compiler[Symbol.asyncDispose]());
const isWhole = process.env.BOOTCTL_FIRMWARE === 'whole';
const kit = readFileSync(join(kitFolder, 'bootctl_firmware.c'), 'utf8');

const nameOf = ({ device, ramToken }: Line) => (ramToken === undefined ? device : `${device} RAM`);
const inRam = (device: string) => variants.find((one) => one.device === device && one.ramToken !== undefined)!;
const chosen: readonly Line[] = [
  ...['F072', 'F103', 'F405', 'F746', 'L072', 'G474', 'WB55', 'H743', 'U575', 'F413'].map(lineOf),
  ...['F405', 'F746', 'H743'].map(inRam),
  variants.find(({ device, rtcClockOn }) => device === 'H743' && rtcClockOn)!,
];

const open = (baudRate: number) => ({ baudRate, dtr: true });
const closed = (baudRate: number) => ({ baudRate, dtr: false });

/** Lives of the kit on one line: what each must be. Fewer things go wrong on one line than on all. */
function* lives(line: Line, image: Uint8Array): Generator<readonly [string, readonly string[], readonly string[]]> {
  const chip = (options: ChipOptions = {}) => new Chip(line, image, { ...welcoming(line), ...options });
  const asked = chip();
  yield ['asked', asked.live('power', command), entered];
  yield ['leave', asked.leave(), ['reset', ...running]];
  yield ['what is left', asked.kept.map(String), []];
  for (const cause of ['pin', 'power'] as const) {
    yield [`asked before a ${cause} reset`, asked.live('software', command), entered];
    yield [`${cause} reset`, asked.live(cause), running];
    yield [`own reset after a ${cause} reset`, asked.live('software'), running];
  }
  yield ['called late', chip({ manner: 1 }).live('power', command), entered];
  yield ['DBP slow', chip({ dbpDelay: 5 }).live('power', command), entered];
  const states: readonly (readonly [string, Input, readonly string[]])[] = [
    ['touched', { states: [open(1200), closed(1200)] }, entered],
    ['closed at 9600', { states: [open(9600), closed(9600)] }, running],
    ['never open', { states: [closed(1200), open(1200)] }, running],
    ['part of the command', { bytes: 'bootloader\r' }, running],
    ['bytes of the command', { bytes: 'b\no\ro\nt\r\n' }, running],
    ['the other command', { bytes: 'bootlR1' }, entered],
    ['part of the other command', { bytes: 'R2 1' }, running],
  ];
  for (const [what, input, then] of states) yield [what, chip().live('power', input), then];
  const hurried = chip({ patience: 5 });
  yield ['its delay', hurried.live('power', command), running];
  if (line.needsCrystal) {
    yield ['two misses', chip({ crystalMisses: 2 }).live('power', command).slice(-1), entered.slice(-1)];
    const four = Array.from({ length: 4 }, () => 'ROM: resets the chip');
    yield ['misses for ever', chip({ crystalMisses: 99 }).live('power', command), ['reset', ...four, ...running]];
  }
  if (line.ramToken === undefined && line.registers.dbpReg) yield* livesWithoutBackup(chip);
  yield* oddRequests(line, chip);
}

/** The backup registers take nothing. */
function* livesWithoutBackup(chip: (options: ChipOptions) => Chip): Generator<readonly [string, string[], string[]]> {
  const deaf = chip({ dbpDelay: 1e9, manner: 4 });
  yield ['nothing is kept', deaf.live('power', command), running];
  yield ['and the application goes on', deaf.told.map(String), ['1', '2', '3']];
  yield ['with interrupts on', [String(deaf.mask)], ['0']];
  yield ['what cannot be taken back', chip({ dbpDelayLater: 1e9 }).live('power', command), ['reset', ...running]];
  const stuck = chip({});
  stuck.live('power', command);
  stuck.peripherals.dbpDelay = 1e9;
  yield ['a leave that cannot be noted', stuck.leave(), running];
}

/** Words in the place of the request that are none. */
function* oddRequests(line: Line, chip: () => Chip): Generator<readonly [string, string[], string[]]> {
  const { bkpDR1, bkp0, tampBkp0, pwrBkp0 } = line.registers;
  for (const word of [0xb0070005, 0xb0070000, 0xb0080001, 1]) {
    const odd = chip();
    odd.live('power');
    if (line.ramToken !== undefined) odd.writeRam(line.ramToken, [word, ~word >>> 0]);
    else if (bkpDR1) odd.writeBackup(bkpDR1, [word >>> 16, word & 0xffff]);
    else odd.writeBackup((bkp0 ?? tampBkp0 ?? pwrBkp0)!, [word]);
    yield [`${word.toString(16)} is no request`, odd.live('software'), running];
  }
  if (line.ramToken === undefined) return;
  const half = chip();
  half.live('power');
  half.writeRam(line.ramToken, [0xb0070001, 0xb0070001]);
  yield ['a word without its complement', half.live('software'), running];
}

/** With a 0 between them: the second is the bytes 13 and 14. */
const twoCommands = {
  COMMAND: '"bootloader\\r\\n\\000R1"',
  COMMANDS: '"2"',
  COMMAND_STARTS: '0x2001u',
  COMMAND_ENDS: '0x4800u',
};

/** The first thing that differs from what must be; undefined if nothing does. */
async function difference(differences: Differences, on: readonly Line[]): Promise<string | undefined> {
  for (const line of on) {
    const image = await imageOf(compiler, line, { ...differences, config: twoCommands }).catch(() => undefined);
    if (!image) return `${nameOf(line)}: does not compile`;
    for (const [what, is, must] of lives(line, image)) {
      if (JSON.stringify(is) !== JSON.stringify(must)) return `${nameOf(line)}: ${what}: ${is.join(' > ')}`;
    }
  }
  return undefined;
}

const mutated = ({ from, to, fault }: Mutant): string => {
  if (!kit.includes(from)) throw new Error(`the kit has no place for: ${fault}`);
  return kit.replace(from, () => to);
};

describe.skipIf(missing)('faults put into the kit', () => {
  test('without a fault nothing differs', { timeout: 300_000 }, async () => {
    expect(await difference({}, isWhole ? [...lines, ...variants] : chosen.slice(0, 3))).toBeUndefined();
  });

  test('each has its place', () => {
    for (const mutant of mutants) expect(mutated(mutant), mutant.fault).not.toBe(kit);
  });

  const few = mutants.filter(({ onEveryRun }) => isWhole || onEveryRun);
  test.each(few.map((mutant) => [mutant.fault, mutant] as const))(
    '%s: is found',
    { timeout: 120_000 },
    async (_, mutant) => {
      const on = isWhole ? chosen : chosen.filter((line) => nameOf(line) === mutant.onEveryRun);
      const found = await difference({ kit: mutated(mutant) }, on);
      if (isWhole) process.stdout.write(`${mutant.fault}: ${found ?? 'NOT FOUND'}\n`);
      expect(found).toBeDefined();
      expect(found).not.toContain('does not compile');
    },
  );
});
