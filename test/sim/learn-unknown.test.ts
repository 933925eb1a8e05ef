import { describe, expect, test } from 'vitest';
import { wiringFromPins } from '../../src/board/circuit/wiring.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { expectUnharmed, learned, overUsart } from '../helpers/learning.ts';

const builtIn = (name: string): BoardProfile => findProfile(name, { cwd: '.' });
const rcCap = builtIn('rc-cap');
const toNrst = { line: 'rts', asserted: 0 } as const;
const nobody = { ...rcCap, wiring: wiringFromPins('nobody', 'nobody') };
const speaks: BoardProfile = {
  ...overUsart(rcCap),
  application: { expect: 'serial', match: 'hello', baudRate: 115_200, timeout: 5_000 },
};

const shownNothing = /# - No state of RTS and DTR has shown anything/;
const resetsOnly = /# - The lines reset the target, but no bootloader came/;

test.each([
  ['lines that reach nothing, crashed', nobody, 'crashed', shownNothing],
  ['lines that reach nothing, running', nobody, 'healthy', shownNothing],
  ['lines that reach nothing, beside a DFU device of another board', nobody, 'stranger', shownNothing],
  ['a dead target', rcCap, 'no-usb', shownNothing],
  [
    'BOOT0 alone',
    { ...rcCap, wiring: wiringFromPins('nobody', { line: 'dtr', asserted: 1 }) },
    'healthy',
    shownNothing,
  ],
  ['a board without an adapter on its lines', builtIn('micropython'), 'healthy', shownNothing],
  ['BOOT0 that is stuck', rcCap, 'boot0-stuck-low', shownNothing],
  ['D+ that is pulled up all the time', rcCap, 'pull-up-stays', shownNothing],
  ['a ROM that shows at every third start', rcCap, 'flaky-crystal', /did not come again by the same sequence/],
  ['a clone', rcCap, 'clone-at32', /# - The bootloader of a clone came, Artery AT32/],
  [
    'NRST that is low while its line is released',
    { ...rcCap, wiring: wiringFromPins({ line: 'rts', asserted: 1 }, { line: 'dtr', asserted: 1 }) },
    'healthy',
    /was on the bus only while the lines were held/,
  ],
  [
    'a circuit that no method can use',
    {
      ...rcCap,
      wiring: {
        'rts released, dtr released': { boot0: 0, nrst: 1 },
        'rts asserted, dtr released': { boot0: 0, nrst: 1 },
        'rts released, dtr asserted': { boot0: 0, nrst: 0 },
        'rts asserted, dtr asserted': { boot0: 1, nrst: 0 },
      },
    } as BoardProfile,
    'healthy',
    /# - A circuit was found that no method of bootctl can use/,
  ],
] as const)('%s: no wiring is claimed, and the file says why', { timeout: 30_000 }, async (_, real, scenario, why) => {
  const one = await learned(real, { scenario });
  expect(one.result).toMatchObject({ exitCode: 4, error: { code: 'wiring-unknown' } });
  const { board, text } = one.result.learned!;
  expect(board).toMatchObject({ circuit: null, resetLine: null });
  expect(text).toMatch(why);
  expect(parseProfile(text, 'learned.yaml').methods).toEqual(['manual']);
  expectUnharmed(one);
});

test.each([
  ['NRST alone, an application on USB', { ...rcCap, wiring: wiringFromPins(toNrst, 'nobody') }, 'healthy', 'usb'],
  ['BOOT0 stuck, an application on USB', rcCap, 'boot0-stuck-low-running', 'usb'],
  ['a ROM that nobody sees', rcCap, 'no-usb-running', 'usb'],
] as const)('%s: the line that resets is found, and no more', { timeout: 30_000 }, async (_, real, scenario, proof) => {
  const one = await learned(real, { scenario });
  const { board, text } = one.result.learned!;
  expect(board).toMatchObject({ circuit: null, resetLine: { value: toNrst } });
  expect(board.application?.value.expect).toBe(proof);
  expect(text).toMatch(resetsOnly);
  expect(text).toContain('  nrst: { line: rts, asserted: 0 }\n');
  expect(parseProfile(text, 'learned.yaml').methods).toEqual(['manual']);
  expectUnharmed(one);
});

test('NRST alone, an application that speaks: nobody would see a ROM that the other line starts, so no line is claimed', async () => {
  const one = await learned({ ...speaks, wiring: wiringFromPins(toNrst, 'nobody') }, { scenario: 'healthy' });
  const { board, text } = one.result.learned!;
  expect(board).toMatchObject({ circuit: null, resetLine: null, application: { value: { match: 'hello' } } });
  expect(text).toMatch(resetsOnly);
  expectUnharmed(one);
});

test.each(['weak-capacitor', 'slow-host'])(
  '%s: a capacitor that does not carry BOOT0 over the shortest pulse is none',
  async (scenario) => {
    const one = await learned(rcCap, { scenario });
    const { circuit } = one.result.learned!.board;
    expect(circuit).toMatchObject({ wiring: rcCap.wiring, storage: 'direct' });
    expect(one.result.learned!.text).toMatch(/No capacitor carries BOOT0: .* over a pulse of \d+ ms\./);
  },
);

describe('on the way', () => {
  test.each([
    ['adapter-lost', 3, 'adapter-lost'],
    ['adapter-busy', 3, 'adapter-busy'],
    ['lines-unsupported', 3, 'adapter-lines-unsupported'],
    ['two-adapters', 3, 'adapter-ambiguous'],
    ['usb-denied', 3, 'usb-denied'],
    ['two-new-devices', 4, 'dfu-ambiguous'],
  ])('%s ends it without a profile', async (scenario, exitCode, code) => {
    const one = await learned(rcCap, { scenario });
    expect(one.result).toMatchObject({ ok: false, exitCode, error: { code }, learned: null });
    if (scenario !== 'adapter-lost' && scenario !== 'adapter-busy') expectUnharmed(one, 'no lines');
  });

  test.each([0, 1, 2, 5, 9, 14, 20])(
    'interrupted after %d sequences, the lines are idle and there is no profile',
    async (after) => {
      const controller = new AbortController();
      const abort = () => controller.abort(new Error('Ctrl-C'));
      const one = await learned(
        rcCap,
        { scenario: 'healthy' },
        {
          signal: controller.signal,
          onProgress: ({ event, ...rest }) => {
            if (event === 'learning.tried' && 'done' in rest && rest.done === after) abort();
            if (event === 'adapter.opened' && after === 0) abort();
          },
        },
      );
      expect(one.result).toMatchObject({ exitCode: 130, error: { code: 'aborted' }, learned: null });
      expectUnharmed(one);
      expect(one.bench.boards[0].board.running).not.toBe('rom');
    },
  );

  test('interrupted while the profile is tried, the board is back in its application', async () => {
    const controller = new AbortController();
    const onProgress = ({ event }: { event: string }) => {
      if (event === 'bootloader.entered') controller.abort(new Error('Ctrl-C'));
    };
    const one = await learned(rcCap, { scenario: 'healthy' }, { signal: controller.signal, onProgress });
    expect(one.result).toMatchObject({ exitCode: 130, learned: null });
    expectUnharmed(one);
    expect(one.bench.boards[0].board.running).toBe('application');
  });

  test('a target whose cable is pulled is no target any more: nothing is claimed', async () => {
    const one = await learned(
      rcCap,
      { scenario: 'healthy' },
      {
        onProgress: (event) => {
          if (event.event === 'learning.tried' && event.done === 6) one6?.();
        },
      },
      (bench) => {
        one6 = () => bench.boards[0].cable.pull();
      },
    );
    expect(one.result.learned?.board.circuit ?? null).toBeNull();
    expectUnharmed(one);
  });
});

let one6: (() => void) | undefined;
