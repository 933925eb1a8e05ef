import { describe, expect, test } from 'vitest';
import { assign } from 'xstate';
import { learningMachine } from '../../machines/learning.machine.ts';
import type { LearningContext } from '../../machines/learning.policy.ts';
import type { Observation } from '../../machines/learning-evidence.policy.ts';
import type { Experiment } from '../../src/board/learning/experiment.ts';
import { dfuRom, experiment, observation } from '../helpers/experiments.ts';
import { failure, scriptedEffects, startMachine } from '../helpers/machines.ts';

const rts = experiment(['rts', 50]);
const dtr = experiment(['dtr', 50]);
const quiet = { restless: ['1-4 046d:c077'], text: 'tick' };

/** A search that tries these experiments, whatever they show; without `plan` it chooses itself. */
function learning(plan?: readonly Experiment[]) {
  const effects = scriptedEffects({ listen: quiet, tryLines: observation(rts), leaveIdle: undefined });
  const withEffects = learningMachine.provide({
    actors: {
      listen: effects.effect('listen'),
      tryLines: effects.effect('tryLines'),
      leaveIdle: effects.effect('leaveIdle'),
    },
  });
  const machine = plan
    ? withEffects.provide({
        actions: {
          choose: assign(({ context }) => ({ next: plan[context.count] ?? null })),
        },
      })
    : withEffects;
  const run = startMachine(machine, undefined);
  const names = () => effects.said.map((one) => one.split(' ')[0]);
  const state = () => run.actor.getSnapshot().value;
  return { ...effects, ...run, names, state };
}

/** Answers of `tryLines`, one after the other. */
async function answered(plan: readonly Experiment[], seen: readonly Observation[]) {
  const job = learning(plan);
  const { actor, next } = job;
  actor.subscribe(({ context }) => {
    next.tryLines = seen[(context as LearningContext).count];
  });
  return { ...job, output: await job.ended };
}

describe('a search without a failure', () => {
  test('listens, tries one experiment after the other, and releases the lines', async () => {
    const seen = [observation(rts), observation(dtr)];
    const { output, names, state } = await answered([rts, dtr], seen);
    expect(names()).toEqual(['listen', 'tryLines', 'tryLines', 'leaveIdle']);
    expect(output).toMatchObject({ log: seen, count: 2, restless: quiet.restless, chatter: 'tick', error: null });
    expect(state()).toBe('learned');
  });

  test('asks for what was chosen, with the times of the round', async () => {
    const { said } = await answered([dtr], [observation(dtr)]);
    const [, asked = ''] = said;
    expect(JSON.parse(asked.replace('tryLines ', ''))).toEqual({
      experiment: dtr,
      idle: 2_000,
      watch: 1_500,
      rom: null,
      romRuns: false,
      witnesses: [],
    });
  });

  test('takes the target out of its ROM by the way that was seen', async () => {
    const seen = [observation(rts, { left: ['1-1 1209:0001'] }), observation(dtr, { rom: dfuRom })];
    const { said } = await answered([rts, dtr], seen);
    expect(said.at(-1)).toBe(`leaveIdle ${JSON.stringify(rts)}`);
  });

  test('takes no way where none was seen', async () => {
    const { said } = await answered([rts], [observation(rts)]);
    expect(said.at(-1)).toBe('leaveIdle null');
  });

  test('chooses by itself: the first experiment is one of the first round, which charges for 50 ms', async () => {
    const job = learning();
    job.next.tryLines = failure('adapter-lost');
    expect((await job.ended).next?.steps[0]?.hold).toBe(50);
  });
});

describe('a search that fails', () => {
  test.each([
    { at: 'listen', names: ['listen', 'leaveIdle'] },
    { at: 'tryLines', names: ['listen', 'tryLines', 'leaveIdle'] },
    { at: 'leaveIdle', names: ['listen', 'tryLines', 'leaveIdle'] },
  ] as const)('at $at, releases the lines and says why', async ({ at, names }) => {
    const job = learning([rts]);
    job.next[at] = failure('adapter-lost');
    expect((await job.ended).error?.code).toBe('adapter-lost');
    expect(job.names()).toEqual(names);
    expect(job.state()).toBe('failed');
  });

  test('and cannot release the lines says the first failure', async () => {
    const job = learning([rts]);
    job.next.tryLines = failure('adapter-lost');
    job.next.leaveIdle = failure('adapter-denied');
    expect((await job.ended).error?.code).toBe('adapter-lost');
    expect(job.state()).toBe('failed');
  });

  test.each([
    { state: 'listening', at: 'listen', names: ['listen', 'leaveIdle'] },
    { state: 'trying', at: 'tryLines', names: ['listen', 'tryLines', 'leaveIdle'] },
  ] as const)('an operator who interrupts while it is $state has the lines released', async ({ state, at, names }) => {
    const job = learning([rts]);
    job.next[at] = new Promise(() => {});
    await job.settle();
    expect(job.state()).toBe(state);
    job.actor.send({ type: 'operator.aborted' });
    expect((await job.ended).error?.code).toBe('aborted');
    expect(job.names()).toEqual(names);
    expect(job.state()).toBe('failed');
  });

  test('an operator cannot interrupt the release of the lines', async () => {
    const job = learning([]);
    job.next.leaveIdle = new Promise(() => {});
    await job.settle();
    job.actor.send({ type: 'operator.aborted' });
    expect(job.state()).toBe('leavingIdle');
  });
});
