import { expect, test } from 'vitest';
import { createActor, toPromise } from 'xstate';
import { nobodyToAsk, twins } from '../../machines/entry-refusals.policy.ts';
import { hasChangedNothing } from '../../machines/erasing.policy.ts';
import { stagesOf } from '../../machines/line-sequence.policy.ts';
import { isNewlyRefused, isNewlyUnread } from '../../machines/reading.policy.ts';
import { canUnprotect } from '../../machines/recover.policy.ts';
import { canStartAgain } from '../../machines/start-again.policy.ts';
import { errorOf, unprovided } from '../../machines/unprovided.ts';
import { matches, textOf } from '../../machines/usb-watch.machine.ts';
import { BootctlError, type ErrorCode } from '../../src/base/errors.ts';
import type { LinePlan, LineStep, Rung } from '../../src/board/circuit/plan.ts';

const errorWith = (code: ErrorCode, details: Record<string, string | number> = {}) =>
  new BootctlError(code, 'seen', { details });
const plan: LinePlan = { steps: [], margin: 1, clear: 0 };
const rung: Rung = { method: 'lines', change: 'nominal', plan };
const silence = errorWith('dfu-not-seen');
const flaky = errorWith('dfu-not-seen', { enumeration: 'error -71' });
const tries = { flaky: 4, silent: 2 };

test.each([
  ['a silent rung once more', { rung, error: silence, tries, repeated: 0 }, true],
  ['and no more often', { rung, error: silence, tries, repeated: 1 }, false],
  ['a flaky one three times more', { rung, error: flaky, tries, repeated: 2 }, true],
  ['and no more often', { rung, error: flaky, tries, repeated: 3 }, false],
  [
    'no rung with other times',
    { rung: { ...rung, change: 'longer pulse' as const }, error: flaky, tries, repeated: 0 },
    false,
  ],
  [
    'none that moves no line',
    { rung: { method: 'manual' as const, change: 'nominal' as const }, error: flaky, tries, repeated: 0 },
    false,
  ],
  ['nothing without a rung', { rung: undefined, error: flaky, tries, repeated: 0 }, false],
  ['nothing without an error', { rung, error: null, tries, repeated: 0 }, false],
  [
    'nothing after another error',
    { rung, error: errorWith('window-missed', { enumeration: 'x' }), tries, repeated: 0 },
    false,
  ],
  ...(['unawaited', 'stayed', 'appeared', 'elsewhere', 'stranger'] as const).map(
    (detail) =>
      [
        `nothing where something came instead: ${detail}`,
        { rung, error: errorWith('dfu-not-seen', { [detail]: 'there' }), tries, repeated: 0 },
        false,
      ] as const,
  ),
] as const)('starts again: %s', (_name, failed, expected) => {
  expect(canStartAgain(failed)).toBe(expected);
});

test('an erase that has changed nothing: the first of a protected target, and one that says so', () => {
  expect(hasChangedNothing(errorWith('readout-protected'))).toBe(true);
  expect(hasChangedNothing(errorWith('write-protected', { changed: 'nothing' }))).toBe(true);
  expect(hasChangedNothing(errorWith('write-protected', { changed: 'something' }))).toBe(false);
  expect(hasChangedNothing(errorWith('write-protected'))).toBe(false);
});

test('only a protection that the ROM can lift is lifted, and each once', () => {
  const none = { unprotected: [], flash: 'as before' } as const;
  expect(canUnprotect(none as never, errorWith('write-protected'))).toBe(true);
  expect(canUnprotect(none as never, errorWith('write-protected', { removable: 'no' }))).toBe(false);
  expect(canUnprotect(none as never, errorWith('verify-mismatch'))).toBe(false);
  expect(canUnprotect({ ...none, unprotected: ['write-protected'] } as never, errorWith('write-protected'))).toBe(
    false,
  );
});

