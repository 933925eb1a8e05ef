import { describe, expect, test } from 'vitest';
import { bootEntryMachine } from '../../machines/boot-entry.machine.ts';
import type { BootEntryOutput, Driven, Proof } from '../../machines/boot-entry.policy.ts';
import { type Comparison, type FlashOutput, flashMachine, type Programmed } from '../../machines/flash.machine.ts';
import { type LeaveOutput, leaveMachine, type Sighting } from '../../machines/leave.machine.ts';
import { type RecoverOutput, recoverMachine } from '../../machines/recover.machine.ts';
import { type UsartRateOutput, usartRateMachine } from '../../machines/usart-rate.machine.ts';
import type { UsbWatchOutput } from '../../machines/usb-watch.machine.ts';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import type { Rung } from '../../src/board/circuit/plan.ts';
import { bootLadder } from '../../src/board/ladder.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { windowRepeats } from '../../src/ops/entry/drive-rung.ts';
import type { Trace, TraceEvent } from '../../src/trace/trace-event.ts';
import { repository } from '../helpers/cli-context.ts';
import {
  busBefore,
  jobEvents,
  loadTrace,
  type Replay,
  replay,
  replayUsbWatch,
  runsOf,
  statesOf,
} from '../helpers/replay.ts';

/** What a replay proves and what it does not: see test/helpers/replay.ts. */
const usart = findProfile('test/fixtures/traces/usart.yaml', { cwd: repository });
const profiles = { 'rc-cap': findProfile('rc-cap', { cwd: repository }), usart } as const;
const profileOf = ({ header }: Trace): BoardProfile => profiles[header.profile as keyof typeof profiles];

/** Recorded on the simulated bench by test/fixtures/traces/regenerate.mjs. */
const names = [
  ...['crashed', 'stuck-bit', 'app-crashes', 'slow-rc', 'window-missed', 'boot0-stuck-low'],
  ...['usart', 'usart-noisy'],
] as const;

const resultOf = ({ events }: Trace) =>
  events.find(({ event }) => event === 'result') as TraceEvent & { event: 'result' };

/** How often a DFU device was waited for; what comes after that is the application. */
const dfuWaits = (trace: Trace): number =>
  jobEvents(trace, 'waiting').filter(({ values }) => String(values.what).startsWith('DFU device')).length;

const replayWatches = (trace: Trace) =>
  Promise.all(runsOf(trace, 'usbWatch').map((run) => replayUsbWatch(trace, run, profileOf(trace))));

/** The boot entry on its recorded resets; what it waits for comes from the replayed USB watches. */
async function replayEntry(trace: Trace, watches: readonly Replay<UsbWatchOutput>[]) {
  const attempts = jobEvents(trace, 'attempt.started');
  const rungs: Rung[] = [];
  let watched = 0;
  const drive = ({ rung }: { rung: Rung }): Driven => {
    const attempt = attempts[rungs.length]!;
    rungs.push(rung);
    const [from, to] = [trace.events.indexOf(attempt), trace.events.indexOf(attempts[rungs.length]!)];
    const measured = jobEvents(trace, 'window.measured').find((event) => {
      const at = trace.events.indexOf(event);
      return at > from && (to < 0 || at < to);
    });
    const known = busBefore(trace, attempt).map(({ instance }) => instance);
    return {
      known,
      left: leftIn(trace, ['rc-cap', 'lines'], rungs.length),
      ...(measured ? { held: Number(measured.values.held) } : {}),
    };
  };
  let proofs = 0;
  const resetAgain = ({ candidates }: { candidates: readonly UsbDeviceInfo[] }): Proof => {
    proofs += 1;
    const gone = leftIn(trace, ['proving'], proofs).map(({ instance }) => instance);
    const left = candidates.filter(({ instance }) => gone.includes(instance));
    const known = candidates.filter((one) => !left.includes(one)).map(({ instance }) => instance);
    return { left, driven: { known, left: [] } };
  };
  const watch = () => {
    const { output } = watches[watched++]!;
    return output.outcome === 'seen' ? [output.device] : undefined;
  };
  const lookForTwin = ({ device }: { device: UsbDeviceInfo }) => [device];
  const [run] = runsOf(trace, 'bootEntry');
  const profile = profileOf(trace);
  const answers = () => ({ place: 'replayed' });
  const entry = await replay<BootEntryOutput>(bootEntryMachine, run!, {
    input: {
      rungs: bootLadder(profile).filter(({ method }) => method !== 'manual'),
      repeats: windowRepeats,
      tries: { flaky: 1, silent: 1 },
      usart: profile.usart.connected,
      named: null,
      canReset: true,
      isPlaced: false,
    },
    values: {
      ...{ findPresent: () => null, moveLines: drive, watchForDfu: watch, resetAgain, lookForTwin },
      ...{ greet: answers, callUsart: answers },
    },
  });
  return { ...entry, rungs };
}

