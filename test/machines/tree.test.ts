import { expect, test } from 'vitest';
import { type AnyActorRef, type InspectionEvent, setup } from 'xstate';
import { unprovided } from '../../machines/unprovided.ts';
import { systemClock } from '../../src/host/system/system-clock.ts';
import { Effects } from '../../src/ops/job/effects.ts';
import { runMachine } from '../../src/ops/job/run-machine.ts';

/** A machine with one effect; an abort ends it, and its effect is forgotten. */
const machineNamed = (id: string) =>
  setup({ actors: { work: unprovided<void, void>('work') } }).createMachine({
    id,
    initial: 'working',
    on: { 'operator.aborted': '.aborted' },
    states: {
      working: { invoke: { src: 'work', onDone: 'done', onError: 'aborted' } },
      done: { type: 'final' },
      aborted: { type: 'final' },
    },
  });

/** Names of an actor and those above it, the nearest first. */
const wayUp = (actor: AnyActorRef | undefined): readonly string[] => (actor ? [actor.id, ...wayUp(actor._parent)] : []);

const effects = new Effects();
/** `outer` runs `inner` in its effect, and that one `innermost`, each with the signal that it is handed. */
function nested(work: (signal: AbortSignal) => Promise<void>) {
  const run = (id: string, work: (signal: AbortSignal) => Promise<unknown>) => (signal?: AbortSignal) => {
    const machine = machineNamed(id).provide({
      actors: { work: effects.actor<void>(async (signal) => void (await work(signal))) },
    });
    return runMachine(machine, undefined, { clock: systemClock, signal, inspect });
  };
  const events: InspectionEvent[] = [];
  const inspect = (event: InspectionEvent) => events.push(event);
  return { events, outer: run('outer', run('inner', run('innermost', work))) };
}

test('machines that operations run within an effect are one tree of actors', async () => {
  const { events, outer } = nested(async () => {});
  await outer();
  const actors = new Set(events.map(({ actorRef }) => actorRef as AnyActorRef));
  const ways = [...actors].map((actor) =>
    wayUp(actor)
      .filter((id) => !/^\d/.test(id))
      .join(' < '),
  );
  expect(new Set(ways)).toEqual(new Set(['outer', 'inner < outer', 'innermost < inner < outer']));
  expect(new Set(events.map(({ rootId }) => rootId)).size).toBe(1);
});

test('an abort reaches the innermost effect, and is over when all of them have ended', async () => {
  const ended: string[] = [];
  const { outer } = nested(
    (signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          setTimeout(() => {
            ended.push('innermost');
            resolve();
          }, 20);
        });
      }),
  );
  const controller = new AbortController();
  const running = outer(controller.signal);
  await new Promise(setImmediate);
  controller.abort();
  await running;
  await effects.settled();
  expect(ended).toEqual(['innermost']);
});
