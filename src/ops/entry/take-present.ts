import type { Bootloader } from '../../../machines/bootloader.ts';
import { matches, placesOf, textOf } from '../../../machines/usb-watch.machine.ts';
import { BootctlError, isBootctlError, rowOf } from '../../base/errors.ts';
import { capitalised } from '../../base/text.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { romUsarts } from '../../chips/chip.ts';
import { runningPatience } from '../../chips/find-chip.ts';
import { openUsart } from '../bootloader/open-usart.ts';
import { ratesLeftBehind } from '../bootloader/usart-rates.ts';
import type { Job } from '../job/job.ts';
import type { PresentOnly } from '../job/present-only.ts';
import { watchUsb } from '../job/watch-usb.ts';
import { detectionTimeout, familyOf, whyNoDfu } from './awaited.ts';

/**
 * The DFU device that is there, for a job that enters nothing itself; null where the ROM's USART is to be called. It is
 * given the time of an enumeration, because whoever has started the ROM may have done so a moment ago.
 * @throws BootctlError `bootloader-absent`, `dfu-ambiguous`
 */
export async function takePresent(job: Job, signal: AbortSignal): Promise<UsbDeviceInfo | null> {
  const { profile, begun, presentOnly, report } = job;
  if (whyNoDfu(profile) === undefined) {
    const timeout = detectionTimeout(job);
    report({ event: 'waiting', what: `DFU device ${textOf(profile.usb)}`, timeout });
    const input = { known: begun ? [begun.instance] : [], wanted: profile.usb, timeout };
    const output = await watchUsb(job, input, signal);
    if (output.outcome === 'seen') return output.device;
    if (output.outcome === 'ambiguous') throw severalThere(output.devices);
  }
  if (presentOnly?.usart === 'called') return null;
  throw await absent(job);
}

/**
 * Calls a ROM that may run already: at the rate of the profile, and at those where a job before this one may have left it.
 * @throws BootctlError `bootloader-absent` in a job that enters nothing itself, else `usart-no-sync`; those of `openUsart`
 */
export async function callPresent(job: Job, signal: AbortSignal): Promise<Bootloader> {
  const lines = await job.adapter.open(signal);
  const others = lines.link.hasFixedFormat ? [] : ratesLeftBehind(job.profile.usart);
  const call = { patience: runningPatience(familyOf(job.profile)), others };
  try {
    return await openUsart(job, lines, signal, { call });
  } catch (error) {
    if (!job.presentOnly || !isBootctlError(error, 'usart-no-sync')) throw error;
    throw await absent(job, `on ${lines.link.path}: ${error.message}`);
  }
}

const severalThere = (devices: readonly UsbDeviceInfo[]): BootctlError =>
  new BootctlError(
    'dfu-ambiguous',
    `${devices.length} DFU devices are there, at ${placesOf(devices)}; none of them was opened`,
  );

/** Says what was looked for, and where. */
async function absent(job: Job, onUsart?: string): Promise<BootctlError> {
  const { profile, bench, presentOnly } = job;
  const { vendorId, productId } = profile.usb;
  const whyNot = whyNoDfu(profile);
  const elsewhere = (await bench.usb.list()).filter((device) => matches({ vendorId, productId }, device));
  const onUsb = `no DFU device ${textOf(profile.usb)} within ${detectionTimeout(job) / 1_000} s`;
  const looked = [
    whyNot === undefined
      ? `${onUsb}${elsewhere.length > 0 ? ` (there is one at ${placesOf(elsewhere)})` : ''}`
      : `no DFU: ${whyNot}`,
    `USART: ${onUsart ?? notCalled[presentOnly?.usart ?? 'called']}`,
  ];
  const message = `No bootloader was found. ${capitalised(looked[0]!)}. ${looked[1]}`;
  return new BootctlError('bootloader-absent', message, {
    hint: hintFor(job, whyNot === undefined ? elsewhere : [], onUsart !== undefined),
  });
}

function hintFor({ profile, presentOnly }: Job, elsewhere: readonly UsbDeviceInfo[], isCalled: boolean): string {
  if (elsewhere[0]) return `If it is this board, add \`--usb-path ${elsewhere[0].path}\`.`;
  if (presentOnly?.usart === 'reset-by-opening') return withoutLines;
  const start = rowOf('bootloader-absent').hint;
  const pins = romUsarts(familyOf(profile));
  return isCalled && pins
    ? `${start} Where it runs, check that TX and RX of the adapter reach its USART, crossed: ${pins}.`
    : start;
}

const withoutLines =
  'Without `--no-entry` bootctl starts the ROM itself, by the methods of the profile. For an adapter of which only TX and RX are connected, use a profile without `wiring`.';

const notCalled: Readonly<Record<PresentOnly['usart'], string>> = {
  called: 'no answer',
  'not-connected': 'not called, because the profile does not say `usart: { connected: true }`',
  'reset-by-opening': 'not called, because opening the port of the adapter resets this board',
};