/** What left the bus while the boot entry was in one of these states for the nth time. */
function leftIn(trace: Trace, states: readonly string[], nth: number): readonly UsbDeviceInfo[] {
  const run = runsOf(trace, 'bootEntry')[0]!;
  const [entered] = run.filter((event) => states.includes(event.state)).slice(nth - 1);
  const next = run[run.indexOf(entered!) + 1]!;
  const { events } = trace;
  return events
    .slice(events.indexOf(entered!), events.indexOf(next))
    .flatMap((event) => (event.event === 'usb.vanished' ? [event.device] : []));
}

const sightings: Readonly<Record<UsbWatchOutput['outcome'], Sighting['outcome']>> = {
  seen: 'seen',
  unwanted: 'bootloader-again',
  ambiguous: 'nothing',
  silent: 'nothing',
  aborted: 'nothing',
};

/** What each comparison came to, by the plan that was told. */
function comparisonsOf(trace: Trace): () => Comparison {
  const plans = jobEvents(trace, 'flash.planned').map(({ values }) => values);
  return () => {
    const plan = plans.shift();
    if (Number(plan?.erased) > 0) return 'erase';
    return Number(plan?.bytes) > 0 ? 'fill' : 'holds';
  };
}

/** Whether each programming was a part only, by the bytes that its comparison planned. */
function programmedOf(trace: Trace): () => Programmed {
  const parts: Programmed[] = [];
  let left = 0;
  for (const event of trace.events) {
    if (event.event !== 'job') continue;
    if (event.name === 'flash.planned') left = Number(event.values.bytes);
    if (event.name !== 'phase.started' || event.values.phase !== 'program') continue;
    left -= Number(event.values.total);
    parts.push(left > 0 ? 'more' : 'all');
  }
  return () => parts.shift() ?? 'all';
}

