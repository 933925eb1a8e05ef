import type { Sighting } from '../../../machines/leave.machine.ts';
import { matches, placesOf, textOf } from '../../../machines/usb-watch.machine.ts';
import type { Milliseconds } from '../../base/units.ts';
import { sleep } from '../../bench/clock.ts';
import type { SerialLink } from '../../bench/serial-link.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { canReset } from '../../board/circuit/application-reset.ts';
import type { ApplicationProof, UsbFilter } from '../../board/profile.ts';
import type { Job } from '../job/job.ts';
import { thoseThatLeave, watchUsb } from '../job/watch-usb.ts';
import { resetIntoApplication } from '../reset-into-application.ts';

/** Looks for the running application; made before the target starts, so that nothing is missed. */
export interface Lookout {
  readonly see: (signal?: AbortSignal) => Promise<Sighting>;
  /** Shows by one more reset whose device it is that looks like the application. */
  readonly identify?: (device: UsbDeviceInfo, signal?: AbortSignal) => Promise<Sighting>;
}

/** Long enough for every ROM whose enumeration is sourced but the F105's to show up again (AN2606 T227, T229). */
const anyRomAgain: Milliseconds = 1_500;
/** The same ROM at the same port takes the same time, give or take its oscillator and what else this host enumerates. Our choice. */
const startUpSpread = { factor: 1.25, more: 100 } as const satisfies { factor: number; more: Milliseconds };
/**
 * A firmware that faults does so at its start, as a rule, and its watchdog ends it within the second. No document
 * says so; our choice. A slower loop, such as that of an independent watchdog set to 26 s, is not seen.
 */
export const applicationStay: Milliseconds = 1_000;
const dfuGoneTimeout: Milliseconds = 3_000;
const scanPeriod: Milliseconds = 50;

/** Starts to look for the application that the profile describes, on the USB path where the DFU device `dfu` is now, if there is one. */
export async function lookOut(job: Job, dfu: UsbDeviceInfo | null): Promise<Lookout> {
  const { application } = job.profile;
  const known = (await job.bench.usb.list()).map(({ instance }) => instance);
  if (application.expect === 'usb') {
    const path = application.isAnywhere ? undefined : (application.path ?? dfu?.path ?? job.profile.usb.path);
    const wanted = path === undefined ? application : { ...application, path };
    const others = [...known];
    return {
      see: (signal) => seeOnUsb(job, wanted, dfu, known, signal),
      identify: (device, signal) => job.beside.inTurn(() => identify(job, application, device, others, signal), signal),
    };
  }
  if (application.expect === 'serial') {
    const { link } = await job.adapter.open();
    await link.configure({ baudRate: application.baudRate, parity: 'none' });
    await link.drainInput();
    return { see: (signal) => hearOnSerial(job, link, application, signal) };
  }
  if (dfu) return { see: (signal) => seeBootloaderGone(job, dfu, known, signal) };
  return { see: async () => ({ outcome: 'not-checked', what: 'the bootloader has handed over' }) };
}

type OnUsb = UsbFilter & { readonly timeout: Milliseconds; readonly isAnywhere?: true };

async function seeOnUsb(
  job: Job,
  application: OnUsb,
  bootloader: UsbDeviceInfo | null,
  known: readonly string[],
  signal?: AbortSignal,
): Promise<Sighting> {
  const { timeout, vendorId, productId, path } = application;
  const id = textOf({ vendorId, productId, ...(path === undefined ? {} : { path }) });
  job.report({ event: 'waiting', what: `application ${id}`, timeout });
  const wait = { known, wanted: application, timeout, stay: applicationStay };
  const output = await watchUsb(job, { ...wait, ...(bootloader ? { unwanted: bootloader } : {}) }, signal);
  if (output.outcome === 'seen') {
    if (path !== undefined) return { outcome: 'seen', what: `USB device ${id}` };
    return unidentified(job, output.device);
  }
  if (output.outcome === 'ambiguous') {
    return { outcome: 'not-checked', what: `devices like the application have come at ${placesOf(output.devices)}` };
  }
  if (output.outcome === 'unwanted')
    return { outcome: 'bootloader-again', what: `DFU device at ${output.device.path}` };
  const comings = output.outcome === 'silent' ? output.comings : 0;
  const gone = comings > 0 ? `; it came ${comings} times and was gone within a second: it crashes at its start` : '';
  const instead = gone ? '' : await cameInstead(job, application, known);
  return { outcome: 'nothing', what: `USB device ${id} within ${timeout / 1000} s${gone}${instead}` };
}

