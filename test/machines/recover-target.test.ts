import { describe, expect, test } from 'vitest';
import { fromPromise } from 'xstate';
import type { Unread } from '../../machines/reading.policy.ts';
import { recoverMachine } from '../../machines/recover.machine.ts';
import type { Protection } from '../../machines/recover.policy.ts';
import { BootctlError, type ErrorCode } from '../../src/base/errors.ts';
import type { FlashCondition, TargetState } from '../../src/ops/job/events.ts';
import { failure, startMachine } from '../helpers/machines.ts';

type Effect = 'openAdapter' | 'enterBootloader' | 'doWork' | 'unprotect' | 'leaveAndProve' | 'bringBack';

interface Story {
  readonly hasWork?: boolean;
  readonly unprotect?: boolean;
  readonly after?: 'prove' | 'restore' | 'stay';
  /** What the work leaves in the flash. */
  readonly flash?: FlashCondition;
  /** What fails, each time. */
  readonly fails?: Partial<Record<Effect, ErrorCode>>;
  /** What bringing back comes to; null where it could do nothing. */
  readonly broughtBack?: TargetState | null;
  readonly details?: Readonly<Record<string, string>>;
}

/** What a person is told at the end: what the target runs, what its flash holds, and whether the application was seen. */
async function tell({ hasWork = true, unprotect = false, after, flash, fails = {}, ...story }: Story) {
  const { broughtBack = 'application', details } = story;
  const done: Effect[] = [];
  const run = async (effect: Effect) => {
    done.push(effect);
    if (effect === 'doWork' && flash) job.actor.send({ type: 'flash.changed', condition: flash });
    const code = fails[effect];
    if (code) throw details ? new BootctlError(code, code, { details }) : failure(code);
  };
  const effect = (name: Effect) => fromPromise<void, void>(() => run(name));
  const machine = recoverMachine.provide({
    actors: {
      openAdapter: effect('openAdapter'),
      enterBootloader: effect('enterBootloader'),
      doWork: fromPromise<void, { unread: Unread }>(() => run('doWork')),
      unprotect: fromPromise<void, { protection: Protection }>(() => run('unprotect')),
      leaveAndProve: fromPromise<'seen' | 'not-checked', void>(async () => {
        await run('leaveAndProve');
        return 'seen';
      }),
      bringBack: fromPromise<TargetState | null, { error: BootctlError | null }>(async () => {
        await run('bringBack');
        return broughtBack;
      }),
      releaseLines: fromPromise<void, void>(async () => {}),
    },
  });
  const job = startMachine(machine, { hasWork, unprotect, after });
  const { error, ...told } = await job.ended;
  return { ...told, error: error?.code ?? null, done };
}

test.each<{ name: string; story: Story; told: object }>([
  { name: 'a job that ends well', story: { flash: 'verified' }, told: { target: 'application', flash: 'verified' } },
  { name: 'an entry alone', story: { hasWork: false }, told: { target: 'bootloader', flash: 'untouched' } },
  {
    name: 'work after which the target is to stay',
    story: { after: 'stay', flash: 'verified' },
    told: { target: 'bootloader', application: 'not-checked', done: ['openAdapter', 'enterBootloader', 'doWork'] },
  },
  {
    name: 'work after which it is to run what it ran',
    story: { after: 'restore' },
    told: { target: 'application', application: 'not-checked', error: null },
  },
  {
    name: 'the same where the flash was found to hold the image',
    story: { after: 'restore', flash: 'verified' },
    told: { target: 'application', done: ['openAdapter', 'enterBootloader', 'doWork', 'bringBack'] },
  },
  {
    name: 'the same where the flash was changed: nothing is started from it',
    story: { after: 'restore', flash: 'written in part' },
    told: { target: 'bootloader', done: ['openAdapter', 'enterBootloader', 'doWork'] },
  },
])('$name', async ({ story, told }) => {
  expect(await tell(story)).toMatchObject({ error: null, ...told });
});

