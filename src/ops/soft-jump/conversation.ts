import { BootctlError, isBootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import { type Clock, sleep } from '../../bench/clock.ts';
import type { CharacterFormat, SerialLink } from '../../bench/serial-link.ts';
import { findApplicationPort, type OwnIds, openApplicationPort, usingApplication } from './application-port.ts';
import type { Asked, SoftJumpContext, TriggerName } from './trigger.ts';

/** Text that must be part of what is heard, or a pattern. */
type Wanted = string | RegExp;

/** How the firmware says yes or no, where it says anything. */
export interface Answers {
  readonly accepted?: Wanted;
  readonly refused?: Wanted;
  /** How long to wait for an answer, or for the port to go. */
  readonly patience: Milliseconds;
}

export type Outcome = 'leaving' | 'refused';

export interface ConversationOptions {
  readonly link: SerialLink;
  readonly clock: Clock;
  /** True for the target's own USB port, whose going away is what was asked for; an adapter's is a failure. */
  readonly isTargets: boolean;
  readonly baudRate: number;
  readonly signal?: AbortSignal | undefined;
}

/** A driver may wait for a target that does not read any more (overlapped writes on Windows). */
const writeLimit: Milliseconds = 2_000;
/** Start bit, 8 data bits, stop bit; and what adapters and drivers hold back: an FTDI's latency timer is 16 ms. */
const bitsPerByte = 10;
const transmitMargin: Milliseconds = 50;

const says = (text: string, wanted: Wanted | undefined): boolean =>
  typeof wanted === 'string' ? text.includes(wanted) : (wanted?.test(text) ?? false);

/** Talks to a running firmware over a serial port, in text of one byte a character. */
export class Conversation {
  readonly #options: ConversationOptions;
  #hasLeft = false;

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  /** The target's own port has gone away. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** Sends `text`, unless the target has left. @throws BootctlError `application-silent` when the bytes are not taken */
  async say(text: string): Promise<void> {
    const { link, clock, signal } = this.#options;
    signal?.throwIfAborted();
    if (this.#hasLeft) return;
    const done = new AbortController();
    const stuck = sleep(clock, writeLimit, done.signal).then(() => 'stuck' as const);
    const written = link.write(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    stuck.catch(() => {});
    written.catch(() => {});
    try {
      if ((await Promise.race([written, stuck])) === 'stuck')
        throw new BootctlError('application-silent', `The application at ${link.path} does not read what it is sent`);
    } catch (error) {
      this.#expectLoss(error);
    } finally {
      done.abort();
    }
  }

  /** True once what the firmware says matches; false when it leaves, or `timeout` passes. */
  async hear(wanted: Wanted, timeout: Milliseconds): Promise<boolean> {
    return (await this.#listen({ wanted }, timeout)) === 'wanted';
  }

  /**
   * Sends a request for the bootloader. The target's own port goes away when it is granted, so one that stays means
   * no. Through the adapter an answer is needed to know, and silence may already be the ROM, which one more
   * byte would lock to its USART: so that counts as yes.
   */
  async ask(request: string, { accepted, refused, patience }: Answers): Promise<Outcome> {
    const { isTargets, clock, baudRate, signal } = this.#options;
    await this.say(request);
    if (!isTargets && !accepted && !refused) {
      await sleep(clock, (request.length * bitsPerByte * 1_000) / baudRate + transmitMargin, signal);
      return 'leaving';
    }
    const yes = isTargets || !accepted ? {} : { wanted: accepted };
    const heard = await this.#listen({ ...yes, ...(refused && { unwanted: refused }) }, patience);
    if (heard === 'unwanted') return 'refused';
    return heard === 'silence' && isTargets ? 'refused' : 'leaving';
  }

  async #listen(
    { wanted, unwanted }: { readonly wanted?: Wanted; readonly unwanted?: Wanted },
    timeout: Milliseconds,
  ): Promise<'wanted' | 'unwanted' | 'left' | 'silence'> {
    const { link, clock, signal } = this.#options;
    const deadline = clock.now() + timeout;
    let text = '';
    for (let left = timeout; left > 0 && !this.#hasLeft; left = deadline - clock.now()) {
      const bytes = await link.receive(left, signal).catch((error: unknown) => this.#expectLoss(error));
      text += String.fromCharCode(...(bytes ?? []));
      if (says(text, unwanted)) return 'unwanted';
      if (says(text, wanted)) return 'wanted';
    }
    return this.#hasLeft ? 'left' : 'silence';
  }

  #expectLoss(error: unknown): void {
    if (!this.#options.isTargets || !isBootctlError(error, 'adapter-lost')) throw error;
    this.#hasLeft = true;
  }
}

/** What the triggers that talk have in common. */
interface TalkingJump extends OwnIds {
  readonly trigger: TriggerName;
  readonly via: 'adapter' | 'target';
}

/** Talks to the application at 8N1, over the open adapter or over the target's own port, which is closed again. */
export async function converse(
  jump: TalkingJump,
  baudRate: number,
  context: SoftJumpContext,
  talk: (application: Conversation) => Promise<Outcome>,
): Promise<Asked> {
  const format: CharacterFormat = { baudRate, parity: 'none' };
  const { bench, adapter, signal } = context;
  const options = { clock: bench.clock, baudRate, signal };
  const converseUntilLeaving = async (application: Conversation, path: string) => {
    // A port that went away before the request was through may still be the bootloader's coming: the watch will tell.
    if ((await talk(application)) === 'leaving' || application.hasLeft) return;
    throw new BootctlError('application-silent', `The application at ${path} stays where it is after ${jump.trigger}`);
  };
  if (jump.via === 'adapter') {
    if (!adapter) throw new BootctlError('adapter-missing', `${jump.trigger} goes through the adapter; none is open`);
    await adapter.configure(format);
    await adapter.drainInput();
    await converseUntilLeaving(new Conversation({ ...options, link: adapter, isTargets: false }), adapter.path);
    return {};
  }
  const port = await findApplicationPort(jump, context);
  await usingApplication(async () => {
    await using link = await openApplicationPort(port, format, context);
    await converseUntilLeaving(new Conversation({ ...options, link, isTargets: true }), port.path);
  });
  return port.usbPath === undefined ? {} : { usbPath: port.usbPath };
}
