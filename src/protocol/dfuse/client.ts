import { BootctlError } from '../../base/errors.ts';
import { address32 } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import { type Clock, sleep } from '../../bench/clock.ts';
import { dfuseCommand, firstDataBlock } from '../dfu/constants.ts';
import { addressed, parseStatus, type StatusReply, setupOf } from '../dfu/requests.ts';
import type { ControlPipe } from './in-order.ts';
import { type OperationKind, Pacing } from './pacing.ts';
import { statusError, stuckError } from './status-error.ts';

/** How long an operation may keep the target busy before it counts as stuck: the datasheets' maximum times, doubled. */
const busyLimit = {
  /** Set Address Pointer only checks the address. */
  address: 2_000,
  /** F405 128 KiB sector: 4 s at most in x8 parallelism (DS8626, flash memory programming). */
  erase: 10_000,
  /** F405 1 MiB: 32 s at most in x8 parallelism (DS8626); it announces 100 ms. */
  massErase: 70_000,
  /** 2048 bytes: 512 words of 100 µs at most (DS8626). */
  program: 5_000,
  upload: 5_000,
} as const satisfies Record<OperationKind | 'upload', Milliseconds>;

/** Options that differ from ROM to ROM. All clients of one open device share `pacing`. */
interface ClientOptions {
  readonly pacing: Pacing;
  /** Whether DFU_CLRSTATUS may be tried on a ROM that stays in dfuDNBUSY. */
  readonly clearStatus: 'anywhere' | 'in-error-only';
  /** An erase that is busy for longer than this is stuck, ms. */
  readonly stuckAfter: Milliseconds;
  /** Whether the DFU_GETSTATUS of the leave is sent. */
  readonly leaveStatus: 'asked' | 'not-asked';
}

const usualOptions = {
  clearStatus: 'anywhere',
  stuckAfter: busyLimit.erase,
  leaveStatus: 'asked',
} as const satisfies Partial<ClientOptions>;

const requestTimeout: Milliseconds = 2_000;
/** L4 ROMs stall DFU_GETSTATUS while busy (dfu-util `dfuse.c`): wait as long again and ask again, this often. */
const stallRetries = 3;
const idleRounds = 10;
/** More than any ROM lists. */
const mostCommands = 64;

type OutRequest = 'DNLOAD' | 'CLRSTATUS' | 'ABORT';
const nothing: Uint8Array = new Uint8Array(0);

/**
 * DfuSe (AN3156) over an open USB device: one method per operation, each finished when it
 * resolves. Methods throw BootctlError `dfu-status`, `dfu-state`, `readout-protected`,
 * `dfu-malformed`, and those of the transfers: `usb-stall`, `usb-timeout`, `target-lost`.
 */
export class DfuSeClient {
  readonly #device: ControlPipe;
  readonly #interface: number;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #options: ClientOptions;