describe('after a failure', () => {
  test.each<{ name: string; story: Story; told: object }>([
    {
      name: 'an adapter that another program has: the target was not touched',
      story: { fails: { openAdapter: 'adapter-busy' } },
      told: { target: 'untouched', error: 'adapter-busy', done: ['openAdapter'] },
    },
    {
      name: 'an adapter that goes while it is opened may have moved its lines',
      story: { fails: { openAdapter: 'adapter-lost' } },
      told: { target: 'unknown', error: 'adapter-lost' },
    },
    {
      name: 'no bootloader, and the application could be started again',
      story: { fails: { enterBootloader: 'methods-exhausted' } },
      told: { target: 'application', flash: 'untouched' },
    },
    {
      name: 'no bootloader, and nothing brings the application back',
      story: { fails: { enterBootloader: 'methods-exhausted' }, broughtBack: null },
      told: { target: 'unknown' },
    },
    {
      name: 'no bootloader, and bringing back fails as well: the first reason is told',
      story: { fails: { enterBootloader: 'methods-exhausted', bringBack: 'adapter-lost' } },
      told: { target: 'unknown', error: 'methods-exhausted' },
    },
    {
      name: 'a flash that differs: the bootloader still runs',
      story: { flash: 'differs', fails: { doWork: 'verify-mismatch' } },
      told: { target: 'bootloader', flash: 'differs' },
    },
    {
      name: 'a target that is lost in the work, three times: entered again twice, and no longer',
      story: { flash: 'written in part', fails: { doWork: 'target-lost' } },
      told: {
        target: 'unknown',
        done: [
          ...['openAdapter', 'enterBootloader', 'doWork', 'enterBootloader', 'doWork', 'enterBootloader', 'doWork'],
        ],
      },
    },
    {
      name: 'an application that is not seen',
      story: { flash: 'verified', fails: { leaveAndProve: 'application-not-seen' } },
      told: { target: 'unknown', application: 'not-seen', flash: 'verified' },
    },
    {
      name: 'a ROM that refuses to lift its protection: the flash is as it was, and is started again',
      story: { unprotect: true, fails: { doWork: 'readout-protected', unprotect: 'unprotect-refused' } },
      told: {
        target: 'application',
        flash: 'untouched',
        error: 'unprotect-refused',
        done: ['openAdapter', 'enterBootloader', 'doWork', 'unprotect', 'bringBack'],
      },
    },
    {
      name: 'a target that is lost while its protection is lifted: nobody knows what it holds',
      story: { unprotect: true, fails: { doWork: 'readout-protected', unprotect: 'target-lost' } },
      told: {
        target: 'unknown',
        flash: 'erased in part',
        error: 'target-lost',
        done: ['openAdapter', 'enterBootloader', 'doWork', 'unprotect'],
      },
    },
    {
      name: 'write protection that comes back: lifted once, and the flash is not called erased for it',
      story: { unprotect: true, fails: { doWork: 'write-protected' } },
      told: {
        flash: 'untouched',
        error: 'write-protected',
        done: ['openAdapter', 'enterBootloader', 'doWork', 'unprotect', 'enterBootloader', 'doWork', 'bringBack'],
      },
    },
    {
      name: 'protection that no ROM can lift is not asked about',
      story: { unprotect: true, fails: { doWork: 'write-protected' }, details: { removable: 'no' } },
      told: { error: 'write-protected', done: ['openAdapter', 'enterBootloader', 'doWork', 'bringBack'] },
    },
    {
      name: 'protection that nobody has agreed to lift stays',
      story: { fails: { doWork: 'readout-protected' } },
      told: { error: 'readout-protected', done: ['openAdapter', 'enterBootloader', 'doWork', 'bringBack'] },
    },
  ])('$name', async ({ story, told }) => {
    expect(await tell(story)).toMatchObject(told);
  });
});
