import { placesOf } from '../../../machines/usb-watch.machine.ts';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import { sleep } from '../../bench/clock.ts';
import type { UsbDevice, UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { type FunctionalDescriptor, parseFunctionalDescriptor } from '../../protocol/dfu/functional-descriptor.ts';
import { setupOf } from '../../protocol/dfu/requests.ts';
import { parseConfiguration, readConfiguration } from '../../protocol/usb/descriptors.ts';
import {
  applicationFilter,
  describeFilter,
  findApplications,
  hintFor,
  type OwnIds,
  usingApplication,
} from './application-port.ts';
import type { SoftJumpContext, Trigger } from './trigger.ts';

/** Interface of a device in run-time mode (DFU 1.1 §4.1.2). */
const runTime = { interfaceClass: 0xfe, interfaceSubClass: 0x01, interfaceProtocol: 0x01 } as const;
const functionalType = 0x21;
const requestTimeout: Milliseconds = 1_000;
/** Used where the device has no functional descriptor: dfu-util's default. */
const defaultDetachTimeout: Milliseconds = 1_000;
/** From a detach that was announced to one that the host has noticed, beyond wDetachTimeout (ours). */
const leaveMargin: Milliseconds = 2_000;
const scanPeriod: Milliseconds = 50;

interface RunTimeInterface {
  readonly interfaceNumber: number;
  readonly functional?: FunctionalDescriptor;
}

/** DFU_DETACH to the application's run-time DFU interface (DFU 1.1 §5.1); the host resets a device that does not detach by itself. */
export const dfuDetach: Trigger<'dfu-detach'> = async (jump, context) => {
  const info = await findApplication(jump, context);
  const timeout = await usingApplication(() => detach(info, context));
  await waitUntilGone(info, timeout, context);
  return { usbPath: info.path };
};

async function findApplication(own: OwnIds, context: SoftJumpContext): Promise<UsbDeviceInfo> {
  const filter = applicationFilter(own, context.profile);
  const found = await findApplications(own, context);
  const [first, ...others] = found;
  if (!first) {
    throw new BootctlError('application-port-missing', `No USB device ${describeFilter(filter)}`, hintFor(filter));
  }
  if (others.length > 0) {
    throw new BootctlError(
      'application-port-ambiguous',
      `${found.length} USB devices fit the application, at ${placesOf(found)}`,
    );
  }
  return first;
}

async function readRunTime(device: UsbDevice): Promise<RunTimeInterface> {
  const alternate = parseConfiguration(await readConfiguration(device)).find(
    ({ interfaceClass, interfaceSubClass, interfaceProtocol }) =>
      interfaceClass === runTime.interfaceClass &&
      interfaceSubClass === runTime.interfaceSubClass &&
      interfaceProtocol === runTime.interfaceProtocol,
  );
  const { path, vendorId, productId } = device.info;
  if (!alternate) {
    const message = `The application (${vendorId}:${productId} at ${path}) has no run-time DFU interface`;
    throw new BootctlError('application-silent', message);
  }
  const bytes = alternate.classDescriptors.find((descriptor) => descriptor[1] === functionalType);
  const { interfaceNumber } = alternate;
  return { interfaceNumber, ...(bytes && { functional: parseFunctionalDescriptor(bytes) }) };
}

/** Resolves with wDetachTimeout. Firmware that jumps at once does not always finish the request: being lost or late is success starting. */
async function detach(info: UsbDeviceInfo, { bench }: SoftJumpContext): Promise<Milliseconds> {
  await using device = await bench.usb.open(info);
  const { interfaceNumber, functional } = await readRunTime(device);
  const timeout = functional?.detachTimeout ?? defaultDetachTimeout;
  await device.claimInterface(interfaceNumber);
  try {
    await device.controlOut(setupOf('DETACH', interfaceNumber, timeout), new Uint8Array(0), requestTimeout);
    if (!functional?.willDetach) await device.reset?.();
  } catch (error) {
    if (!isBootctlError(error) || !error.row.answer) throw error;
    if (error.row.answer === 'refused') {
      throw new BootctlError('application-silent', `The application at ${info.path} refuses DFU_DETACH`, {
        cause: error,
      });
    }
  }
  return timeout;
}

async function waitUntilGone(
  info: UsbDeviceInfo,
  detachTimeout: Milliseconds,
  { bench, signal }: SoftJumpContext,
): Promise<void> {
  const limit = detachTimeout + leaveMargin;
  const deadline = bench.clock.now() + limit;
  while ((await bench.usb.list()).some(({ instance }) => instance === info.instance)) {
    if (bench.clock.now() >= deadline) {
      const message = `The application at ${info.path} is still on the bus ${limit} ms after DFU_DETACH`;
      throw new BootctlError('application-silent', message);
    }
    await sleep(bench.clock, scanPeriod, signal);
  }
}
