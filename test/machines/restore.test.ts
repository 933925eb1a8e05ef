import { describe, expect, test } from 'vitest';
import { fromPromise } from 'xstate';
import { type RestoreInput, restoreMachine, type Surroundings } from '../../machines/restore.machine.ts';
import { failure, startMachine } from '../helpers/machines.ts';

type Step = 'reset' | 'leave';

interface Board extends Partial<RestoreInput>, Partial<Surroundings> {
  readonly isOpen?: boolean;
  /** What works; the others resolve with false, or fail. */
  readonly works?: readonly Step[];
  readonly fails?: readonly Step[];
}

function restore({ isOpen = false, works = [], fails = [], hasMoved = false, isGone = false, ...input }: Board) {
  const done: string[] = [];
  const act = (step: Step) =>
    fromPromise<boolean, void>(async () => {
      done.push(step);
      if (fails.includes(step)) throw failure('adapter-lost');
      return works.includes(step);
    });
  const actors = {
    settleAdapter: fromPromise<boolean, void>(async () => isOpen),
    resetByLines: act('reset'),
    leaveBootloader: act('leave'),
    lookAround: fromPromise<Surroundings, void>(async () => ({ hasMoved, isGone })),
  };
  const nothing = { canReset: true, mayLeave: false, isStillThere: false, wasAsked: false, wasEntered: false };
  return { ...startMachine(restoreMachine.provide({ actors }), { ...nothing, ...input }), done };
}

describe('the first way that works', () => {
  test.each([
    { name: 'the open adapter resets', board: { isOpen: true, works: ['reset'] }, done: ['reset'] },
    {
      name: 'the bootloader leaves, where the reset shows nothing',
      board: { isOpen: true, mayLeave: true, works: ['leave'] },
      done: ['reset', 'leave'],
    },
    {
      name: 'the bootloader leaves, where the adapter is lost',
      board: { isOpen: true, mayLeave: true, works: ['leave'], fails: ['reset'] },
      done: ['reset', 'leave'],
    },
    {
      name: 'the bootloader leaves, where no line resets',
      board: { isOpen: true, canReset: false, mayLeave: true, works: ['leave'] },
      done: ['leave'],
    },
    {
      name: 'an adapter that was not needed is opened where the application was asked',
      board: { mayLeave: true, wasAsked: true, works: ['reset'] },
      done: ['leave', 'reset'],
    },
    { name: 'an application that stayed needs nothing', board: { isStillThere: true, wasAsked: true }, done: [] },
  ] as const)('$name', async ({ board, done }) => {
    const run = restore(board);
    expect(await run.ended).toEqual({ target: 'application' });
    expect(run.done).toEqual(done);
  });
});

describe('where none works', () => {
  test.each([
    {
      name: 'an adapter that is closed stays closed, and nothing was touched',
      board: {},
      done: [],
      target: 'untouched',
    },
    { name: 'lines have moved', board: { isOpen: true, hasMoved: true }, done: ['reset'], target: 'unknown' },
    {
      name: 'no line resets: the bootloader is where it was',
      board: { isOpen: true, canReset: false, hasMoved: true, wasEntered: true, mayLeave: true },
      done: ['leave'],
      target: null,
    },
    { name: 'the target has reset itself', board: { wasEntered: true, isGone: true }, done: [], target: 'unknown' },
    { name: 'a bootloader that was there before the job stays', board: { wasEntered: true }, done: [], target: null },
    {
      name: 'the adapter that is opened for it is missing',
      board: { wasAsked: true, fails: ['reset'] },
      done: ['reset'],
      target: null,
    },
  ] as const)('$name', async ({ board, done, target }) => {
    const run = restore(board);
    expect(await run.ended).toEqual({ target });
    expect(run.done).toEqual(done);
  });
});
