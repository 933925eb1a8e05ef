import type { Bootloader } from '../../../machines/bootloader.ts';
import { type LeaveOutput, leaveMachine } from '../../../machines/leave.machine.ts';
import { BootctlError } from '../../base/errors.ts';
import { sleep } from '../../bench/clock.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { guaranteedClearTime } from '../../board/circuit/corners.ts';
import type { BoardProfile } from '../../board/profile.ts';
import { leavesByOpening } from '../job/adapter/when-to-open.ts';
import type { Job } from '../job/job.ts';
import { runMachine } from '../job/run-machine.ts';
import { showUnnoticed } from '../job/unnoticed-reset.ts';
import { resetIntoApplication } from '../reset-into-application.ts';
import { type Lookout, lookOut } from './see-application.ts';

/**
 * Leaves the bootloader for what stands at the start of the flash, and sees that the application runs. Where applications
 * start behind a bootloader of the board, that bootloader is what starts them, as after every reset.
 * @throws BootctlError `application-not-seen` with the likely cause
 */
export async function leaveAndProve(
  job: Job,
  bootloader: Bootloader,
  signal?: AbortSignal,
): Promise<'seen' | 'not-checked'> {
  let lookout: Lookout;
  const machine = leaveMachine.provide({
    actors: {
      leaveBootloader: job.effects.actor(async (signal) => {
        await waitForBoot0Low(job, signal);
        const isByReset = leavesByOpening(job);
        lookout = await lookOut(job, bootloader.usb);
        if (isByReset) {
          await resetIntoApplication(job, signal);
          job.report({ event: 'target.left', how: 'reset' });
          return;
        }
        await bootloader.leave(bootloader.layout.sectors[0]!.address, signal);
        await showUnnoticed(job, signal);
        job.report({ event: 'target.left', how: bootloader.kind === 'dfu' ? 'dfu-leave' : 'go' });
      }),
      seeApplication: job.effects.actor((signal) => lookout.see(signal)),
      identifyApplication: job.effects.actor((signal, { device }: { device: UsbDeviceInfo }) =>
        lookout.identify!(device, signal),
      ),
      resetIntoApplication: job.effects.actor(async (signal) => {
        lookout = await lookOut(job, bootloader.usb);
        await resetIntoApplication(job, signal);
        await showUnnoticed(job, signal);
        job.report({ event: 'target.left', how: 'reset' });
      }),
    },
  });
  const output = await runMachine(machine, undefined, { clock: job.bench.clock, signal });
  signal?.throwIfAborted();
  const { sighting } = output;
  if (sighting?.outcome !== 'seen' && sighting?.outcome !== 'not-checked') throw notSeen(output, job.profile);
  if (sighting.outcome === 'seen') job.report({ event: 'application.seen', proof: sighting.what });
  return sighting.outcome;
}

/** BOOT0 still high at the leave would take the target into its ROM again: wait until the capacitor has surely bled. */
async function waitForBoot0Low({ profile, adapter, bench: { clock } }: Job, signal: AbortSignal): Promise<void> {
  const released = adapter.current?.boot0Released();
  if (!profile.boot0 || released === undefined) return;
  const left = released + guaranteedClearTime(profile.boot0) - clock.now();
  if (left > 0) await sleep(clock, left, signal);
}

/** The likely causes, by what was seen last. */
function notSeen({ sighting, error }: LeaveOutput, { applicationStart }: BoardProfile): BootctlError {
  // A reset that this board has no line for is not the news; what was seen before it is.
  if (error && !(sighting && error.code === 'method-unavailable')) {
    return new BootctlError('application-not-seen', `The target could not be made to leave: ${error.message}`, {
      hint: 'The flash holds the image: reset the board by hand.',
      cause: error,
    });
  }
  if (sighting?.outcome === 'bootloader-again' && error) {
    return new BootctlError(
      'application-not-seen',
      `After the leave the bootloader came back: ${sighting.what}; there was no reset: ${error.message}`,
      { hint: 'The flash holds the image: press the reset button of the board, or switch its power off and on.' },
    );
  }
  if (sighting?.outcome === 'bootloader-again') {
    return new BootctlError(
      'application-not-seen',
      `After a reset with BOOT0 = 0 the bootloader came back: ${sighting.what}`,
      {
        hint: 'BOOT0 stays high, or its pin is overridden by option bytes: measure BOOT0 with the adapter idle. Where it is high, measure DTR as well: idle, it has to be within 0.4 V of the supply of the target.',
      },
    );
  }
  return new BootctlError(
    'application-not-seen',
    `The bootloader is gone, but the application did not show: no ${sighting?.what}`,
    {
      hint:
        applicationStart === undefined
          ? 'The flash holds the image: the application may crash at its start, or not do what `application` in the profile expects.'
          : 'The flash holds the image: the bootloader of the board, at the start of the flash, has to be there and to start it; or the application crashes, or does not do what `application` in the profile expects.',
    },
  );
}
