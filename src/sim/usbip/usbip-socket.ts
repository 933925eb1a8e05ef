import type { Socket } from 'node:net';
import { type Clock, sleep } from '../../bench/clock.ts';
import type { UsbFunction, UsbSocket } from '../board/usb-function.ts';
import type { TruthEvent } from '../truth.ts';
import { UrbServer } from './urb-server.ts';
import { attachToVhci, kernelLists, vhciPortIsFree, vhciUsbPath } from './vhci.ts';

/** The kernel frees a port some ms after its device has gone. */
const pollInterval = 5;
/**
 * Linux asks for descriptors until some ms after it has configured a device. A connection that breaks meanwhile leaves
 * its request unanswered: vhci_hcd gives back only unlinked requests, and no port of the hub works until the request
 * has timed out, 5 s later (seen in the guest of the kernel bench). On a bus it would fail at once.
 */
const asksAfterConfiguration = 100;
/** Long enough for requests that are on their way. */
const failsFor = 30;

interface Connection {
  readonly socket: Socket;
  readonly server: UrbServer;
  readonly device: string;
  configuredAt: number | undefined;
}

/**
 * One port of the vhci controller as a USB socket. An attached device is a real USB device for this Linux.
 * Attach and detach take effect in the order of the calls, as soon as the kernel is ready for them.
 */
export class UsbipSocket implements UsbSocket {
  readonly path: string;
  readonly port: number;
  readonly #clock: Clock;
  readonly #record: (event: TruthEvent) => void;
  #wanted: UsbFunction | undefined;
  #connection: Connection | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(port: number, clock: Clock, record: (event: TruthEvent) => void) {
    this.port = port;
    this.#record = record;
    this.path = vhciUsbPath(port);
    this.#clock = clock;
  }

  attach(device: UsbFunction): void {
    this.#pull();
    this.#wanted = device;
    this.#turn = this.#turn.then(() => this.#plug(device));
  }

  detach(): void {
    this.#wanted = undefined;
    this.#pull();
  }

  /** Resolves when every attach and detach so far has reached the kernel. */
  async settled(): Promise<void> {
    await this.#turn;
    if (!this.#connection) await this.#free();
  }

  /** Unplugs at once: an answer that is under way never arrives. */
  #pull(): void {
    if (this.#connection) this.#lose(this.#connection);
  }

  async #plug(device: UsbFunction): Promise<void> {
    await this.#free();
    if (this.#wanted !== device) return;
    const socket = await attachToVhci(this.port);
    if (this.#wanted !== device) {
      socket.destroy();
      return;
    }
    const server = new UrbServer(
      device,
      (bytes) => socket.write(bytes),
      () => {
        // A bus reset configures it again. For the bus it is the same device.
        if (connection.configuredAt !== undefined) return;
        connection.configuredAt = this.#clock.now();
        this.#record({ what: 'enumerated', path: this.path, device: device.name });
      },
    );
    const connection: Connection = { socket, server, device: device.name, configuredAt: undefined };
    this.#connection = connection;
    socket.on('data', (chunk) => server.receive(chunk));
    // A connection that breaks is an unplugged cable; `close` follows.
    socket.on('error', () => {});
    socket.on('close', () => this.#lose(connection));
  }

  #lose(connection: Connection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    const { socket, server, configuredAt } = connection;
    const end = () => {
      socket.destroy();
      server.close();
    };
    const isAsked = configuredAt === undefined || this.#clock.now() - configuredAt < asksAfterConfiguration;
    if (isAsked && !socket.destroyed) {
      server.unplug();
      this.#clock.setTimeout(end, failsFor);
    } else end();
    if (configuredAt !== undefined) this.#record({ what: 'vanished', path: this.path, device: connection.device });
  }

  /**
   * The port is free some ms before the kernel has taken the old device off its list; a new one must not meet it there.
   */
  async #free(): Promise<void> {
    while (!vhciPortIsFree(this.port) || kernelLists(this.path)) await sleep(this.#clock, pollInterval);
  }
}
