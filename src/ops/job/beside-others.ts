import { BootctlError } from '../../base/errors.ts';
import type { Bench } from '../../bench/bench.ts';
import type { SerialPorts } from '../../bench/serial-link.ts';
import type { UsbBus } from '../../bench/usb-bus.ts';

/** The jobs of this process that work on one host at the same time. */
class JobsOnHost {
  readonly running = new Set<BesideOthers>();
  /** USB paths whose board a job knows to be its own. */
  readonly owners = new Map<string, BesideOthers>();
  #last: Promise<void> = Promise.resolve();
  #turns = 0;

  /** Waits for all turns before, and resolves with the function that ends this one. Rejects with the signal's reason. */
  async turn(signal: AbortSignal | undefined, onWait: () => void): Promise<() => void> {
    const before = this.#last;
    let pass = () => {};
    const passed = new Promise<void>((resolve) => {
      pass = resolve;
    });
    this.#last = before.then(() => passed);
    const end = () => {
      this.#turns--;
      pass();
    };
    if (this.#turns++ === 0) return end;
    onWait();
    try {
      await unlessAborted(before, signal);
      return end;
    } catch (reason) {
      end();
      throw reason;
    }
  }
}

function unlessAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    void promise.then(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}

const hosts = new WeakMap<object, JobsOnHost>();

function jobsOn({ usb }: Bench): JobsOnHost {
  const host = usb.host ?? usb;
  const jobs = hosts.get(host) ?? new JobsOnHost();
  hosts.set(host, jobs);
  return jobs;
}

/**
 * What one job owes the others of its process on the same host. A job that knows the USB path of its board claims it: for
 * the jobs beside it nothing is there, until they end. A job that does not has only the resets to find its board by, so no
 * two such jobs reset their boards at the same time: each takes its turn. Without a claim and outside of its turn it moves
 * no line.
 */
export class BesideOthers {
  readonly #jobs: JobsOnHost;
  readonly #usb: UsbBus;
  readonly #onWait: () => void;
  readonly #isPlaced: boolean;
  /** Claimed by other jobs since this one began; what such a job leaves behind shows up on the bus only after its end. */
  readonly #othersPlaces: Set<string>;
  #hasUnplacedBeside = false;
  #places: readonly string[] = [];
  #turn: Promise<() => void> | undefined;
  /** Ends the turn that has come. Called at once: a promise would let the next turn of this job find its own in the way. */
  #end: (() => void) | undefined;
  #users = 0;
  #isKept = false;

  /** `isPlaced`: the job knows from the start where its board is. */
  constructor(bench: Bench, isPlaced: boolean, onWait: () => void = () => {}) {
    this.#jobs = jobsOn(bench);
    this.#usb = bench.usb;
    this.#isPlaced = isPlaced;
    this.#onWait = onWait;
    this.#othersPlaces = new Set(this.#jobs.owners.keys());
    for (const other of this.#jobs.running) {
      other.#hasUnplacedBeside ||= !isPlaced;
      this.#hasUnplacedBeside ||= !other.#isPlaced;
    }
    this.#jobs.running.add(this);
  }

  /** Another job has looked, or looks, for its board by resets: what comes on the bus may be that board. */
  get hasUnplacedBeside(): boolean {
    return this.#hasUnplacedBeside;
  }

  /** From now on what is at this USB path is this job's. @throws BootctlError `usb-busy` if it is another job's */
  claim(path: string): void {
    const owner = this.#jobs.owners.get(path);
    if (owner !== undefined && owner !== this) {
      throw new BootctlError('usb-busy', `Another job of this program works on the board at USB path ${path}`, {
        hint: 'Give each job the USB path of its own board, and wait for the end of a job before the next one with the same board.',
      });
    }
    this.#jobs.owners.set(path, this);
    this.#places = [...this.#places, path];
    for (const other of this.#jobs.running) if (other !== this) other.#othersPlaces.add(path);
  }

  /** The turn lasts until `endTurn`. Rejects with the signal's reason. */
  async takeTurn(signal?: AbortSignal): Promise<void> {
    this.#isKept = true;
    await this.#wait(signal).catch((reason) => {
      this.#isKept = false;
      throw reason;
    });
  }

  endTurn(): void {
    this.#isKept = false;
    this.#pass();
  }

  /** Does `work` in a turn, in the one that this job has or in one of its own. */
  async inTurn<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    this.#users++;
    try {
      await this.#wait(signal);
      return await work();
    } finally {
      this.#users--;
      this.#pass();
    }
  }

  /** The job is over. */
  end(): void {
    for (const path of this.#places) this.#jobs.owners.delete(path);
    this.#places = [];
    this.#jobs.running.delete(this);
    this.endTurn();
  }

  /** The bench without the boards of other jobs. */
  without({ clock, serial, usb, ...bench }: Bench): Bench {
    return { ...bench, clock, serial: this.#withoutPorts(serial), usb: this.#withoutDevices(usb) };
  }

  #isOthers(path: string | undefined): boolean {
    return path !== undefined && this.#othersPlaces.has(path) && !this.#places.includes(path);
  }

  #withoutPorts(serial: SerialPorts): SerialPorts {
    return {
      list: async () => (await serial.list()).filter(({ usbPath }) => !this.#isOthers(usbPath)),
      open: (path, format) => serial.open(path, format),
      ...(serial.nameOf ? { nameOf: (path) => serial.nameOf!(path) } : {}),
    };
  }

  #withoutDevices(usb: UsbBus): UsbBus {
    return {
      host: usb.host ?? usb,
      list: async () => (await usb.list()).filter(({ path }) => !this.#isOthers(path)),
      onChange: (listener) => usb.onChange(listener),
      open: (device) => usb.open(device),
      ...(usb.drivers ? { drivers: (device) => usb.drivers!(device) } : {}),
      ...(usb.prepare ? { prepare: () => usb.prepare!() } : {}),
      ...(usb.troubles ? { troubles: (mark) => this.#ownTroubles(usb, mark) } : {}),
    };
  }

  async #ownTroubles(usb: UsbBus, mark: number | undefined) {
    const { mark: newest, troubles } = await usb.troubles!(mark);
    return { mark: newest, troubles: troubles.filter(({ path }) => !this.#isOthers(path)) };
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#places.length > 0) return;
    this.#turn ??= this.#takeTurn(signal);
    const turn = this.#turn;
    try {
      const end = await turn;
      if (this.#turn === turn) this.#end = end;
    } catch (reason) {
      if (this.#turn === turn) this.#turn = undefined;
      throw reason;
    }
  }

  /** Among the jobs of this process, then among the processes of the host. */
  async #takeTurn(signal: AbortSignal | undefined): Promise<() => void> {
    let isTold = false;
    const onWait = () => {
      if (!isTold) this.#onWait();
      isTold = true;
    };
    const end = await this.#jobs.turn(signal, onWait);
    try {
      const endOnHost = await this.#usb.turn?.(signal, onWait);
      return () => {
        endOnHost?.();
        end();
      };
    } catch (error) {
      end();
      throw signal?.aborted ? signal.reason : error;
    }
  }

  #pass(): void {
    if (this.#isKept || this.#users > 0) return;
    const [turn, end] = [this.#turn, this.#end];
    this.#turn = undefined;
    this.#end = undefined;
    if (end) end();
    else
      turn?.then(
        (late) => late(),
        () => {},
      );
  }
}
