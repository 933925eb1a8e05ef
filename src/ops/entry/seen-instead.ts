import type { Driven } from '../../../machines/boot-entry.policy.ts';
import { matches, textOf } from '../../../machines/usb-watch.machine.ts';
import { isBootctlError } from '../../base/errors.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import type { UsbFilter } from '../../board/profile.ts';
import { cloneOf } from '../../chips/clones.ts';
import { flashBootloaderOf } from '../../chips/flash-bootloaders.ts';
import { applicationPlace, isApart } from '../job/application-place.ts';
import type { Job } from '../job/job.ts';
import { type Answer, answerOf } from '../job/unnoticed-reset.ts';

/** Details of a `dfu-not-seen` or `application-came-back`; `src/ops/entry/diagnose.ts` reads them. */
export interface SeenInstead {
  /** The application, which has not left the bus. */
  readonly stayed?: string;
  /** Whether it still answers. */
  readonly stayedAnswer?: Answer;
  /** What has left the bus in this reset and has not come back: the application of the profile, where it names one on USB. */
  readonly left?: string;
  /** Whether its ids are those of the application in the profile. */
  readonly leftIs?: 'application' | 'unknown';
  /** What the host says of a device that it could not enumerate. */
  readonly enumeration?: string;
  /** A newcomer that is not the one that was waited for. */
  readonly appeared?: string;
  /** The row of src/chips/clones.ts that it fits, and by which sign. */
  readonly clone?: string;
  readonly sign?: string;
  /** The row of src/chips/flash-bootloaders.ts that it fits. */
  readonly flashBootloader?: string;
  /** A DFU device that came at another USB path than the one that is named. */
  readonly elsewhere?: string;
  readonly awaited?: string;
  /** Paths of DFU devices that came and stayed through a reset. */
  readonly stranger?: string;
}

/** Looks once at what there is on the bus and in the host's log where the DFU device has not come; `came` came meanwhile. */
export async function seenInstead(
  job: Job,
  wanted: UsbFilter,
  driven: Driven,
  came: readonly UsbDeviceInfo[],
): Promise<SeenInstead> {
  const log = driven.troubleMark === undefined ? undefined : await job.bench.usb.troubles?.(driven.troubleMark);
  // After the log: an enumeration that was under way a moment ago may have succeeded since.
  const devices = await job.bench.usb.list();
  const isHere = ({ path }: { readonly path: string }) => wanted.path === undefined || path === wanted.path;
  const isListed = ({ path }: { readonly path: string }) => devices.some((device) => device.path === path);
  const troubles = log?.troubles.filter((trouble) => isHere(trouble) && !isListed(trouble)) ?? [];
  const texts = [...new Set(troubles.map(({ path, text }) => `${path}: ${text}`))];
  const failures = texts.filter((text) => !text.includes(': new '));
  const enumeration = (failures.length > 0 ? failures : texts).slice(0, 2).join('; ');
  const isNew = ({ instance }: UsbDeviceInfo) => !driven.known.includes(instance);
  const anywhere = { vendorId: wanted.vendorId, productId: wanted.productId };
  const elsewhere = devices.find((device) => !isHere(device) && isNew(device) && matches(anywhere, device));
  const place = isApart(job.profile) ? applicationPlace(job.profile) : wanted.path;
  const stayed = await applicationThatStayed(job, place, driven, devices);
  const gone = came.filter(({ instance }) => devices.every((device) => device.instance !== instance));
  return {
    ...whatLeft(job, place, driven, [...devices, ...gone]),
    ...stayed,
    ...(enumeration ? { enumeration } : {}),
    ...newcomer([...devices.filter(isNew), ...gone].filter(isHere)),
    ...(elsewhere ? { elsewhere: elsewhere.path, awaited: wanted.path! } : {}),
  };
}

/**
 * A device that was there before the reset and is not there any more, nor has come again in `since`. Where the profile
 * does not say what the application is, only a single one can be meant. A bootloader that has left is no application.
 */
