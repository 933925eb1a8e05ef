import type { UsbDeviceInfo } from '../../../bench/usb-bus.ts';
import type { LineDriver } from './line-driver.ts';

/**
 * The adapter of one job, opened when it is first needed and then held to the end. Opening moves both lines, which may
 * reset the board: a job that starts by asking the running application must not open it before.
 */
export class AdapterLines {
  readonly #open: (onOpened: () => void) => Promise<LineDriver>;
  readonly #look: () => Promise<readonly UsbDeviceInfo[]>;
  #seenBefore: readonly UsbDeviceInfo[] = [];
  #opening: Promise<LineDriver> | undefined;
  #driver: LineDriver | undefined;
  #hasMoved = false;

  /** `open` calls `onOpened` once the port has been opened; `look` lists the USB bus, where it can. */
  constructor(
    open: (onOpened: () => void) => Promise<LineDriver>,
    look: () => Promise<readonly UsbDeviceInfo[]> = async () => [],
  ) {
    this.#open = open;
    this.#look = look;
  }

  /** What was on the USB bus just before the opening moved the lines, told once: what the opening resets leaves the bus. */
  takeSeenBeforeOpening(): readonly UsbDeviceInfo[] {
    const seen = this.#seenBefore;
    this.#seenBefore = [];
    return seen;
  }

  /** The open adapter; undefined until it is needed. */
  get current(): LineDriver | undefined {
    return this.#driver;
  }

  /** Opening the port has moved its lines, even if it went away in that. */
  get hasMoved(): boolean {
    return this.#hasMoved;
  }

  /**
   * Opens the adapter, once. An abort counts until the port is opened; what has begun is brought to its end.
   * @throws BootctlError those of `openAdapter`; the signal's reason
   */
  async open(signal?: AbortSignal): Promise<LineDriver> {
    this.#opening ??= this.#lookAndOpen(signal).then((driver) => {
      this.#driver = driver;
      return driver;
    });
    return this.#opening;
  }

  /** The adapter once an opening that is under way has ended; undefined where none was begun, or it failed. */
  async settled(): Promise<LineDriver | undefined> {
    await this.#opening?.catch(() => {});
    return this.#driver;
  }

  async #lookAndOpen(signal: AbortSignal | undefined): Promise<LineDriver> {
    // A bus that cannot be seen is news of whoever needs it.
    this.#seenBefore = await this.#look().catch(() => []);
    if (signal?.aborted) {
      this.#opening = undefined; // nothing has moved: who brings the target back may open it
      throw signal.reason;
    }
    return this.#open(() => {
      this.#hasMoved = true;
    });
  }

  /** Lines idle for good. */
  async release(): Promise<void> {
    await this.#driver?.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#driver?.link[Symbol.asyncDispose]();
  }
}