  constructor(
    device: ControlPipe,
    interfaceNumber: number,
    clock: Clock,
    signal?: AbortSignal,
    options: Partial<ClientOptions> = {},
  ) {
    this.#options = { pacing: new Pacing('announced'), ...usualOptions, ...options };
    this.#device = device;
    this.#interface = interfaceNumber;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Brings the device to dfuIDLE from any state. CLRSTATUS is sent only in dfuERROR, the only state that allows it. */
  async toIdle(): Promise<void> {
    let reply = await this.status();
    for (let round = 0; reply.state !== 'dfuIDLE' && round < idleRounds; round++) {
      if (reply.state === 'dfuERROR') await this.#out('CLRSTATUS');
      else if (reply.state === 'dfuDNBUSY') await this.#sleep(reply.pollTimeout, busyLimit.erase);
      else await this.#out('ABORT');
      reply = await this.status();
    }
    if (reply.state === 'dfuDNBUSY' && (await this.#freed())) return;
    if (reply.state !== 'dfuIDLE') throw stuckError('The device does not return to dfuIDLE', reply);
  }

  async status(timeout: Milliseconds = requestTimeout): Promise<StatusReply> {
    return parseStatus(await this.#device.controlIn(setupOf('GETSTATUS', this.#interface), 6, timeout));
  }

  /** Set Address Pointer (AN3156 §4.3). Leaves dfuDNLOAD-IDLE. */
  setAddressPointer(address: number): Promise<void> {
    const what = `Set Address Pointer ${address32(address)}`;
    return this.#command(addressed(dfuseCommand.setAddressPointer, address), 'address', what);
  }

  /** Erase of the sector that holds `address` (AN3156 §4.4). The ROM reports no error for a write-protected sector. */
  erase(address: number): Promise<void> {
    const what = `Erase ${address32(address)}`;
    return this.#command(addressed(dfuseCommand.erase, address), 'erase', what);
  }

  /** Erase without an address: of the whole flash (AN3156 §4.4). */
  massErase(): Promise<void> {
    return this.#command(Uint8Array.of(dfuseCommand.erase), 'massErase', 'Mass erase');
  }

  /**
   * Writes `data` at pointer + (`block` − 2) · length (AN3156 §4.2): only full blocks may follow block 2. May be
   * queued.
   */
  async download(block: number, data: Uint8Array): Promise<void> {
    const sent = this.#out('DNLOAD', block, data, busyLimit.program + requestTimeout);
    await this.#execute('program', `Write of ${data.length} bytes`, sent);
  }

  /** Sends a block and aborts it. The next DFU_GETSTATUS would program the block; the abort comes before it. */
  async sendInVain(data: Uint8Array): Promise<void> {
    await this.#out('DNLOAD', firstDataBlock, data, busyLimit.program + requestTimeout);
    await this.abort();
  }

  /** Reads `length` bytes at pointer + (`block` − 2) · length (AN3156 §4.1); legal from dfuIDLE and dfuUPLOAD-IDLE. */
  async upload(block: number, length: number): Promise<Uint8Array> {
    this.#signal?.throwIfAborted();
    try {
      return await this.#device.controlIn(setupOf('UPLOAD', this.#interface, block), length, busyLimit.upload);
    } catch (error) {
      // A refused read stalls; the reason is in the status.
      throw (await this.#reasonOf(error, 'Read')) ?? error;
    }
  }

  abort(): Promise<void> {
    return this.#out('ABORT');
  }

  /**
   * The command codes of this ROM (AN3156 §4, Get). Undefined if the ROM does not list them. Legal from dfuIDLE.
   */
  async commands(): Promise<readonly number[] | undefined> {
    try {
      const list = await this.#device.controlIn(setupOf('UPLOAD', this.#interface, 0), mostCommands, busyLimit.upload);
      return list.includes(dfuseCommand.setAddressPointer) ? [...list] : undefined;
    } catch (error) {
      if (!(error instanceof BootctlError && error.code === 'usb-stall')) throw error;
      return undefined;
    } finally {
      await this.toIdle();
    }
  }

  /**
   * Read Unprotect (AN3156 §4.5): erases flash and RAM, then the target disconnects and resets. Resolves with `gone` if
   * the target no longer answers, or with `done` if it reports success.
   * @throws BootctlError `unprotect-refused` if the command is not listed, or not carried out
   */
  async readUnprotect(): Promise<'gone' | 'done'> {
    const known = await this.commands();
    if (known && !known.includes(dfuseCommand.readUnprotect)) throw refused('its Get does not list Read Unprotect');
    try {
      await this.#command(Uint8Array.of(dfuseCommand.readUnprotect), 'massErase', 'Read Unprotect');
      return 'done';
    } catch (error) {
      if (!(error instanceof BootctlError)) throw error;
      if (error.row.answer === 'none') return 'gone';
      throw error.row.answer === 'refused' ? refused(error.message, error) : error;
    }
  }

  /**
   * Leaves DFU mode for the vector table at `address` (AN3156 §5). The ROM disconnects while or before it
   * answers. A device that disappears from the last request on is therefore a success. Resolves with the last
   * observation.
   */
  async leave(address: number): Promise<'manifest' | 'gone'> {
    await this.setAddressPointer(address);
    try {
      await this.#out('DNLOAD', firstDataBlock);
      if (this.#options.leaveStatus === 'not-asked') return 'manifest';
      const reply = await this.status();
      if (reply.state === 'dfuERROR') throw statusError('Leave', reply);
      return 'manifest';
    } catch (error) {
      if (error instanceof BootctlError && error.row.brokenTransfer) return 'gone';
      throw error;
    }
  }

  async #command(bytes: Uint8Array, kind: OperationKind, what: string): Promise<void> {
    await this.#execute(kind, what, this.#out('DNLOAD', 0, bytes));
  }

  /**
   * The first DFU_GETSTATUS makes the ROM carry out the command, in or after that request. Further ones wait for the
   * end. The first one always follows, so it is queued behind `sent`. The second one is queued too if the ROM is known
   * to hold back its reply.
   */
  async #execute(kind: OperationKind, what: string, sent: Promise<void>): Promise<void> {
    const { pacing, stuckAfter } = this.#options;
    const limit = kind === 'erase' ? stuckAfter : busyLimit[kind];
    const deadline = this.#clock.now() + limit;
    const waits = pacing.begin(kind);
    const queued = Array.from({ length: pacing.isHeld(kind) ? 2 : 1 }, () => this.status(limit + 2 * requestTimeout));
    Promise.allSettled(queued); // a failure is awaited later, or of no more interest
    await sent;
    let stalls = 0;
    for (;;) {
      const asked = this.#clock.now();
      const left = deadline - asked;
      const asking = queued.shift() ?? this.status(Math.max(left, requestTimeout));
      const reply = await asking.catch((error: unknown) => {
        if (!(error instanceof BootctlError && error.code === 'usb-stall') || stalls++ >= stallRetries) throw error;
        pacing.becomeCautious();
        return undefined;
      });
      if (reply?.state === 'dfuDNLOAD_IDLE' && reply.status === 'OK') return waits.end();
      if (reply && reply.state !== 'dfuDNBUSY' && reply.state !== 'dfuDNLOAD_SYNC') throw statusError(what, reply);
      if (left <= 0) throw await this.#tooLong(`${what} kept the target busy for more than ${limit} ms`, reply);
      const wait = waits.next(reply?.pollTimeout, this.#clock.now() - asked);
      if (wait > 0) await this.#sleep(wait, left);
      else this.#signal?.throwIfAborted();
    }
  }

  async #tooLong(what: string, reply: StatusReply | undefined): Promise<BootctlError> {
    const isFree = await this.#freed();
    return stuckError(isFree ? `${what}; two CLRSTATUS have freed it` : what, reply);
  }

  /**
   * An H743 rev V that stays in dfuDNBUSY: CLRSTATUS makes it dfuERROR, a second one dfuIDLE (betaflight usbdfu.js).
   */
  async #freed(): Promise<boolean> {
    if (this.#options.clearStatus === 'in-error-only') return false;
    try {
      await this.#out('CLRSTATUS');
      if ((await this.status()).state === 'dfuERROR') await this.#out('CLRSTATUS');
      return (await this.status()).state === 'dfuIDLE';
    } catch (error) {
      if (error instanceof BootctlError && error.row.brokenTransfer) return false;
      throw error;
    }
  }

  /** bwPollTimeout is 24 bits and sometimes wrong: never sleep past the operation's own limit. */
  #sleep = (pollTimeout: Milliseconds, limit: Milliseconds): Promise<void> =>
    sleep(this.#clock, Math.min(pollTimeout, limit), this.#signal);

  #out(request: OutRequest, value = 0, data = nothing, timeout: Milliseconds = requestTimeout): Promise<void> {
    this.#signal?.throwIfAborted();
    return this.#device.controlOut(setupOf(request, this.#interface, value), data, timeout);
  }

  async #reasonOf(error: unknown, what: string): Promise<BootctlError | undefined> {
    if (!(error instanceof BootctlError) || error.code !== 'usb-stall') return undefined;
    const reply = await this.status();
    return reply.state === 'dfuERROR' ? statusError(what, reply) : undefined;
  }
}

const refused = (why: string, cause?: BootctlError): BootctlError =>
  new BootctlError('unprotect-refused', `The ROM refuses Read Unprotect: ${why}`, { cause });
