import type { UsbDevice } from '../../bench/usb-bus.ts';

/** The part of a USB device that carries DFU requests. */
export type ControlPipe = Pick<UsbDevice, 'controlIn' | 'controlOut'>;

/**
 * Requests of this device in the order in which they were started. A DFU_GETSTATUS that overtook its DFU_DNLOAD would
 * mistake the state before the download for its success. If the host keeps the order, requests are queued there.
 * Otherwise each waits here for the one before it, and its own time begins then.
 */
export function inOrder(device: UsbDevice): ControlPipe {
  if (device.keepsOrder) return device;
  let last: Promise<unknown> = Promise.resolve();
  const next = <T>(transfer: () => Promise<T>): Promise<T> => {
    const ended = last.then(transfer);
    last = ended.catch(() => {});
    return ended;
  };
  return {
    controlIn: (request, length, timeout) => next(() => device.controlIn(request, length, timeout)),
    controlOut: (request, data, timeout) => next(() => device.controlOut(request, data, timeout)),
  };
}
