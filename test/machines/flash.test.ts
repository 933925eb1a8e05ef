import { expect, test, vi } from 'vitest';
import { fromPromise } from 'xstate';
import { type Comparison, flashMachine, type OfTry, type Programmed } from '../../machines/flash.machine.ts';
import type { Unread } from '../../machines/reading.policy.ts';
import { BootctlError, type ErrorCode } from '../../src/base/errors.ts';
import { startMachine } from '../helpers/machines.ts';

const steps = ['probe', 'compare', 'erase', 'program', 'verify', 'calm'] as const;

interface Fault {
  readonly step: (typeof steps)[number];
  readonly code?: ErrorCode;
  /** How often it fails; always without it. */
  readonly times?: number;
  /** Where its reads fail, one after the other. */
  readonly sectors?: readonly number[];
}

function flash(fails?: Fault, verify = true, finds: Comparison = 'erase', parts = 1) {
  const done: string[] = [];
  const told: Unread[] = [];
  const run = async (step: (typeof steps)[number]) => {
    done.push(step);
    const count = done.filter((one) => one === step).length;
    if (fails?.step !== step || count > (fails.times ?? Number.POSITIVE_INFINITY)) return;
    const details = fails.sectors ? { sector: fails.sectors[count - 1] ?? Number.NaN } : {};
    if (fails.sectors && count > fails.sectors.length) return;
    if (fails.code) throw new BootctlError(fails.code, fails.code, { details });
    await new Promise(() => {});
  };
  const tries: string[] = [];
  const note = (step: (typeof steps)[number], { isSecondTry }: OfTry) => tries.push(`${step} ${isSecondTry ? 2 : 1}`);
  const effect = (step: (typeof steps)[number]) => fromPromise<void, void>(() => run(step));
  const ofTry = (step: (typeof steps)[number]) =>
    fromPromise<void, OfTry>(({ input }) => {
      note(step, input);
      return run(step);
    });
  const actors = {
    probe: effect('probe'),
    compare: fromPromise<Comparison, OfTry & { unread: Unread }>(async ({ input }) => {
      told.push(input.unread);
      note('compare', input);
      await run('compare');
      return finds;
    }),
    erase: ofTry('erase'),
    program: fromPromise<Programmed, void>(async () => {
      await run('program');
      return done.filter((one) => one === 'program').length < parts ? 'more' : 'all';
    }),
    verify: ofTry('verify'),
    calm: effect('calm'),
  };
  return { ...startMachine(flashMachine.provide({ actors }), { verify }), done, told, tries };
}

test('erase, program, verify, in this order', async () => {
  const { ended, done } = flash();
  expect(await ended).toEqual({ condition: 'verified', error: null });
  expect(done).toEqual(['probe', 'compare', 'erase', 'program', 'verify']);
});

test('a flash that holds the image already is verified by that, and nothing is touched', async () => {
  const { ended, done } = flash(undefined, false, 'holds');
  expect(await ended).toEqual({ condition: 'verified', error: null });
  expect(done).toEqual(['probe', 'compare']);
});

test('blank flash is not erased', async () => {
  const { ended, done } = flash(undefined, true, 'fill');
  expect(await ended).toEqual({ condition: 'verified', error: null });
  expect(done).toEqual(['probe', 'compare', 'program', 'verify']);
});

test.each([
  { step: 'compare', code: 'dfu-status' },
  { step: 'erase', code: 'dfu-state' },
  { step: 'program', code: 'usb-stall' },
  { step: 'verify', code: 'verify-mismatch' },
  { step: 'verify', code: 'usart-timeout' },
] as const)('$code in $step is calmed down once, and compared again', async ({ step, code }) => {
  const { ended, done } = flash({ step, code, times: 1 });
  expect(await ended).toEqual({ condition: 'verified', error: null });
  expect(done.filter((one) => one === 'calm')).toHaveLength(1);
  expect(done.slice(done.indexOf('calm'), done.indexOf('calm') + 2)).toEqual(['calm', 'compare']);
});

test('what fails a second time fails', async () => {
  const { ended, done } = flash({ step: 'verify', code: 'verify-mismatch' });
  expect(await ended).toMatchObject({ condition: 'differs', error: { code: 'verify-mismatch' } });
  expect(done.filter((one) => one === 'verify')).toHaveLength(2);
});

