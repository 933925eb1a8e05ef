import type { Milliseconds } from '../base/units.ts';

/** One enumerated USB device. Ids are four lower-case hex digits. */
export interface UsbDeviceInfo {
  /** Bus and port numbers as Linux writes them, such as `1-2.3`: where the device is plugged in. */
  readonly path: string;
  /** Differs for each enumeration, so that a device that left and came back is a new one. */
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

/** A device that was plugged in, or came out of its reset, and has not been enumerated. */
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
  /**
   * To be awaited before a reset: loads what the other calls need. While Linux enumerates a device that does not answer
   * it keeps the root hub locked, for two minutes, and libusb would wait for that as it starts.
   */
  prepare?(): Promise<void>;
  /** A fresh scan of our own, right also where no udevd runs. @throws BootctlError `usb-unavailable` */
  list(): Promise<readonly UsbDeviceInfo[]>;
  /** Calls `listener` when the bus may have changed: a hint to list again, never the only source. Returns the unsubscriber. */
  onChange(listener: () => void): () => void;
  /** Enumerations that began after `mark` and have failed or not ended, where the host tells; without one, none, and a mark to begin with. */
  troubles?(mark?: number): Promise<UsbTroubles>;
  /** @throws BootctlError `usb-denied`, `usb-busy`, `usb-driver-missing`, `target-lost` */
  open(device: UsbDeviceInfo): Promise<UsbDevice>;
}

/** An open USB device: control transfers with timeouts that really fire. */
export interface UsbDevice extends AsyncDisposable {
  readonly info: UsbDeviceInfo;
  /**
   * Transfers that are started before an earlier one has ended wait for it and run in the order in which they were started;
   * their time includes that wait. Where this is not said one may overtake another, and each has to be awaited.
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
   * USB reset of its port, where the host can do that: the device enumerates again, and this handle is of no more use.
   * @throws BootctlError `target-lost` where it does not come back as the same device
   */
  reset?(): Promise<void>;
  /** `data` may be empty. @throws BootctlError `usb-stall`, `usb-timeout`, `target-lost` */
  controlOut(request: ControlRequest, data: Uint8Array, timeout: Milliseconds): Promise<void>;
}
