import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TornRead } from '../../src/sim/chip/rom-personality.ts';
import { type CommandRun, type RunOptions, runCommand } from '../helpers/command.ts';
import { eccLines, type Line, profileFor, tornImage } from '../helpers/ecc-lines.ts';
import { flashBase, pattern, startable } from '../helpers/engine.ts';

/** How often the supply fails before the job is left alone. */
const mostCuts = 8;

type Arrange = NonNullable<RunOptions['arrange']>;

/** What a request asks for is an event of its own where it does something: requests alone would be most of all events. */
const isRequest = (what: string): boolean => what === 'dfu-request' || what === 'usb-opened';

/** The supply of board and target fails at the `nth` event of this run, and comes back at once. */
const cutAt =
  (nth: number): Arrange =>
  ({ truth, clock, boards: [{ board }] }) => {
    let seen = 0;
    const unsubscribe = truth.onEvent(({ board: name, what }) => {
      if (name !== 'target' || isRequest(what) || seen++ !== nth) return;
      unsubscribe();
      clock.setTimeout(() => {
        board.powerOff();
        clock.setTimeout(() => board.powerOn('application'), 50);
      }, nth % 7);
    });
  };

async function runUntilDone(line: Line, manner: TornRead, wire: 'dfu' | 'usart', cuts: readonly number[]) {
  const { personality, family } = line;
  const { path, content } = tornImage(personality);
  const scenario = wire === 'usart' ? 'no-usb' : 'crashed';
  const argv = [
    'recover',
    `${path}@0x08000000`,
    '--profile',
    profileFor(family, wire),
    '--simulate',
    scenario,
    '--json',
  ];
  let bench: CommandRun['bench'] | undefined;
  for (const cut of cuts) {
    const arrange: Arrange = (made, abort) => {
      if (!bench) made.boards[0].memory.flash.preload(flashBase, startable(personality, pattern(64 * 1024, 9)));
      cutAt(cut)(made, abort);
    };
    const run = await runCommand(argv, {
      personality: { ...personality, tornRead: manner },
      arrange,
      ...(bench ? { bench } : {}),
    });
    bench = run.bench;
  }
  const last = await runCommand(argv, { bench: bench! });
  return { last, content };
}

/** Reads that met a torn unit, in all jobs of one line. */
let tornReads = 0;

test.each(eccLines)('$family: after any power cuts the next job ends in PASS', { timeout: 120_000 }, async (line) => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('hangs', 'resets', 'refuses'),
      fc.constantFrom('dfu', 'usart'),
      fc.array(fc.integer({ min: 8, max: 60 }), { minLength: 1, maxLength: mostCuts }),
      async (manner, wire, cuts) => {
        const { last, content } = await runUntilDone(line, manner, wire, cuts);
        tornReads += last.bench.truth.of('fault').filter(({ name }) => name === 'torn flash read').length;
        expect(last.result.error).toBeNull();
        expect(last.result).toMatchObject({ ok: true, flash: 'verified' });
        const { flash } = last.bench.boards[0].memory;
        expect(Buffer.compare(flash.read(flashBase, content.length), content)).toBe(0);
      },
    ),
    { numRuns: Number(process.env.CUT_RUNS ?? 6), seed: Number(process.env.CUT_SEED ?? 12) },
  );
});

test('some of those cuts have torn what was read afterwards', () => {
  expect(tornReads).toBeGreaterThan(5);
});