test('nobody to ask: what was called instead is said, with what a person can do', () => {
  const alone = nobodyToAsk();
  expect(alone.message).toBe('The only method of this profile is `manual`, and there is nobody to ask at a terminal');
  const called = nobodyToAsk(errorWith('usart-no-sync'));
  expect(called.message).toBe(`${alone.message}; the USART of the ROM was called as well: seen`);
  expect(called.hint).toMatch(
    /^Run the command at a terminal, without `--json` and `--quiet`\. Or start the bootloader by hand first/,
  );
  expect(alone.hint).not.toBe(called.hint);
});

test('two boards on one adapter: the hint has both ways out', () => {
  expect(twins(['1-1', '1-2']).hint).toMatch(/`--usb-path`.*`path` into `application`/);
});

test('after a hold window, what ends idle is a stage of its own', () => {
  const step = (boot0: 0 | 1, nrst: 0 | 1, hold: number): LineStep => ({
    lines: { rts: nrst ? 'released' : 'asserted', dtr: boot0 ? 'asserted' : 'released' },
    pins: { boot0, nrst },
    hold,
    purpose: 'test',
  });
  const steps = [step(1, 1, 50), step(0, 0, 10), step(0, 1, 200), step(0, 1, 3)];
  const window = { opens: 1, closes: 2, nrstRelease: 0, needed: 10, limit: 40 };
  expect(stagesOf({ steps, window, margin: 30, clear: 0 })).toEqual([
    { name: 'charging', moves: [steps[0]], hold: 50 },
    { name: 'holdWindow', moves: [steps[1], steps[2]], hold: undefined },
    { name: 'starting', moves: [], hold: 200 },
    { name: 'releasing', moves: [steps[3]], hold: 3 },
  ]);
});

test('an effect that nobody provides fails with its name', async () => {
  const actor = createActor(unprovided<void, undefined>('moveLines'), { input: undefined });
  const outcome = toPromise(actor);
  actor.start();
  await expect(outcome).rejects.toThrow('effect moveLines is not provided');
});

test('a failure that is none of ours is thrown on', () => {
  const bug = new TypeError('x is undefined');
  expect(() => errorOf({ error: bug })).toThrow(bug);
  expect(() => errorOf({})).toThrow();
  expect(errorOf({ error: silence })).toBe(silence);
});

test('a sector is unread once, and only where a failed reading names it', () => {
  const refused = errorWith('usb-stall', { sector: 0x0800_4000 });
  const gone = errorWith('target-lost', { sector: 0x0800_4000 });
  expect([isNewlyUnread([], refused), isNewlyRefused([], refused)]).toEqual([true, true]);
  expect([isNewlyUnread([], gone), isNewlyRefused([], gone)]).toEqual([true, false]);
  expect(isNewlyUnread([0x0800_4000], refused)).toBe(false);
  expect(isNewlyUnread([], errorWith('usb-stall'))).toBe(false);
  expect(isNewlyUnread([], errorWith('usb-stall', { sector: 'all' }))).toBe(false);
  expect(isNewlyUnread([], errorWith('verify-mismatch', { sector: 0x0800_4000 }))).toBe(false);
});

test('a filter is told by its ids, and its place where it has one', () => {
  expect(textOf({ vendorId: '0483', productId: 'df11' })).toBe('0483:df11');
  expect(textOf({ vendorId: '0483', productId: 'df11', path: '1-2' })).toBe('0483:df11 at 1-2');
});

test('a device fits by vendor, product and place, by all of them', () => {
  const dfu = { path: '1-2', instance: '1-2#1', vendorId: '0483', productId: 'df11', bcdDevice: '2200' };
  const filter = { vendorId: '0483', productId: 'df11', path: '1-2' };
  expect(matches(filter, dfu)).toBe(true);
  expect(matches({ ...filter, vendorId: '0403' }, dfu)).toBe(false);
  expect(matches({ ...filter, productId: '5740' }, dfu)).toBe(false);
  expect(matches({ ...filter, path: '1-3' }, dfu)).toBe(false);
});
