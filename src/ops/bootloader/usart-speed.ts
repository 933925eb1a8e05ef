import { usartRateMachine } from '../../../machines/usart-rate.machine.ts';
import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Chip } from '../../chips/chip.ts';
import { runningPatience, syncPatience } from '../../chips/find-chip.ts';
import type { An3155Client } from '../../protocol/an3155/client.ts';
import { an3155BlockSize } from '../../protocol/an3155/constants.ts';
import type { GetReply } from '../../protocol/an3155/frames.ts';
import { knownAdapter } from '../job/adapter/known-adapters.ts';
import { listedPort } from '../job/adapter/same-port.ts';
import type { Job } from '../job/job.ts';
import { runMachine } from '../job/run-machine.ts';
import { readIfAllowed } from './read-if-allowed.ts';
import { ratesWorthTrying } from './usart-rates.ts';

/** How the target was brought into its ROM, so that this can be repeated. */
export interface WayBack {
  /**
   * Resets the target into its ROM, once.
   * @throws BootctlError `window-missed`, those of moving lines; the signal's reason
   */
  readonly drive: (signal: AbortSignal) => Promise<void>;
  /** How long that took. */
  readonly took: Milliseconds;
  /** How often a missed hold window is worth another try. */
  readonly repeats: number;
}

export interface SpeedSession {
  readonly job: Pick<Job, 'profile' | 'bench' | 'report' | 'effects' | 'fasterRates'>;
  readonly rom: An3155Client;
  readonly wayBack: WayBack;
  /** The ROM's identity, as read at the profile's rate. */
  readonly identity: {
    readonly get: GetReply;
    readonly productId: number;
    readonly target: Chip;
  };
}

/** Attempts to return to a rate that has worked. */
const returns = 3;
/** Each reply must equal the one at the profile's rate. */
const proofs = { gets: 3, reads: 2 } as const;

/** Bytes of a memory that does not change, and their address. */
interface Pattern {
  readonly address: number;
  readonly data: Uint8Array;
}

/**
 * The baud rate of a ROM that can be entered again. The ROM measures it once after a reset, so each change needs an
 * entry.
 */
export class UsartSpeed {
  readonly #session: SpeedSession;
  #baudRate: number;

  constructor(session: SpeedSession) {
    this.#session = session;
    this.#baudRate = session.job.profile.usart.baudRate;
  }

  /** The present rate of the ROM. */
  get baudRate(): number {
    return this.#baudRate;
  }

  /**
   * Tries faster rates once, if they save time for this number of `bytes`.
   * @throws BootctlError `target-lost`; the signal's reason
   */
  async raiseFor(bytes: number, signal: AbortSignal): Promise<void> {
    const { fasterRates } = this.#session.job;
    if (fasterRates.areTried) return;
    const rates = await this.#ratesFor(bytes);
    if (rates.length === 0) return;
    fasterRates.areTried = true;
    const pattern = await this.#patternBeside();
    if (pattern) await this.#change(rates, signal, pattern);
  }

  /** Back to the profile's rate, to stay there. @throws BootctlError `target-lost`; the signal's reason */
  async lower(signal: AbortSignal): Promise<void> {
    await this.#change([], signal);
  }

  /**
   * Bytes that every correct read returns. They are not in the flash, because a word with ECC that was half programmed
   * at a power cut would crash the ROM.
   */
  async #patternBeside(): Promise<Pattern | undefined> {
    const { rom, identity } = this.#session;
    const { bootloaderIds, flashSizeRegister } = identity.target;
    const ends = [bootloaderIds?.address, flashSizeRegister].flatMap((at) => (at === undefined ? [] : [at + 2]));
    for (const end of ends) {
      for (const address of [end - an3155BlockSize, end - 2 - ((end - 2) % an3155BlockSize)]) {
        const data = await readIfAllowed(rom, address, an3155BlockSize);
        if (data) return { address, data };
      }
    }
    return undefined;
  }

  async #ratesFor(bytes: number): Promise<readonly number[]> {
    const { job, wayBack, rom } = this.#session;
    const { baudRate, fastestBaudRate: allowed } = job.profile.usart;
    const port = await listedPort(job.bench.serial, rom.path);
    const adapter = port && knownAdapter(port)?.fastest;
    return ratesWorthTrying({ baudRate, adapter, allowed, bytes, entry: wayBack.took + this.#patience });
  }

  /** A ROM at a wrong rate answers nothing, or something unexpected. A long wait would not help. */
  get #patience(): Milliseconds {
    return runningPatience(this.#session.identity.target);
  }

  async #change(rates: readonly number[], signal: AbortSignal, pattern?: Pattern): Promise<void> {
    const { job, wayBack } = this.#session;
    const { baudRate } = job.profile.usart;
    const enterAt = job.effects.actor((signal, input: { baudRate: number }) =>
      this.#enterAt(input.baudRate, pattern, signal),
    );
    const machine = usartRateMachine.provide({ actors: { enterAt } });
    const input = { rates, baudRate, returns, repeats: wayBack.repeats };
    const { clock } = job.bench;
    const output = await runMachine(machine, input, { clock, signal });
    signal.throwIfAborted();
    if (output.error?.kind === 'adapter') throw output.error;
    if (output.error) throw lost(baudRate, output.error);
    this.#baudRate = output.baudRate;
  }

  async #enterAt(baudRate: number, pattern: Pattern | undefined, signal: AbortSignal): Promise<void> {
    const { job, rom, wayBack, identity } = this.#session;
    const isUsual = baudRate === job.profile.usart.baudRate;
    const patience = isUsual ? syncPatience(identity.target) : this.#patience;
    await wayBack.drive(signal);
    try {
      await rom.sync({ baudRate, patience, signal });
      await this.#prove(baudRate, pattern, signal);
    } catch (error) {
      const isNews = error instanceof BootctlError && !isUsual;
      if (isNews) job.report({ event: 'usart.rate', baudRate, works: false, message: error.message });
      throw error;
    }
    job.report({ event: 'usart.rate', baudRate, works: true });
  }

  /** @throws BootctlError `usart-malformed` if an answer differs from the one at the profile's rate */
  async #prove(baudRate: number, pattern: Pattern | undefined, signal: AbortSignal): Promise<void> {
    const { rom, identity } = this.#session;
    const differs = (what: string) =>
      new BootctlError('usart-malformed', `At ${baudRate} baud, ${what} returns other bytes than before`);
    for (let count = 0; count < proofs.gets; count++) {
      signal.throwIfAborted();
      if (JSON.stringify(await rom.get()) !== JSON.stringify(identity.get)) throw differs('Get');
    }
    if ((await rom.getId()) !== identity.productId) throw differs('Get ID');
    for (let count = 0; pattern && count < proofs.reads; count++) {
      signal.throwIfAborted();
      const found = await rom.read(pattern.address, pattern.data.length);
      if (Buffer.compare(found, pattern.data) !== 0) throw differs('Read Memory');
    }
  }
}

const lost = (baudRate: number, cause: BootctlError): BootctlError =>
  new BootctlError('target-lost', `The ROM no longer answers at ${baudRate} baud: ${cause.message}`, { cause });
