import { describe, expect, test, vi } from 'vitest';
import { fromPromise, type PromiseActorLogic } from 'xstate';
import type { Unread } from '../../machines/reading.policy.ts';
import { recoverMachine } from '../../machines/recover.machine.ts';
import type { Protection } from '../../machines/recover.policy.ts';
import { BootctlError, type ErrorCode } from '../../src/base/errors.ts';
import type { FlashCondition, TargetState } from '../../src/ops/job/events.ts';
import { failure, startMachine } from '../helpers/machines.ts';

type Effect =
  | 'unprotect'
  | 'openAdapter'
  | 'enterBootloader'
  | 'doWork'
  | 'leaveAndProve'
  | 'bringBack'
  | 'releaseLines';
interface Actors {
  readonly doWork: PromiseActorLogic<void, { unread: Unread }>;
  readonly unprotect: PromiseActorLogic<void, { protection: Protection }>;
  readonly bringBack: PromiseActorLogic<TargetState | null, { error: BootctlError | null }>;
}

interface Fault {
  readonly at: Effect;
  readonly code?: ErrorCode;
  /** What the flash has become before the effect fails or hangs. */
  readonly flash?: FlashCondition;
  /** How the second boot entry fails. */
  readonly reentry?: ErrorCode;
}

/** Runs the machine with effects that all succeed, but one that fails with a code or, without one, never ends. */
function recover(fault?: Fault, hasWork = true, unprotect = false, actors: Partial<Actors> = {}) {
  const done: Effect[] = [];
  const act = (effect: Effect) => async () => {
    done.push(effect);
    const isReentry = effect === 'enterBootloader' && done.filter((one) => one === effect).length > 1;
    if (isReentry && fault?.reentry) throw failure(fault.reentry);
    if (fault?.at !== effect) return;
    if (fault.flash) job.actor.send({ type: 'flash.changed', condition: fault.flash });
    if (fault.code) throw failure(fault.code);
    await new Promise(() => {});
  };
  const effect = (name: Effect) => fromPromise<void, void>(act(name));
  const machine = recoverMachine.provide({
    actors: {
      openAdapter: effect('openAdapter'),
      enterBootloader: effect('enterBootloader'),
      doWork: fromPromise<void, { unread: Unread }>(act('doWork')),
      unprotect: fromPromise<void, { protection: Protection }>(act('unprotect')),
      leaveAndProve: fromPromise<'seen' | 'not-checked', void>(async () => {
        await act('leaveAndProve')();
        return 'seen';
      }),
      bringBack: fromPromise<TargetState | null, { error: BootctlError | null }>(async () => {
        await act('bringBack')();
        return 'application';
      }),
      releaseLines: effect('releaseLines'),
      ...actors,
    },
  });
  const job = startMachine(machine, { hasWork, unprotect });
  return { ...job, done };
}

test('the whole job: adapter, bootloader, flash, application, idle lines', async () => {
  const { ended, done } = recover();
  expect(await ended).toMatchObject({ error: null, application: 'seen' });
  expect(done).toEqual(['openAdapter', 'enterBootloader', 'doWork', 'leaveAndProve', 'releaseLines']);
});

test('without an image the target stays in its bootloader', async () => {
  const { ended, done } = recover(undefined, false);
  expect(await ended).toMatchObject({ error: null, flash: 'untouched', application: 'not-checked' });
  expect(done).toEqual(['openAdapter', 'enterBootloader', 'releaseLines']);
});

test.each([
  { fault: { at: 'openAdapter', code: 'adapter-busy' }, ends: ['releaseLines'] },
  { fault: { at: 'enterBootloader', code: 'methods-exhausted' }, ends: ['bringBack', 'releaseLines'] },
  { fault: { at: 'doWork', code: 'readout-protected' }, ends: ['bringBack', 'releaseLines'] },
  {
    fault: { at: 'doWork', code: 'target-lost', flash: 'written in part' },
    ends: ['enterBootloader', 'doWork', 'enterBootloader', 'doWork', 'releaseLines'],
  },
  {
    fault: { at: 'doWork', code: 'dfu-state', flash: 'erased in part' },
    ends: ['enterBootloader', 'doWork', 'enterBootloader', 'doWork', 'releaseLines'],
  },
  { fault: { at: 'doWork', code: 'verify-mismatch', flash: 'differs' }, ends: ['releaseLines'] },
  { fault: { at: 'leaveAndProve', code: 'application-not-seen', flash: 'verified' }, ends: ['releaseLines'] },
] as const)('$fault.code at $fault.at: then $ends', async ({ fault, ends }) => {
  const { ended, done } = recover(fault);
  expect((await ended).error?.code).toBe(fault.code);
  expect(done.slice(done.indexOf(fault.at) + 1)).toEqual(ends);
});

test.each([
  ['an adapter without power may hold it in reset', 'adapter-lost', 'unknown'],
  ['nothing has moved', 'adapter-busy', 'untouched'],
] as const)('the target after opening has failed: %s', async (_why, code, target) => {
  const { ended } = recover({ at: 'openAdapter', code });
  expect(await ended).toMatchObject({ target, flash: 'untouched', error: { code } });
});

test('the work ends by a loss of the adapter: where the target is, is not known', async () => {
  const { ended } = recover({ at: 'doWork', code: 'adapter-lost', flash: 'written in part' });
  expect(await ended).toMatchObject({ target: 'unknown', flash: 'written in part' });
});

