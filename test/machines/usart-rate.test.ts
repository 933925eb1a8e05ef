import { expect, test } from 'vitest';
import { fromPromise } from 'xstate';
import { usartRateMachine } from '../../machines/usart-rate.machine.ts';
import type { ErrorCode } from '../../src/base/errors.ts';
import { failure, startMachine } from '../helpers/machines.ts';

/** Runs the machine where each entry fails with a code, hangs, or succeeds; `called` are the rates in order. */
function change(rates: readonly number[], outcomes: readonly (ErrorCode | 'hangs' | 'works')[], repeats = 0) {
  const called: number[] = [];
  const enterAt = fromPromise<void, { baudRate: number }>(async ({ input }) => {
    const outcome = outcomes[called.length];
    called.push(input.baudRate);
    if (outcome === 'hangs') await new Promise(() => {});
    if (outcome !== 'works') throw failure(outcome as ErrorCode);
  });
  const machine = usartRateMachine.provide({ actors: { enterAt } });
  return { ...startMachine(machine, { rates, baudRate: 115_200, returns: 3, repeats }), called };
}

test.each([
  { name: 'the fastest works', outcomes: ['works'], called: [921_600], rate: 921_600 },
  { name: 'the next one works', outcomes: ['usart-no-sync', 'works'], called: [921_600, 460_800], rate: 460_800 },
  {
    name: 'none works: back to what it had',
    outcomes: ['usart-no-sync', 'usart-malformed', 'works'],
    called: [921_600, 460_800, 115_200],
    rate: 115_200,
  },
  {
    name: 'the way back is tried three times',
    outcomes: ['usart-nack', 'usart-timeout', 'usart-no-sync', 'window-missed', 'works'],
    called: [921_600, 460_800, 115_200, 115_200, 115_200],
    rate: 115_200,
  },
] as const)('$name', async ({ outcomes, called: expected, rate }) => {
  const { ended, called } = change([921_600, 460_800], outcomes);
  expect(await ended).toEqual({ baudRate: rate, error: null });
  expect(called).toEqual(expected);
});

test('a target that never comes back is the last error', async () => {
  const none = ['usart-no-sync', 'usart-no-sync', 'usart-no-sync', 'usart-no-sync', 'window-missed'] as const;
  const { ended, called } = change([921_600, 460_800], none);
  expect(await ended).toMatchObject({ error: { code: 'window-missed' } });
  expect(called).toHaveLength(5);
});

test('without faster rates it only comes back', async () => {
  const { ended, called } = change([], ['works']);
  expect(await ended).toEqual({ baudRate: 115_200, error: null });
  expect(called).toEqual([115_200]);
});

test('a lost adapter ends it at once', async () => {
  const { ended, called } = change([921_600, 460_800], ['adapter-lost']);
  expect(await ended).toMatchObject({ error: { code: 'adapter-lost' } });
  expect(called).toEqual([921_600]);
});

test('an abort ends it where it is', async () => {
  const { ended, actor } = change([921_600], ['hangs']);
  actor.send({ type: 'operator.aborted' });
  expect(await ended).toMatchObject({ error: { code: 'aborted' } });
});

test('a missed hold window says nothing of a rate: the same one is entered again, as often as allowed', async () => {
  const outcomes = ['window-missed', 'window-missed', 'usart-no-sync', 'window-missed', 'works'] as const;
  const { ended, called } = change([921_600, 460_800], outcomes, 2);
  expect(await ended).toEqual({ baudRate: 460_800, error: null });
  expect(called).toEqual([921_600, 921_600, 921_600, 460_800, 460_800]);
});

test('a window that is missed too often goes on to the next rate, and then counts as a way back that failed', async () => {
  const { ended, called } = change([921_600], Array(8).fill('window-missed'), 1);
  expect(await ended).toMatchObject({ error: { code: 'window-missed' } });
  expect(called).toEqual([921_600, 921_600, ...Array(6).fill(115_200)]);
});