/** What has come to the place of the application, or what is like it at another place, in words. */
async function cameInstead({ bench }: Job, application: OnUsb, known: readonly string[]): Promise<string> {
  const { vendorId, productId, path } = application;
  const newcomers = (await bench.usb.list()).filter(({ instance }) => !known.includes(instance));
  const here = newcomers.find((device) => device.path === path);
  if (here)
    return `; ${idsOf(here)} came at ${here.path} instead: if it is the application, \`application\` in the profile needs its ids`;
  const elsewhere = newcomers.find((device) => matches({ vendorId, productId }, device));
  return elsewhere
    ? `; one came at ${elsewhere.path}: if that is another connector of this board, write \`path: "${elsewhere.path}"\` into \`application\` of the profile`
    : '';
}

const idsOf = ({ vendorId, productId }: UsbDeviceInfo): string => `${vendorId}:${productId}`;

/** Over its USART a target has no place on USB: what looks like its application may be another board's. */
function unidentified({ profile }: Job, device: UsbDeviceInfo): Sighting {
  const { path } = device;
  if (canReset(profile)) return { outcome: 'unidentified', what: `a device like the application at ${path}`, device };
  return { outcome: 'not-checked', what: `a device like the application at ${path}, which may be another board's` };
}

/**
 * This board's application leaves the bus in one more reset, and comes back where it was. What stays on the bus is another
 * board's, and joins `others`, which holds what was there before.
 */
async function identify(
  job: Job,
  application: OnUsb,
  device: UsbDeviceInfo,
  others: string[],
  signal?: AbortSignal,
): Promise<Sighting> {
  const { path } = device;
  const message = `a device like the application has come at ${path}: a second reset shows whose it is`;
  job.report({ event: 'note', message });
  await resetIntoApplication(job, signal);
  const [left] = await thoseThatLeave(job.bench, [device], signal);
  if (left) return seeOnUsb(job, { ...application, path }, null, others, signal);
  others.push(device.instance);
  return seeOnUsb(job, application, null, others, signal);
}

async function hearOnSerial(
  { bench: { clock }, report }: Job,
  link: SerialLink,
  { match, timeout }: ApplicationProof & { expect: 'serial' },
  signal?: AbortSignal,
): Promise<Sighting> {
  const what = `text ${JSON.stringify(match)} on ${link.path}`;
  report({ event: 'waiting', what: `application's ${what}`, timeout });
  const deadline = clock.now() + timeout;
  let heard = '';
  for (let left = timeout; left > 0; left = deadline - clock.now()) {
    heard += Buffer.from(await link.receive(left, signal)).toString('latin1');
    if (heard.includes(Buffer.from(match).toString('latin1'))) return { outcome: 'seen', what };
  }
  const instead = heard ? `; heard ${JSON.stringify(heard.slice(-60))}` : '; heard nothing';
  return { outcome: 'nothing', what: `${what} within ${timeout / 1000} s${instead}` };
}

/** Without a proof to look for, the least is that the DFU device goes and does not come back. */
async function seeBootloaderGone(
  job: Job,
  dfu: UsbDeviceInfo,
  known: readonly string[],
  signal?: AbortSignal,
): Promise<Sighting> {
  const { bench } = job;
  const deadline = bench.clock.now() + dfuGoneTimeout;
  const isThere = async () => (await bench.usb.list()).some(({ instance }) => instance === dfu.instance);
  while (await isThere()) {
    if (bench.clock.now() > deadline) return { outcome: 'bootloader-again', what: `DFU device still at ${dfu.path}` };
    await sleep(bench.clock, scanPeriod, signal);
  }
  const wanted = { vendorId: dfu.vendorId, productId: dfu.productId, path: dfu.path };
  const output = await watchUsb(job, { known, wanted, timeout: timeToComeAgain(job) }, signal);
  return output.outcome === 'silent'
    ? { outcome: 'not-checked', what: 'DFU device gone' }
    : { outcome: 'bootloader-again', what: `DFU device at ${dfu.path}` };
}

/** A bootloader that starts again is on the bus within the time that it took in this job; any ROM's, where that was not seen. */
function timeToComeAgain({ romStartUp: { took } }: Job): Milliseconds {
  const { factor, more } = startUpSpread;
  return took === undefined ? anyRomAgain : took * factor + more;
}