test('who brings the target back is told why, and who lifts a protection which one', async () => {
  const told: unknown[] = [];
  const { ended } = recover({ at: 'doWork', code: 'readout-protected' }, true, true, {
    unprotect: fromPromise<void, { protection: Protection }>(async ({ input }) => {
      told.push(input.protection);
      throw failure('unprotect-refused');
    }),
    bringBack: fromPromise<TargetState | null, { error: BootctlError | null }>(async ({ input }) => {
      told.push(input.error?.code);
      return 'application';
    }),
  });
  expect(await ended).toMatchObject({ error: { code: 'unprotect-refused' }, target: 'application' });
  expect(told).toEqual(['readout-protected', 'unprotect-refused']);
});

test('an abort while a protection is lifted releases the lines', async () => {
  const { ended, done, actor } = recover({ at: 'doWork', code: 'readout-protected' }, true, true, {
    unprotect: fromPromise<void, { protection: Protection }>(async () => {
      queueMicrotask(() => actor.send({ type: 'operator.aborted' }));
      await new Promise(() => {});
    }),
  });
  expect(await ended).toMatchObject({ error: { code: 'aborted' }, target: 'unknown' });
  expect(done.at(-1)).toBe('releaseLines');
});

describe('a read that ends the ROM', () => {
  /** A job whose reads fail in these sectors, one after the other, as long as they are not to be erased unread. */
  function reading(code: ErrorCode, ...sectors: readonly number[]) {
    const told: Unread[] = [];
    const doWork = fromPromise<void, { unread: Unread }>(async ({ input: { unread } }) => {
      told.push(unread);
      const sector = sectors[told.length - 1];
      if (sector !== undefined) throw new BootctlError(code, 'torn', { details: { sector } });
    });
    const job = recover(undefined, true, false, { doWork });
    return { ...job, told };
  }

  test.each(['usb-timeout', 'target-lost', 'usart-timeout', 'usb-stall', 'dfu-status', 'usart-nack'] as const)(
    '%s: as many boot entries as there are such sectors',
    async (code) => {
      const { ended, done, told } = reading(code, 0x1000, 0x2000, 0x3000, 0x4000);
      expect(await ended).toMatchObject({ error: null, application: 'seen' });
      expect(told.at(-1)).toEqual([0x1000, 0x2000, 0x3000, 0x4000]);
      expect(done.filter((one) => one === 'enterBootloader')).toHaveLength(5);
    },
  );

  test('never for the same sector without end', async () => {
    const { ended, told } = reading('usb-timeout', ...Array<number>(9).fill(0x1000));
    expect(await ended).toMatchObject({ error: { code: 'usb-timeout' }, flash: 'untouched' });
    expect(told).toEqual([[], [0x1000], [0x1000], [0x1000]]);
  });

  test('what is no failed read has no sector to erase', async () => {
    const { ended, told } = reading('readout-protected', 0x1000);
    expect(await ended).toMatchObject({ error: { code: 'readout-protected' } });
    expect(told).toEqual([[]]);
  });
});

test.each([
  { code: 'methods-exhausted', says: 'target-lost' },
  { code: 'target-unexpected', says: 'target-unexpected' },
  { code: 'adapter-lost', says: 'adapter-lost' },
] as const)('lost, and then $code: the error is $says', async ({ code, says }) => {
  const { ended } = recover({ at: 'doWork', code: 'target-lost', flash: 'written in part', reentry: code });
  expect(await ended).toMatchObject({ error: { code: says }, flash: 'written in part' });
});

test.each([
  { fault: { at: 'openAdapter' }, ends: ['bringBack', 'releaseLines'] },
  { fault: { at: 'enterBootloader' }, ends: ['bringBack', 'releaseLines'] },
  { fault: { at: 'doWork' }, ends: ['bringBack', 'releaseLines'] },
  { fault: { at: 'doWork', flash: 'erased in part' }, ends: ['releaseLines'] },
  { fault: { at: 'leaveAndProve' }, ends: ['releaseLines'] },
] as const)('an abort during $fault.at: then $ends', async ({ fault, ends }) => {
  const { actor, ended, done } = recover(fault);
  await vi.waitUntil(() => done.at(-1) === fault.at);
  actor.send({ type: 'operator.aborted' });
  const output = await ended;
  expect(output.error?.code).toBe('aborted');
  expect(output.flash).toBe('flash' in fault ? fault.flash : 'untouched');
  expect(done.slice(done.indexOf(fault.at) + 1)).toEqual(ends);
});

test('an application that is not seen is reported so, and never as a success', async () => {
  const { ended } = recover({ at: 'leaveAndProve', code: 'application-not-seen', flash: 'verified' });
  expect(await ended).toMatchObject({ application: 'not-seen', flash: 'verified' });
});

test('lines that cannot be released do not hide the first error', async () => {
  const { actor, ended } = recover({ at: 'releaseLines', code: 'adapter-lost' });
  expect(await ended).toMatchObject({ application: 'seen' });
  expect(actor.getSnapshot().status).toBe('done');
});

test('readout protection is removed once where that is agreed, the target entered anew, and the job goes on', async () => {
  const { ended, done } = recover({ at: 'doWork', code: 'readout-protected' }, true, true);
  expect(await ended).toMatchObject({ error: { code: 'readout-protected' }, flash: 'erased in part' });
  expect(done).toEqual([
    ...['openAdapter', 'enterBootloader', 'doWork', 'unprotect', 'enterBootloader', 'doWork'],
    'releaseLines',
  ]);
});