test('what waits until the rest has been read back is programmed after that', async () => {
  const { ended, done } = flash(undefined, true, 'erase', 2);
  expect(await ended).toEqual({ condition: 'verified', error: null });
  expect(done).toEqual(['probe', 'compare', 'erase', 'program', 'verify', 'program', 'verify']);
});

test('where the rest is not what was written, or cannot be read back, nothing more is programmed', async () => {
  const differs = flash({ step: 'verify', code: 'verify-mismatch' }, true, 'erase', 9);
  expect(await differs.ended).toMatchObject({ condition: 'differs', error: { code: 'verify-mismatch' } });
  expect(differs.done.at(-1)).toBe('verify');
  const lost = flash({ step: 'verify', code: 'target-lost' }, true, 'erase', 2);
  expect(await lost.ended).toMatchObject({ condition: 'written in part', error: { code: 'target-lost' } });
  expect(lost.done.at(-1)).toBe('verify');
});

test('a read that is refused, and once more after more patience: that sector is erased unread, each one once', async () => {
  const { ended, told } = flash({ step: 'compare', code: 'dfu-status', sectors: [0x100, 0x100, 0x200, 0x300] });
  expect(await ended).toEqual({ condition: 'verified', error: null });
  expect(told).toEqual([[], [], [0x100], [0x100, 0x200], [0x100, 0x200, 0x300]]);
  const same = flash({ step: 'compare', code: 'dfu-status', sectors: [0x100, 0x100, 0x100, 0x100] });
  expect(await same.ended).toMatchObject({ condition: 'untouched', error: { code: 'dfu-status' } });
  expect(same.told).toEqual([[], [], [0x100]]);
});

test('a read that ends the ROM is for the job to answer', async () => {
  const { ended, told } = flash({ step: 'compare', code: 'usb-timeout', sectors: [0x100] });
  expect(await ended).toMatchObject({ condition: 'untouched', error: { code: 'usb-timeout' } });
  expect(told).toEqual([[]]);
});

test('a protected target that refuses the first erase has lost nothing', async () => {
  const { ended } = flash({ step: 'erase', code: 'readout-protected' });
  expect(await ended).toMatchObject({ condition: 'untouched', error: { code: 'readout-protected' } });
});

test('without verify the flash is never called verified', async () => {
  const { ended, done } = flash(undefined, false);
  expect(await ended).toEqual({ condition: 'written, not verified', error: null });
  expect(done).not.toContain('verify');
});

test.each([
  { step: 'probe', code: 'readout-protected', condition: 'untouched' },
  { step: 'probe', code: 'target-lost', condition: 'untouched' },
  { step: 'compare', code: 'target-lost', condition: 'untouched' },
  { step: 'erase', code: 'dfu-status', condition: 'erased in part' },
  { step: 'program', code: 'target-lost', condition: 'written in part' },
  { step: 'verify', code: 'target-lost', condition: 'written, not verified' },
  { step: 'verify', code: 'verify-mismatch', condition: 'differs' },
] as const)('$code in $step leaves the flash $condition', async ({ step, code, condition }) => {
  const { ended, done } = flash({ step, code });
  expect(await ended).toMatchObject({ condition, error: { code } });
  expect(done.at(-1)).toBe(step);
});

test.each([
  { step: 'probe', condition: 'untouched' },
  { step: 'compare', condition: 'untouched' },
  { step: 'erase', condition: 'erased in part' },
  { step: 'program', condition: 'written in part' },
  { step: 'verify', condition: 'written, not verified' },
] as const)('an abort during $step ends it there and leaves the flash $condition', async ({ step, condition }) => {
  const { actor, ended, done } = flash({ step });
  await vi.waitUntil(() => done.at(-1) === step);
  actor.send({ type: 'operator.aborted' });
  expect(await ended).toMatchObject({ condition, error: { code: 'aborted' } });
});

test('what compares, erases and verifies is told which try it belongs to', async () => {
  const { ended, tries } = flash({ step: 'verify', code: 'verify-mismatch', times: 1 });
  expect(await ended).toEqual({ condition: 'verified', error: null });
  expect(tries).toEqual(['compare 1', 'erase 1', 'verify 1', 'compare 2', 'erase 2', 'verify 2']);
});