describe.each(names)('%s', (name) => {
  const trace = loadTrace(name);

  test('the USB watches see the same on the recorded scans', async () => {
    const watches = await replayWatches(trace);
    expect(watches.map(({ states }) => states)).toEqual(runsOf(trace, 'usbWatch').map(statesOf));
  });

  test('the boot entry drives the same rungs to the same end', async () => {
    const { states, rungs, output } = await replayEntry(trace, await replayWatches(trace));
    expect(states).toEqual(statesOf(runsOf(trace, 'bootEntry')[0]!));
    const driven = rungs.map(({ method, change }) => ({ method, change }));
    expect(driven).toEqual(
      jobEvents(trace, 'attempt.started').map(({ values: { method, change } }) => ({ method, change })),
    );
    expect(output.attempts.map(({ error }) => error?.code ?? 'entered')).toEqual(
      (resultOf(trace) as unknown as { attempts: { outcome: string }[] }).attempts.map(({ outcome }) => outcome),
    );
  });

  test('the job goes through the same states to the same result', async () => {
    const [flashRun] = runsOf(trace, 'flash');
    const compare = comparisonsOf(trace);
    const options = { input: { verify: true }, values: { compare, program: programmedOf(trace) } };
    const flash = flashRun && (await replay<FlashOutput>(flashMachine, flashRun, options));
    if (flash) expect(flash.states).toEqual(statesOf(flashRun));

    const [leaveRun] = runsOf(trace, 'leave');
    const after = (await replayWatches(trace)).slice(dfuWaits(trace));
    const isHeard = jobEvents(trace, 'application.seen').length > 0;
    const see = () => {
      const watched = after.shift()?.output.outcome;
      const outcome = watched ? sightings[watched] : isHeard ? 'seen' : 'nothing';
      return { outcome, what: 'replayed' };
    };
    const left = leaveRun && (await replay<LeaveOutput>(leaveMachine, leaveRun, { values: { seeApplication: see } }));
    if (left) expect(left.states).toEqual(statesOf(leaveRun));

    const { states, output } = await replay<RecoverOutput>(recoverMachine, runsOf(trace, 'recover')[0]!, {
      input: { hasWork: flash !== undefined, unprotect: false },
      values: {
        doWork: (_, send) => send({ type: 'flash.changed', condition: flash?.output.condition }),
        leaveAndProve: () => left?.output.sighting?.outcome,
      },
    });
    expect(states).toEqual(statesOf(runsOf(trace, 'recover')[0]!));
    // The traces are older than `target` of the result.
    const { target: _, ...said } = output;
    expect({ ...said, error: said.error?.code }).toEqual({
      error: resultOf(trace).error?.code,
      flash: (resultOf(trace) as unknown as { flash: string }).flash,
      application: (resultOf(trace) as unknown as { application: string }).application,
    });
  });
});

test('the way back to a rate that works goes through the same states', async () => {
  const [run] = runsOf(loadTrace('usart-noisy'), 'usartRate');
  const input = { rates: [], baudRate: 230_400, returns: 3 };
  const { states, output } = await replay<UsartRateOutput>(usartRateMachine, run!, { input });
  expect(states).toEqual(statesOf(run!));
  expect(output).toEqual({ baudRate: 230_400, error: null });
});

describe('a replay notices', () => {
  const changed = (name: string, change: (event: TraceEvent) => TraceEvent): Trace => {
    const trace = loadTrace(name);
    return { ...trace, events: trace.events.map(change) };
  };

  test('a hold that would have been long enough', async () => {
    const trace = changed('window-missed', (event) =>
      event.event === 'job' && event.name === 'window.measured'
        ? { ...event, values: { ...event.values, held: 20 } }
        : event,
    );
    const replayed = replayEntry(trace, await replayWatches(trace)).then(({ states }) => states);
    await expect(replayed).resolves.not.toEqual(statesOf(runsOf(trace, 'bootEntry')[0]!));
  });

  test('another USB device', async () => {
    const trace = changed('crashed', (event) =>
      event.event === 'usb.appeared' ? { ...event, device: { ...event.device, vendorId: '1234' } } : event,
    );
    const [first] = runsOf(trace, 'usbWatch');
    await expect(replayUsbWatch(trace, first!, profileOf(trace))).rejects.toThrow(
      'the watch went on where it had ended: watching',
    );
  });

  test('an effect that ended otherwise', async () => {
    const trace = changed('crashed', (event) =>
      event.event === 'machine.state' && event.state === 'programming'
        ? { ...event, cause: 'error', error: { code: 'target-lost', message: 'made up' } }
        : event,
    );
    const run = runsOf(trace, 'flash')[0]!;
    const { states, output } = await replay<FlashOutput>(flashMachine, run, { input: { verify: true } });
    expect(states).toEqual(['probing', 'comparing', 'erasing', 'failed']);
    expect(output).toMatchObject({ condition: 'erased in part', error: { code: 'target-lost' } });
  });
});
