import type { ControlReply, SetupPacket, UsbFunction } from '../board/usb-function.ts';
import { isStandardRequest, StandardRequests } from '../chip/standard-requests.ts';
import type { DeviceDescription, InterfaceDescription } from '../chip/usb-descriptors.ts';

/** PSTN requests that a CDC-ACM device answers (USB PSTN 1.2 table 13). */
const pstn = { SET_LINE_CODING: 0x20, GET_LINE_CODING: 0x21, SET_CONTROL_LINE_STATE: 0x22, SEND_BREAK: 0x23 } as const;
const dtrBit = 1; // wValue of SET_CONTROL_LINE_STATE (USB PSTN 1.2 §6.3.14)
const endpoints = { dataOut: 0x01, dataIn: 0x81, notification: 0x82 } as const;
const packetSize = 64;

export interface CdcIdentity {
  readonly vendorId: number;
  readonly productId: number;
  readonly manufacturer: string;
  readonly product: string;
  readonly serialNumber: string;
}

/**
 * Header, call management, ACM (line coding and line state) and union descriptors (USB CDC 1.2 §5.2.3, PSTN 1.2 §5.3).
 */
const functionalDescriptors = [
  Uint8Array.of(5, 0x24, 0x00, 0x10, 0x01),
  Uint8Array.of(5, 0x24, 0x01, 0x00, 1),
  Uint8Array.of(4, 0x24, 0x02, 0x02),
  Uint8Array.of(5, 0x24, 0x06, 0, 1),
];

/** Another interface of the same firmware, beside its serial port. */
export interface UsbCompanion {
  readonly interfaces: readonly InterfaceDescription[];
  /** Class requests to one of its interfaces. */
  control(setup: SetupPacket): ControlReply;
  busReset(): void;
}

function describeCdc(identity: CdcIdentity, companion: UsbCompanion | undefined): DeviceDescription {
  return {
    ...identity,
    bcdUsb: 0x0200,
    deviceClass: companion ? 0 : 0x02, // 0: each interface has a class of its own (USB 2.0 table 9-8)
    bcdDevice: 0x0200,
    selfPowered: true,
    maxPower: 100,
    interfaces: [
      {
        interfaceNumber: 0,
        alternateSetting: 0,
        interfaceClass: 0x02,
        interfaceSubClass: 0x02,
        interfaceProtocol: 0x01,
        classDescriptors: functionalDescriptors,
        endpoints: [{ address: endpoints.notification, type: 'interrupt', maxPacketSize: 8, interval: 16 }],
      },
      {
        interfaceNumber: 1,
        alternateSetting: 0,
        interfaceClass: 0x0a,
        interfaceSubClass: 0x00,
        interfaceProtocol: 0x00,
        endpoints: [
          { address: endpoints.dataOut, type: 'bulk', maxPacketSize: packetSize, interval: 0 },
          { address: endpoints.dataIn, type: 'bulk', maxPacketSize: packetSize, interval: 0 },
        ],
      },
      ...(companion?.interfaces ?? []),
    ],
  };
}

/** Behaviour of the firmware behind the serial port. */
export interface CdcFirmware {
  /** DTR has risen, at this line coding: a host program opened the port. */
  opened(baudRate: number): void;
  /** DTR has fallen, at this line coding. */
  closed(baudRate: number): void;
  received(bytes: Uint8Array): void;
  /** False: it never takes the host's bytes, which wait in the host. */
  readonly reads?: boolean;
}

/** USB function of firmware with one CDC-ACM serial port. */
export class CdcFunction implements UsbFunction {
  readonly name: string;
  readonly deviceDescriptor: Uint8Array;
  readonly configurationDescriptor: Uint8Array;
  readonly #standard: StandardRequests;
  readonly #firmware: CdcFirmware;
  readonly #companion: UsbCompanion | undefined;
  readonly #output: number[] = [];
  #wake: (() => void) | undefined;
  #lineCoding = Uint8Array.of(0x00, 0xc2, 0x01, 0x00, 0, 0, 8); // 115200 8N1 (USB PSTN 1.2 §6.3.11)
  #isOpen = false;

  constructor(identity: CdcIdentity, firmware: CdcFirmware, companion?: UsbCompanion) {
    this.name = identity.product;
    this.#firmware = firmware;
    this.#companion = companion;
    this.#standard = new StandardRequests(describeCdc(identity, companion), (isAgain) => isAgain && this.busReset());
    this.deviceDescriptor = this.#standard.descriptors.device;
    this.configurationDescriptor = this.#standard.descriptors.configuration;
  }

  async control(setup: SetupPacket, data: Uint8Array): Promise<ControlReply> {
    if (isStandardRequest(setup)) return this.#standard.handle(setup);
    if (setup.requestType !== 0x21 && setup.requestType !== 0xa1) return 'stall';
    const own = this.#companion?.interfaces.some(({ interfaceNumber }) => interfaceNumber === setup.index);
    if (this.#companion && own) return this.#companion.control(setup);
    if (setup.index !== 0) return 'stall';
    switch (setup.request) {
      case pstn.GET_LINE_CODING:
        return this.#lineCoding.slice(0, setup.length);
      case pstn.SET_LINE_CODING:
        if (data.length !== 7) return 'stall';
        this.#lineCoding = Uint8Array.from(data);
        return new Uint8Array();
      case pstn.SET_CONTROL_LINE_STATE:
        this.#setDtr((setup.value & dtrBit) !== 0);
        return new Uint8Array();
      default:
        return 'stall';
    }
  }

  busReset(): void {
    this.#companion?.busReset();
  }

  /** A host program has the port open. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  async write(endpoint: number, data: Uint8Array): Promise<void> {
    if (this.#firmware.reads === false) return new Promise(() => {});
    if ((endpoint & 0x7f) === (endpoints.dataOut & 0x7f)) this.#firmware.received(data);
  }

  async read(endpoint: number, length: number, signal: AbortSignal): Promise<Uint8Array> {
    const isData = (endpoint & 0x7f) === (endpoints.dataIn & 0x7f);
    while (!isData || this.#output.length === 0) await this.#nextOutput(signal, isData);
    return Uint8Array.from(this.#output.splice(0, length));
  }

  /** Queues bytes for the host; they wait until it reads. */
  send(data: string | Uint8Array): void {
    this.#output.push(...(typeof data === 'string' ? new TextEncoder().encode(data) : data));
    this.#wake?.();
  }

  /** Nothing is ever sent on the notification endpoint: it only waits for the host to give up. */
  #nextOutput(signal: AbortSignal, isData: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      if (isData) this.#wake = resolve;
    });
  }

  #setDtr(isOpen: boolean): void {
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    const baudRate = new DataView(this.#lineCoding.buffer).getUint32(0, true);
    if (isOpen) this.#firmware.opened(baudRate);
    else this.#firmware.closed(baudRate);
  }
}
