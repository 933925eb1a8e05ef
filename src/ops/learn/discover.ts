import { learningMachine } from '../../../machines/learning.machine.ts';
import type { Baseline, LearningContext, Wanted } from '../../../machines/learning.policy.ts';
import type { Observation } from '../../../machines/learning-evidence.policy.ts';
import { mostOf } from '../../../machines/learning-limits.policy.ts';
import type { Milliseconds } from '../../base/units.ts';
import { sleep } from '../../bench/clock.ts';
import { idleLines } from '../../board/circuit/wiring.ts';
import { type Experiment, experimentText } from '../../board/learning/experiment.ts';
import type { Job } from '../job/job.ts';
import { runMachine } from '../job/run-machine.ts';
import { BusRecord } from './bus-record.ts';
import { Hearing } from './hearing.ts';
import { type Ends, tryLines } from './try-lines.ts';

/** A watchdog that restarts a firmware shows in this time, and so does what was enumerating. Our choice. */
const baseline: Milliseconds = 3_000;

/** Runs the machine on the board behind the adapter. The lines end idle, and the port stays open until the job closes it. */
export async function discover(job: Job, signal: AbortSignal | undefined): Promise<LearningContext> {
  const { effects, bench, report } = job;
  let ends: Ends | undefined;
  const open = async (signal: AbortSignal): Promise<Ends> => {
    signal.throwIfAborted();
    const lines = await job.adapter.open(signal);
    ends = { lines, hearing: new Hearing(lines.link, bench.clock) };
    return ends;
  };
  let done = 0;
  const machine = learningMachine.provide({
    actors: {
      listen: effects.actor(async (signal) => listen(job, await open(signal), signal)),
      tryLines: effects.actor(async (signal, wanted: Wanted) => {
        const observation = await tryLines(job, ends!, wanted, signal);
        done += 1;
        report({ event: 'learning.tried', done, most: mostOf().experiments, ...told(observation) });
        return observation;
      }),
      leaveIdle: effects.actor<void, Experiment | null>(async (_signal, wayHome) => {
        if (!job.adapter.hasMoved) return;
        await leaveIdle(job, ends, wayHome).finally(() => job.adapter.release());
      }),
    },
  });
  return runMachine(machine, undefined, { clock: bench.clock, signal, trace: job.trace, inspect: job.inspect });
}

async function listen({ bench }: Job, { hearing }: Ends, signal: AbortSignal): Promise<Baseline> {
  // What the opening of the port has reset comes again first.
  await sleep(bench.clock, baseline, signal);
  await using bus = await BusRecord.begin(bench);
  await hearing.begin();
  await sleep(bench.clock, baseline, signal);
  const { left, came } = bus.changes();
  return { restless: [...new Set([...left, ...came])], text: (await hearing.end()).text };
}

/** Takes the target out of its ROM where a way is known. It is not waited for: what follows does no harm. */
async function leaveIdle({ bench }: Job, ends: Ends | undefined, wayHome: Experiment | null): Promise<void> {
  await ends?.hearing.end().catch(() => {});
  if (!ends || !wayHome) return;
  for (const { lines, hold } of wayHome.steps) {
    await ends.lines.move(lines, 'out of the ROM');
    await sleep(bench.clock, hold);
  }
  await ends.lines.move(idleLines, 'idle');
}

function told({ experiment, left, rom, text }: Observation) {
  return {
    lines: experimentText(experiment),
    rom: rom?.over ?? null,
    place: rom?.place ?? null,
    isFresh: rom?.isFresh ?? false,
    left,
    heard: text !== '',
  };
}
