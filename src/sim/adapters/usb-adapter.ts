import type { Milliseconds } from '../../base/units.ts';
import { type Clock, sleep } from '../../bench/clock.ts';
import type { CharacterFormat, ModemLines } from '../../bench/serial-link.ts';
import type { AdapterWires } from '../board/target-program.ts';
import type { ControlReply, SetupPacket, UsbFunction } from '../board/usb-function.ts';
import { isStandardRequest, StandardRequests } from '../chip/standard-requests.ts';
import { type AdapterChip, type AdapterPins, linesFrom } from './adapter-chip.ts';
import { UartTransmitter } from './uart-transmitter.ts';

const released = linesFrom(false, false);
/** A UART's buffer. It limits the unread bytes while the port is closed. */
const bufferLimit = 4096;

/** A USB-serial adapter with its wires to a board: a chip's requests outside, RTS, DTR, TX and RX inside. */
export class UsbAdapter implements UsbFunction, AdapterPins {
  readonly name: string;
  readonly deviceDescriptor: Uint8Array;
  readonly configurationDescriptor: Uint8Array;
  readonly registers = new Map<number, Uint8Array>();
  lines: ModemLines = released;
  format: CharacterFormat = { baudRate: 9600, parity: 'none' };
  readonly #chip: AdapterChip;
  readonly #wires: AdapterWires;
  readonly #standard: StandardRequests;
  readonly #clock: Clock;
  readonly #stopListening: () => void;
  readonly #transmitter: UartTransmitter;
  #received: Uint8Array = new Uint8Array(0);
  #wake: (() => void) | undefined;
  #nextTick = 0;

  /** `lineClock` times its TX pin, `clock` all else. */
  constructor(chip: AdapterChip, serialNumber: string, wires: AdapterWires, clock: Clock, lineClock = clock) {
    this.name = chip.id;
    this.#standard = new StandardRequests({ ...chip.usb, serialNumber, selfPowered: false, maxPower: 100 });
    this.deviceDescriptor = this.#standard.descriptors.device;
    this.configurationDescriptor = this.#standard.descriptors.configuration;
    this.#chip = chip;
    this.#wires = wires;
    this.#clock = clock;
    this.#transmitter = new UartTransmitter(chip.transmitBuffer, lineClock, wires.transmit.bind(wires));
    this.#stopListening = wires.onReceive((bytes, format) => this.#receive(bytes, format));
    wires.setPower?.(true);
  }

  setLines(lines: ModemLines): void {
    if (lines.rts === this.lines.rts && lines.dtr === this.lines.dtr) return;
    this.lines = lines;
    this.#wires.setLines(lines);
  }

  setFormat(change: Partial<CharacterFormat>): void {
    this.format = { ...this.format, ...change };
  }

  async control(setup: SetupPacket, data: Uint8Array): Promise<ControlReply> {
    if (isStandardRequest(setup)) return this.#standard.handle(setup);
    const before = this.#latency;
    const reply = this.#chip.request(setup, data, this) ?? 'stall';
    const latency = this.#latency;
    if (latency !== undefined && latency !== before) this.#wires.record?.({ what: 'latency-set', latency });
    return reply;
  }

  get #latency(): Milliseconds | undefined {
    return this.#chip.packetStatus?.latency(this);
  }

  /** Resolves when the chip's buffer has taken the last packet; until then it refuses the next one (NAK). */
  async write(endpoint: number, data: Uint8Array): Promise<void> {
    if (endpoint !== this.#chip.bulkOut) return;
    const size = this.#packetSize(endpoint);
    for (let at = 0; at < data.length; at += size) {
      await this.#transmitter.take(data.subarray(at, at + size), this.format);
    }
  }

  async read(endpoint: number, length: number, signal: AbortSignal): Promise<Uint8Array> {
    if (endpoint !== (this.#chip.bulkIn & 0x0f)) return new Promise(() => {});
    if (this.#chip.packetStatus) return this.#readWithStatus(length, signal);
    while (this.#received.length === 0) await this.#data(signal);
    return this.#take(length);
  }

  /** No line is moved any more, and the pins have no supply. The board's circuit decides the effect. */
  detached(): void {
    this.#stopListening();
    this.#transmitter.stop();
    this.setLines(released);
    this.#wires.setPower?.(false);
  }

  /** A frame in another format than the adapter listens in arrives as garbage, as on a real line. */
  #receive(bytes: Uint8Array, format: CharacterFormat): void {
    const isClean = format.baudRate === this.format.baudRate && format.parity === this.format.parity;
    const heard = isClean ? bytes : bytes.map((byte) => byte ^ 0xa5);
    this.#received = Buffer.concat([this.#received, heard]).subarray(-bufferLimit);
    this.#wake?.();
  }

  #take(length: number): Uint8Array {
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(taken.length);
    return taken;
  }

  /** Resolves when bytes arrive; rejects when the host takes its transfer back. */
  #data(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#wake = () => {
        this.#wake = undefined;
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
    });
  }

  /**
   * One transfer of packets that each start with the status bytes. A full one is sent at once, what is left at the tick; a
   * short packet ends the transfer.
   */
  async #readWithStatus(length: number, signal: AbortSignal): Promise<Uint8Array> {
    const { bytes: status } = this.#chip.packetStatus!;
    const size = this.#packetSize(this.#chip.bulkIn);
    const room = size - status.length;
    const taken: Uint8Array[] = [];
    for (let isShort = false; !isShort && (taken.length + 1) * size <= length; ) {
      try {
        if (this.#received.length < room) await this.#tick(this.#latency!, room, signal);
      } catch (error) {
        this.#received = Buffer.concat([...taken, this.#received]);
        throw error;
      }
      const bytes = this.#take(room);
      taken.push(bytes);
      isShort = bytes.length < room;
    }
    return Buffer.concat(taken.flatMap((bytes) => [Uint8Array.from(status), bytes]));
  }

  #packetSize(endpoint: number): number {
    const endpoints = this.#chip.usb.interfaces.flatMap((one) => one.endpoints ?? []);
    return endpoints.find(({ address }) => address === endpoint)!.maxPacketSize;
  }

  async #tick(latency: number, room: number, signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    this.#nextTick = this.#nextTick > now ? this.#nextTick : now + latency;
    const full = new AbortController();
    this.#wake = () => {
      if (this.#received.length >= room) full.abort();
    };
    await sleep(this.#clock, this.#nextTick - now, AbortSignal.any([signal, full.signal])).catch(() => {});
    this.#wake = undefined;
    if (signal.aborted) throw signal.reason;
    const bytes = this.#received.length;
    if (bytes > 0 && bytes < room) this.#wires.record?.({ what: 'latency-expired', latency, bytes });
  }
}
