import { bootEntryMachine } from '../../machines/boot-entry.machine.ts';
import type { Attempt, BootEntryOutput, Driven } from '../../machines/boot-entry.policy.ts';
import type { UsbDeviceInfo } from '../io/usb-bus.ts';
import type { Rung } from '../lines/plan.ts';
import { idleLines } from '../lines/wiring.ts';
import { ladderFor } from '../methods/ladder.ts';
import { AttemptLog } from './attempt-log.ts';
import type { Bootloader } from './bootloader.ts';
import { type Diagnosis, diagnose } from './diagnose.ts';
import { driveRung } from './drive-rung.ts';
import type { AttemptReport } from './events.ts';
import type { Job } from './job.ts';
import { openUsart } from './open-usart.ts';
import { runMachine } from './run-machine.ts';
import { familyOf, findPresent, greet, watchForDfu } from './watch-for-dfu.ts';

/** A missed hold window is the host's fault and may pass: worth three more tries. */
const windowRepeats = 3;

/** What the boot entry came to; `target` is open and has answered, and is the caller's to dispose. */
export interface Entry extends BootEntryOutput {
  readonly reports: readonly AttemptReport[];
  /** Empty where the bootloader was reached. */
  readonly diagnosis: readonly Diagnosis[];
}

/**
 * Brings the job's target into its bootloader by the ladder of its profile; where `target` is null, `error` says why.
 * `tried` is how many attempts of the job came before: numbers go on from there.
 */
export async function enterBootloader(job: Job, signal?: AbortSignal, tried = 0): Promise<Entry> {
  const log = new AttemptLog(job.bench.clock, job.report, tried);
  const machine = bootEntryMachine.provide({
    actors: {
      findPresent: job.effects.actor(() => findPresent(job)),
      driveRung: job.effects.actor((signal, { rung, attempts }: { rung: Rung; attempts: readonly Attempt[] }) => {
        log.observe(attempts);
        log.start(rung);
        return driveRung(job, rung, signal);
      }),
      watchForDfu: job.effects.actor((signal, { rung, driven }: { rung: Rung; driven: Driven }) =>
        watchForDfu(job, rung, driven, signal),
      ),
      greet: job.effects.actor((signal, { device, driven }: { device: UsbDeviceInfo; driven: Driven | null }) =>
        greet(job, device, driven, signal),
      ),
      // The first byte on the adapter since the reset: no DFU device has appeared that it could disturb.
      syncUsart: job.effects.actor<Bootloader>(async (signal) => openUsart(job, await job.adapter.open(), signal)),
      releaseLines: job.effects.actor<void>(async () => void (await job.adapter.current?.move(idleLines, 'idle'))),
    },
  });
  const input = {
    rungs: ladderFor(job.profile, job.interactive),
    repeats: windowRepeats,
    usart: job.profile.usart.connected,
  };
  const output = await runMachine(machine, input, {
    clock: job.bench.clock,
    signal,
    onSnapshot: ({ context }) => log.observe(context.attempts),
    trace: job.trace,
  });
  const { error, attempts } = output;
  const { profile } = job;
  // A refusal says itself why; a ladder that came to its end has to be explained.
  const isExhausted = error?.kind === 'entry' && error.recovery !== 'stop';
  const diagnosis = isExhausted ? diagnose({ profile, target: familyOf(profile), attempts }) : [];
  return { ...output, reports: log.reports, diagnosis };
}
