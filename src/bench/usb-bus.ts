import type { Milliseconds } from '../base/units.ts';

/** One enumerated USB device. Ids are four lower-case hex digits. */
export interface UsbDeviceInfo {
  /** Bus and port numbers as Linux writes them, such as `1-2.3`: where the device is plugged in. */
  readonly path: string;
  /** Differs for each enumeration. A device that left and came back therefore counts as new. */
  readonly instance: string;
  readonly vendorId: string;
  readonly productId: string;
  /** BCD release number of the device; of an STM32 ROM, its DFU version (`2200`). */
  readonly bcdDevice: string;
  readonly serialNumber?: string;
  readonly product?: string;
}

/** First eight bytes of a control transfer without the length (USB 2.0 §9.3). */
export interface ControlRequest {
  readonly requestType: number;
  readonly request: number;
  readonly value: number;
  readonly index: number;
}

/** A device that was plugged in or came out of reset, but was not enumerated. */
export interface UsbTrouble {
  /** Where it is, as in `UsbDeviceInfo`. */
  readonly path: string;
  /** In the host's own words: `device descriptor read/64, error -71`. */
  readonly text: string;
}

/** Part of the host's log; `mark` is its present end, for the next call. */
export interface UsbTroubles {
  readonly mark: number;
  readonly troubles: readonly UsbTrouble[];
}

/** The USB bus of a host. */
export interface UsbBus {
  /** The same object for all buses of one host: by it jobs know that they work beside each other. Absent: this bus. */
  readonly host?: object;
  /**
   * Waits until no other process of the host finds out by resets which board is its own, and keeps others from that until
   * the returned function is called. Rejects with the signal's reason. Absent where a host cannot do that.
   */
  turn?(signal: AbortSignal | undefined, onWait: () => void): Promise<() => void>;
  /**
   * Loads what the other calls need. Await it before a reset: Linux locks the root hub for up to two minutes while it
   * enumerates a device that does not answer, and libusb waits for that lock when it starts.
   */
  prepare?(): Promise<void>;
  /** Scans the bus anew, without udev. @throws BootctlError `usb-unavailable` */
  list(): Promise<readonly UsbDeviceInfo[]>;
  /**
   * Calls `listener` when the bus may have changed: a hint to list again, never the only source. Returns the
   * unsubscriber.
   */
  onChange(listener: () => void): () => void;
  /**
   * Enumerations that began after `mark` and have failed or not ended, if the host reports them. Without `mark` the
   * result has no enumerations, only a first mark.
   */
  troubles?(mark?: number): Promise<UsbTroubles>;
  /** Drivers that have interfaces of the device: `usbfs` where a program has taken one. Absent where a host does not say. */
  drivers?(device: UsbDeviceInfo): Promise<readonly string[]>;
  /** @throws BootctlError `usb-denied`, `usb-busy`, `usb-driver-missing`, `target-lost` */
  open(device: UsbDeviceInfo): Promise<UsbDevice>;
}

/** An open USB device: control transfers with timeouts that really fire. */
export interface UsbDevice extends AsyncDisposable {
  readonly info: UsbDeviceInfo;
  /**
   * True if transfers run in the order in which they were started. A transfer waits for the earlier ones, and its time
   * includes that wait. Otherwise one transfer may overtake another, and each has to be awaited.
   */
  readonly keepsOrder?: boolean;
  /** Its first configuration's whole descriptor (USB 2.0 §9.6.3), where the host has kept it since the enumeration. */
  readonly configuration?: Uint8Array | undefined;
  /** @throws BootctlError `usb-busy`, `target-lost` */
  claimInterface(interfaceNumber: number): Promise<void>;
  selectAlternate(interfaceNumber: number, alternateSetting: number): Promise<void>;
  /** Resolves with 0 to `length` bytes. @throws BootctlError `usb-stall`, `usb-timeout`, `target-lost` */
  controlIn(request: ControlRequest, length: number, timeout: Milliseconds): Promise<Uint8Array>;
  /**
   * USB reset of the port, if the host supports it. The device enumerates again, and this handle becomes invalid.
   * @throws BootctlError `target-lost` if it does not come back as the same device
   */
  reset?(): Promise<void>;
  /** `data` may be empty. @throws BootctlError `usb-stall`, `usb-timeout`, `target-lost` */
  controlOut(request: ControlRequest, data: Uint8Array, timeout: Milliseconds): Promise<void>;
}
