import { BootctlError, type BootctlErrorOptions, isBootctlError } from '../../base/errors.ts';
import type { CharacterFormat, PortInfo, SerialLink } from '../../bench/serial-link.ts';
import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { listedPort } from '../job/adapter/same-port.ts';
import { applicationPlace } from '../job/application-place.ts';
import type { SoftJumpContext } from './trigger.ts';

/** USB ids that a softJump entry may have. */
export interface OwnIds {
  readonly vendorId?: string;
  readonly productId?: string;
}

/** What the profile says of the running application on USB: its ids, from the entry or `application`, and its place. */
export interface ApplicationFilter extends OwnIds {
  readonly path?: string;
}

export function applicationFilter(
  { vendorId, productId }: OwnIds,
  { application, usb }: SoftJumpContext['profile'],
): ApplicationFilter {
  const path = applicationPlace({ application, usb });
  const place = path === undefined ? {} : { path };
  const expected =
    application.expect === 'usb' ? { vendorId: application.vendorId, productId: application.productId } : {};
  if (vendorId === undefined && productId === undefined) return { ...expected, ...place };
  return { ...(vendorId && { vendorId }), ...(productId && { productId }), ...place };
}

/** USB devices that fit the application, its bootloader excluded. */
export async function findApplications(
  own: OwnIds,
  { profile, bench }: Pick<SoftJumpContext, 'profile' | 'bench'>,
): Promise<readonly UsbDeviceInfo[]> {
  const filter = applicationFilter(own, profile);
  const { vendorId, productId } = profile.usb;
  const isBootloader = (device: UsbDeviceInfo) => device.vendorId === vendorId && device.productId === productId;
  return (await bench.usb.list()).filter(
    (device) => !isBootloader(device) && fits(filter, { ...device, usbPath: device.path }),
  );
}

/** `0483:5740 at 1-2`, with `*` for what is not known. */
export const describeFilter = ({ vendorId = '*', productId = '*', path }: ApplicationFilter): string =>
  `${vendorId}:${productId}${path ? ` at ${path}` : ''}`;

/** True for the application; false for everything where the filter says nothing. */
export const fits = (
  { vendorId, productId, path }: ApplicationFilter,
  found: OwnIds & { readonly usbPath?: string },
): boolean =>
  (vendorId ?? productId ?? path) !== undefined &&
  (vendorId === undefined || vendorId === found.vendorId) &&
  (productId === undefined || productId === found.productId) &&
  (path === undefined || path === found.usbPath);

/** A filter that says nothing fits nothing: then it is the profile that must say more. */
export const hintFor = (filter: ApplicationFilter): BootctlErrorOptions =>
  Object.keys(filter).length > 0 ? {} : { hint: 'Add vendorId and productId to the softJump entry of the profile.' };

/**
 * The application's own serial port; its first where it has several. Two devices that fit are an error, never a guess.
 * @throws BootctlError `application-port-missing`, `application-port-ambiguous`
 */
export async function findApplicationPort(own: OwnIds, context: SoftJumpContext): Promise<PortInfo> {
  const filter = applicationFilter(own, context.profile);
  const listed = await context.bench.serial.list();
  const { adapter, bench } = context;
  const taken = adapter && (await listedPort(bench.serial, adapter.path));
  const ports = listed.filter((port) => port.path !== taken?.path && fits(filter, port));
  const [first, ...others] = ports;
  if (!first) {
    const here = listed.map(({ path }) => path).join(', ') || 'none';
    const message = `No serial port ${describeFilter(filter)}; ports here: ${here}`;
    throw new BootctlError('application-port-missing', message, hintFor(filter));
  }
  const place = ({ usbPath, path }: PortInfo) => usbPath ?? path;
  if (others.some((other) => place(other) !== place(first))) {
    const where = ports.map((port) => `${port.path} at ${place(port)}`).join(', ');
    throw new BootctlError('application-port-ambiguous', `${ports.length} serial ports fit the application: ${where}`);
  }
  return first;
}

/** @throws BootctlError `application-port-missing` when it has gone since it was listed, and those of opening */
export async function openApplicationPort(
  { path }: PortInfo,
  format: CharacterFormat,
  { bench }: SoftJumpContext,
): Promise<SerialLink> {
  return bench.serial.open(path, format).catch((error: unknown) => {
    if (!isBootctlError(error, 'adapter-missing')) throw error;
    throw new BootctlError('application-port-missing', `${path} went away before it was opened`, { cause: error });
  });
}

/**
 * Trouble of the host with the application's own port or USB device is not the adapter's: what does not need them can
 * still get in. Klipper's host program, ModemManager or a missing udev rule are no reason to end a job.
 * @throws BootctlError `application-port-unusable`, and whatever `use` throws beside errors of this kind
 */
export async function usingApplication<T>(use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (!isBootctlError(error) || error.kind !== 'adapter') throw error;
    throw new BootctlError('application-port-unusable', error.message, { hint: error.hint, cause: error });
  }
}