function whatLeft(
  { profile: { application, usb } }: Job,
  place: string | undefined,
  { before = [] }: Driven,
  since: readonly UsbDeviceInfo[],
): Pick<SeenInstead, 'left' | 'leftIs'> {
  const isSame = (one: UsbDeviceInfo) => (other: UsbDeviceInfo) => textOf(one) === textOf(other);
  const isBack = (device: UsbDeviceInfo) => since.some(isSame(device));
  const isHere = ({ path }: UsbDeviceInfo) => place === undefined || path === place;
  const gone = before.filter((device) => isHere(device) && !isBack(device) && !matches(idsOf(usb), device));
  const [own] = application.expect === 'usb' ? gone.filter((device) => matches(idsOf(application), device)) : [];
  if (own) return { left: textOf(own), leftIs: 'application' };
  const [only, ...others] = application.expect === 'usb' ? [] : gone;
  return only && others.length === 0 ? { left: textOf(only), leftIs: 'unknown' } : {};
}

const idsOf = ({ vendorId, productId }: UsbFilter): UsbFilter => ({ vendorId, productId });

/** A bootloader in flash that has come meanwhile, where the application has then come back. */
export function bootloaderBefore(came: readonly UsbDeviceInfo[]): Pick<SeenInstead, 'appeared' | 'flashBootloader'> {
  const found = newcomer(came);
  return found.flashBootloader === undefined ? {} : found;
}

/** The newcomer that explains most. */
function newcomer(
  newcomers: readonly UsbDeviceInfo[],
): Pick<SeenInstead, 'appeared' | 'clone' | 'sign' | 'flashBootloader'> {
  for (const device of newcomers) {
    const found = cloneOf(device);
    if (found) return { appeared: textOf(device), clone: found.clone.id, sign: found.sign };
  }
  for (const device of newcomers) {
    const found = flashBootloaderOf(device);
    if (found) return { appeared: textOf(device), flashBootloader: found.id };
  }
  return newcomers[0] ? { appeared: textOf(newcomers[0]) } : {};
}

/**
 * An application that was there before the reset and never left the bus. Only at a named place it surely is this board's,
 * and is asked whether it still answers: another board's device is not opened.
 */
async function applicationThatStayed(
  job: Job,
  place: string | undefined,
  { known }: Driven,
  devices: readonly UsbDeviceInfo[],
): Promise<Pick<SeenInstead, 'stayed' | 'stayedAnswer'>> {
  const { application } = job.profile;
  if (application.expect !== 'usb') return {};
  const isHere = ({ path }: UsbDeviceInfo) => place === undefined || path === place;
  const isOwn = (device: UsbDeviceInfo) => isHere(device) && matches(application, device);
  const stayed = devices.find((device) => known.includes(device.instance) && isOwn(device));
  if (!stayed) return {};
  return { stayed: textOf(stayed), stayedAnswer: place === undefined ? 'not-asked' : await answerOf(job, stayed) };
}

/**
 * Calls the USART where no DFU device was awaited. A bootloader in the flash may appear on the bus meanwhile, and stays there for a
 * moment only: where the ROM does not answer, that is why.
 * @throws BootctlError those of `call`; a silent USART's says what has appeared
 */
export async function seeingFlashBootloader<T>(
  { bench: { usb }, profile }: Pick<Job, 'bench' | 'profile'>,
  { known }: Driven,
  call: () => Promise<T>,
): Promise<T> {
  const { path, connected } = profile.usb;
  if (connected === false) return call();
  let found: ReturnType<typeof bootloaderBefore> = {};
  const look = async () => {
    // Nothing depends on the bus here: one that cannot be listed shows nothing.
    const devices = await usb.list().catch(() => []);
    const came = devices.filter((device) => !known.includes(device.instance) && (path ?? device.path) === device.path);
    found = { ...found, ...bootloaderBefore(came) };
  };
  const unsubscribe = usb.onChange(look);
  try {
    await look();
    return await call();
  } catch (error) {
    if (!isBootctlError(error, 'usart-no-sync')) throw error;
    await look();
    throw error.with({ details: found });
  } finally {
    unsubscribe();
  }
}
