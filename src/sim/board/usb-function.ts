/** The eight bytes that start a control transfer, as the device sees them (USB 2.0 §9.3). */
export interface SetupPacket {
  readonly requestType: number;
  readonly request: number;
  readonly value: number;
  readonly index: number;
  readonly length: number;
}

/** Answer of the device's data or status stage. `stall` refuses the request. The host cannot decode `garbled`. */
export type ControlReply = Uint8Array | 'stall' | 'garbled';

/**
 * A simulated USB device, independent of the bus that carries it (in process or USB/IP). It answers standard requests
 * too. A reply may take time. A device that is detached meanwhile never answers.
 */
export interface UsbFunction {
  readonly name: string;
  readonly deviceDescriptor: Uint8Array;
  readonly configurationDescriptor: Uint8Array;
  control(setup: SetupPacket, data: Uint8Array): Promise<ControlReply>;
  /** Host to device on a bulk or interrupt endpoint. */
  write?(endpoint: number, data: Uint8Array): Promise<void>;
  /** Device to host: up to `length` bytes, whenever they are there (until then the device NAKs). */
  read?(endpoint: number, length: number, signal: AbortSignal): Promise<Uint8Array>;
  /** The host resets its port; it stays where it is, and is configured again. */
  busReset?(): void;
  /** Called when the host drops it or the cable is pulled. */
  detached?(): void;
}

/** A USB socket that a simulated device is plugged into: in process a list entry, on the kernel bench a vhci port. */
export interface UsbSocket {
  readonly path: string;
  attach(device: UsbFunction): void;
  detach(): void;
}
