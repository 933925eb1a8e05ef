import { bootEntryMachine, type Watched } from '../../../machines/boot-entry.machine.ts';
import {
  type BootEntryContext,
  type BootEntryInput,
  type BootEntryOutput,
  type Driven,
  rungOf,
} from '../../../machines/boot-entry.policy.ts';
import type { Bootloader } from '../../../machines/bootloader.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { canReset } from '../../board/circuit/application-reset.ts';
import type { Rung } from '../../board/circuit/plan.ts';
import { opensInReset } from '../../board/circuit/wiring.ts';
import { ladderFor, triesOf } from '../../board/ladder.ts';
import { openUsart } from '../bootloader/open-usart.ts';
import { apartOf, applicationPlace } from '../job/application-place.ts';
import { AttemptLog } from '../job/attempt-log.ts';
import type { AttemptReport, Diagnosis } from '../job/events.ts';
import type { Job } from '../job/job.ts';
import { runMachine } from '../job/run-machine.ts';
import { familyOf, manualWait } from './awaited.ts';
import { diagnose } from './diagnose.ts';
import { diagnoseReached } from './diagnose-clone.ts';
import { askFirmware, askPerson, driveAgain, moveLines, resetAgain, windowRepeats } from './drive-rung.ts';
import { endHalf } from './half-by-hand.ts';
import { proveApplication } from './own-application.ts';
import { seeingFlashBootloader } from './seen-instead.ts';
import { callPresent } from './take-present.ts';
import { confirmPlace, findPresent, greet, lookForTwin, watchForDfu } from './watch-for-dfu.ts';

/** What the boot entry came to; `bootloader` is open and has answered, and is the caller's to dispose. */
export interface Entry extends BootEntryOutput {
  readonly reports: readonly AttemptReport[];
  /** Why the bootloader was not reached; or what is unusual about the one that was reached. */
  readonly diagnosis: readonly Diagnosis[];
}

/**
 * Brings the job's target into its bootloader by the ladder of its profile; where `bootloader` is null, `error` says why.
 * `tried` is how many attempts of the job came before: numbers go on from there.
 */
export async function enterBootloader(job: Job, signal?: AbortSignal, tried = 0): Promise<Entry> {
  const { clock } = job.bench;
  const log = new AttemptLog(clock, job.report, tried);
  let over = 0;
  const machine = bootEntryMachine.provide({
    actions: {
      announceTry: ({ context }) => {
        log.observe(context.attempts);
        // The next attempt waits behind the other jobs; the opening of the adapter belongs to the first one.
        if (context.attempts.length > over) job.beside.endTurn();
        over = context.attempts.length;
        log.start(rungOf(context)!);
      },
    },
    actors: actorsFor(job),
  });
  const onSnapshot = ({ context }: { context: BootEntryContext }) => log.observe(context.attempts);
  const output = await runMachine(machine, inputOf(job), { clock, signal, onSnapshot }).finally(() =>
    job.beside.endTurn(),
  );
  return { ...output, reports: log.reports, diagnosis: diagnosisOf(job, output) };
}

/** What each state of the boot entry does. */
function actorsFor(job: Job) {
  const lines = linesOf(job);
  /** What begins a try, which lasts until its bootloader has been greeted or it has failed. */
  const begin = <T, Input>(work: (signal: AbortSignal, input: Input) => Promise<T>) =>
    job.effects.actor<T, Input>(async (signal, input) => {
      await job.beside.takeTurn(signal);
      return work(signal, input);
    });
  return {
    findPresent: job.effects.actor((signal) => findPresent(job, signal)),
    proveApplication: begin((signal, { rung }: OfRung) => proveApplication(job, rung, signal)),
    moveLines: begin(lines.move),
    askFirmware: begin((signal, { rung, application }: OfRung & { application: string | null }) =>
      askFirmware(job, rung, application, signal),
    ),
    askPerson: begin<Driven, OfRung>((signal) => askPerson(job, signal)),
    watchForDfu: job.effects.actor((signal, watched: Watched) => watchForDfu(job, watched, signal)),
    resetAgain: job.effects.actor((signal, { rung, candidates }: OfRung & { candidates: readonly UsbDeviceInfo[] }) =>
      resetAgain(job, rung, candidates, signal),
    ),
    lookForTwin: job.effects.actor((signal, { device, driven }: { device: UsbDeviceInfo; driven: Driven }) =>
      lookForTwin(job, device, driven, signal),
    ),
    confirmPlace: job.effects.actor((signal, { device }: { device: UsbDeviceInfo }) =>
      confirmPlace(job, device, signal),
    ),
    greet: job.effects.actor((signal, { device }: { device: UsbDeviceInfo }) => greet(job, device, signal)),
    callPresent: job.effects.actor((signal) => callPresent(job, signal)),
    callUsart: job.effects.actor(lines.callUsart),
    releaseLines: job.effects.actor<void>(async () => job.adapter.current?.idle('idle')),
  };
}

const inputOf = (job: Job): BootEntryInput => {
  const { profile, interactive, isPathOwn } = job;
  const rungs = ladderFor(profile, interactive);
  return {
    rungs,
    repeats: windowRepeats,
    tries: triesOf(profile),
    usart: profile.usart.connected,
    turnsByHand: manualWait(job).turns,
    callsPresent: rungs.length === 0 && profile.usart.connected && opensHarmlessly(job),
    named: isPathOwn ? null : (profile.usb.path ?? null),
    canReset: canReset(profile),
    apart: apartOf(profile),
    isPlaced: applicationPlace(profile) !== undefined,
  };
};

/** Opening the adapter does not take the target out of its ROM. */
const opensHarmlessly = ({ profile, adapter }: Job): boolean => adapter.current !== undefined || !opensInReset(profile);

/** A refusal says itself why; a ladder that came to its end has to be explained. */
function diagnosisOf({ profile }: Job, { bootloader, error, attempts }: BootEntryOutput): readonly Diagnosis[] {
  const isExhausted = error?.kind === 'entry' && error.recovery !== 'stop';
  return isExhausted ? diagnose({ profile, target: familyOf(profile), attempts }) : diagnoseReached(bootloader?.usb);
}

interface OfRung {
  readonly rung: Rung;
}

/** Moves the lines, and calls the USART of a target that they have brought in: where lines did, they can do it again. */
function linesOf(job: Job) {
  let took = 0;
  return {
    move: async (signal: AbortSignal, { rung }: OfRung): Promise<Driven> => {
      const started = job.bench.clock.now();
      const driven = await moveLines(job, rung, signal);
      took = job.bench.clock.now() - started;
      return driven;
    },
    // The first byte on the adapter since the reset: no DFU device has appeared that it could disturb.
    callUsart: async (signal: AbortSignal, { rung, driven }: OfRung & { driven: Driven }): Promise<Bootloader> => {
      const drive = (again: AbortSignal) => driveAgain(job, rung, again);
      const wayBack = rung.plan && { drive, took, repeats: windowRepeats };
      const { turns, call: patience } = manualWait(job);
      const byHand = { call: { patience, isPersistent: true, isTold: turns > 1 } };
      const lines = await job.adapter.open();
      const call = () => openUsart(job, lines, signal, { wayBack, ...(rung.method === 'manual' ? byHand : {}) });
      const bootloader = await (familyOf(job.profile)?.hasDfu ? call() : seeingFlashBootloader(job, driven, call));
      await endHalf(job);
      return bootloader;
    },
  };
}
