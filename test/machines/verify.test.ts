import { expect, test } from 'vitest';
import { fromPromise } from 'xstate';
import { verifyMachine } from '../../machines/verify.machine.ts';
import type { ErrorCode } from '../../src/base/errors.ts';
import { failure, startMachine } from '../helpers/machines.ts';

type Step = 'probe' | 'compare' | 'calm';

/** Runs the machine where the steps named in `fails` fail with these codes, one after the other, and then work. */
function verify(fails: Partial<Record<Step, readonly (ErrorCode | 'hangs')[]>>) {
  const done: Step[] = [];
  const act = (step: Step) =>
    fromPromise<void, void>(async () => {
      done.push(step);
      const outcome = fails[step]?.[done.filter((one) => one === step).length - 1];
      if (outcome === 'hangs') await new Promise(() => {});
      if (outcome) throw failure(outcome as ErrorCode);
    });
  const actors = { probe: act('probe'), compare: act('compare'), calm: act('calm') };
  return { ...startMachine(verifyMachine.provide({ actors }), undefined), done };
}

test.each([
  { name: 'the flash holds the image', fails: {}, done: ['probe', 'compare'], error: null },
  {
    name: 'a difference that a second look does not find',
    fails: { compare: ['verify-mismatch'] },
    done: ['probe', 'compare', 'calm', 'compare'],
    error: null,
  },
  {
    name: 'a difference that a second look finds as well',
    fails: { compare: ['usart-timeout', 'verify-mismatch'] },
    done: ['probe', 'compare', 'calm', 'compare'],
    error: 'verify-mismatch',
  },
  {
    name: 'a lost target is not looked at again',
    fails: { compare: ['target-lost'] },
    done: ['probe', 'compare'],
    error: 'target-lost',
  },
  {
    name: 'a protected target is not compared',
    fails: { probe: ['readout-protected'] },
    done: ['probe'],
    error: 'readout-protected',
  },
  {
    name: 'a bootloader that cannot be calmed',
    fails: { compare: ['usb-stall'], calm: ['target-lost'] },
    done: ['probe', 'compare', 'calm'],
    error: 'target-lost',
  },
] as const)('$name', async ({ fails, done, error }) => {
  const run = verify(fails);
  expect((await run.ended).error?.code ?? null).toBe(error);
  expect(run.done).toEqual(done);
});

test('an abort ends it where it is', async () => {
  const { ended, actor } = verify({ compare: ['hangs'] });
  actor.send({ type: 'operator.aborted' });
  expect(await ended).toMatchObject({ error: { code: 'aborted' } });
});
