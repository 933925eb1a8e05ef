import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import type { ModemLines } from '../../src/bench/serial-link.ts';
import { lineStates, wiringKey } from '../../src/board/circuit/wiring.ts';
import { type Candidate, candidatesFor, idleNrst } from '../../src/board/import/sequence/circuits.ts';
import { fitCircuits } from '../../src/board/import/sequence/fit-circuit.ts';
import type { Move } from '../../src/board/import/sequence/moves.ts';
import { parseGpioSequence } from '../../src/board/import/sequence/stm32flash-sequence.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { boardFile, f405 } from '../helpers/profile-file.ts';

// What `profile import` says of a sequence is what a simulated board does that is driven by it, as stm32flash drives one.

const asserted = (lines: ModemLines) =>
  new Map([
    ['rts', lines.rts === 'asserted' ? 1 : 0],
    ['dtr', lines.dtr === 'asserted' ? 1 : 0],
  ] as const);

/** A board without a capacitor on BOOT0 and with this circuit. */
function boardOf(candidate: Candidate, index: number): string {
  const rows = lineStates.map((lines) => {
    const state = asserted(lines);
    return `    ${wiringKey(lines)}: { boot0: ${candidate.boot0(state)}, nrst: ${candidate.nrst(state)} }`;
  });
  const wiring = ['wiring:', '  table:', ...rows, '  idleEntersBootloader: accepted'];
  return boardFile(`driven-${index}`, f405, ...wiring, 'methods: [manual]');
}

const candidates = candidatesFor(['rts', 'dtr']).filter((candidate) => idleNrst(candidate) === 1);
const boards = candidates.map((candidate, index) => ({
  candidate,
  name: `${candidate.name} ${JSON.stringify(candidate.own ?? {})}`,
  profile: findProfile(boardOf(candidate, index), { cwd: '/' }),
}));

/** What runs on the board after the port was opened and these moves were made; `none` while it is held in reset. */
async function runningAfter(profile: (typeof boards)[number]['profile'], entry: readonly Move[]): Promise<string> {
  const bench = createSimBench({ profile, scenario: 'healthy' });
  await sleep(bench.clock, 1_000);
  const [port] = await bench.serial.list();
  await using link = await bench.serial.open(port!.path, { baudRate: 57_600, parity: 'even' });
  // Linux asserts both lines while it opens the port, and stm32flash leaves them so.
  let lines: ModemLines = { rts: 'asserted', dtr: 'asserted' };
  await link.setLines(lines);
  for (const { set, wait } of entry) {
    const state = (level: 0 | 1 | undefined, before: ModemLines['rts']) =>
      level === undefined ? before : level === 1 ? 'asserted' : 'released';
    lines = { rts: state(set.rts, lines.rts), dtr: state(set.dtr, lines.dtr) };
    if (Object.keys(set).length > 0) await link.setLines(lines);
    await sleep(bench.clock, wait);
  }
  await sleep(bench.clock, 500);
  const samples = bench.truth.of('boot0-sampled');
  const held = bench.truth.of('nrst').at(-1)?.level === 0;
  return held ? 'none' : (samples.at(-1)?.boots ?? 'none');
}

const startsRom = (candidate: Candidate, entry: readonly Move[]): boolean => {
  const { possible, heldIdle } = fitCircuits({ entry });
  return [...possible, ...heldIdle].some(
    (fit) =>
      fit.candidate.name === candidate.name && JSON.stringify(fit.candidate.own) === JSON.stringify(candidate.own),
  );
};

describe.each(boards)('$name', ({ candidate, profile }) => {
  test.each([
    'rts,-dtr,dtr',
    'rts,-dtr',
    '-rts,dtr,-dtr',
    'rts,dtr,-dtr',
    '-dtr,rts,dtr',
    'rts&-dtr,,-rts&dtr,,',
    '-dtr&rts,dtr&rts',
    'rts,-dtr,dtr,-rts',
    '-rts,-dtr,dtr',
    'dtr,rts,-rts',
    '-dtr,rts,-rts',
  ])('%s', async (text) => {
    const { entry } = parseGpioSequence(text);
    expect((await runningAfter(profile, entry)) === 'rom').toBe(startsRom(candidate, entry));
  });

  test('any sequence', { timeout: 60_000 }, async () => {
    const move = fc.record({
      set: fc.oneof(
        fc.record({ rts: fc.constantFrom(0 as const, 1 as const) }),
        fc.record({ dtr: fc.constantFrom(0 as const, 1 as const) }),
      ),
      wait: fc.constantFrom(100, 200),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 6 }), async (entry) => {
        // Both signals have to be in it, or the other one's line would be no candidate.
        fc.pre(new Set(entry.flatMap(({ set }) => Object.keys(set))).size === 2);
        const running = await runningAfter(profile, entry);
        expect([running === 'rom', entry]).toEqual([startsRom(candidate, entry), entry]);
      }),
      { seed: 17, numRuns: 100 },
    );
  });
});
