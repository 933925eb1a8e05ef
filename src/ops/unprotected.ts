import type { Bootloader } from '../../machines/bootloader.ts';
import { isBootctlError } from '../base/errors.ts';
import type { Milliseconds } from '../base/units.ts';
import { sleep } from '../bench/clock.ts';
import type { Job } from './job/job.ts';

const lookEvery: Milliseconds = 100;
/** betaflight-configurator (usbdfu.js) waits 20 s for the mass erase; the slowest flash of 1 MiB takes 32 s (DS8626). */
const longestErase: Milliseconds = 40_000;

/**
 * Waits until a target that lifts its protection has erased its flash and left the bus: a reset before that would cut
 * the erase. One that stays is reset all the same, and its supply may have to be cut.
 */
export async function untilGone(
  { bench, report }: Pick<Job, 'bench' | 'report'>,
  { usb, behaviour }: Bootloader,
  signal: AbortSignal,
): Promise<void> {
  const { unprotectNeedsPower } = behaviour;
  if (unprotectNeedsPower)
    report({ event: 'note', message: `if it does not come back: ${powerAdvice(unprotectNeedsPower)}` });
  if (!usb) return; // over USART the last ACK is the end of the erase (AN3155 §3.12)
  const deadline = bench.clock.now() + longestErase;
  while ((await bench.usb.list()).some(({ instance }) => instance === usb.instance)) {
    if (bench.clock.now() >= deadline) return;
    await sleep(bench.clock, lookEvery, signal);
  }
}

/** A target that is still protected, or protected again. The message no longer says that nothing was changed. */
export function stillProtected(error: unknown, { behaviour }: Bootloader): unknown {
  if (!isBootctlError(error, 'readout-protected')) return error;
  const { unprotectNeedsPower } = behaviour;
  return error.with({
    message: `The ROM has taken Read Unprotect, and the flash is still protected: ${error.message}`,
    hint: unprotectNeedsPower
      ? `The flash is erased. ${powerAdvice(unprotectNeedsPower)}`
      : 'The flash is erased. Take the supply off the target and its USB cable out, then run the same command again.',
  });
}

const powerAdvice = (which: string): string =>
  `With ${which} it counts only when the supply has been off: unplug the USB cable and the supply of the target, plug them in and run the same command again.`;
