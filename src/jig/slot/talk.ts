import { BootctlError } from '../../base/errors.ts';
import { seconds } from '../../base/text.ts';
import type { Clock } from '../../bench/clock.ts';
import type { SerialLink } from '../../bench/serial-link.ts';
import { beginJob } from '../../ops/job/begin-job.ts';
import { resetIntoApplication } from '../../ops/reset-into-application.ts';
import type { Exchange, TalkStep } from '../plan/jig-plan.ts';
import type { Figure } from './slot-messages.ts';
import type { StepWork } from './slot-server.ts';

/** So much of what was heard is kept for an expression, and shown where it does not match. */
const keptCharacters = 65_536;
const shownCharacters = 200;

/**
 * A conversation with the application over the adapter of the slot. It begins with a reset: opening the port may have been one
 * already, and what the application says at its start can be expected. @throws BootctlError `step-failed`, and those of the adapter
 */
export async function talk(step: TalkStep, { setup, bench, signal }: StepWork): Promise<readonly Figure[]> {
  const job = beginJob({ profile: setup.profile, bench, signal });
  try {
    const { link } = await job.adapter.open(signal);
    await link.configure({ baudRate: step.baudRate, parity: 'none' });
    await link.drainInput();
    await resetIntoApplication(job, signal);
    const conversation = new Conversation(link, bench.clock, signal);
    const figures: Figure[] = [];
    for (const exchange of step.talk) figures.push(...(await conversation.exchange(exchange)));
    return figures;
  } finally {
    await job.adapter.release();
    await job.adapter[Symbol.asyncDispose]();
    job.beside.end();
  }
}

/** What the other end says is read in the order in which it comes: what one expression has taken, the next one does not see. */
class Conversation {
  readonly #link: SerialLink;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #decoder = new TextDecoder();
  #heard = '';

  constructor(link: SerialLink, clock: Clock, signal: AbortSignal) {
    this.#link = link;
    this.#clock = clock;
    this.#signal = signal;
  }

  async exchange({ send, expect, timeout }: Exchange): Promise<readonly Figure[]> {
    if (send !== undefined) await this.#link.write(Buffer.from(send, 'latin1'));
    if (!expect) return [];
    const end = this.#clock.now() + timeout;
    for (;;) {
      const match = expect.exec(this.#heard);
      if (match) {
        this.#heard = this.#heard.slice(match.index + match[0].length);
        return figuresIn(match.groups ?? {});
      }
      const left = end - this.#clock.now();
      if (left <= 0) throw this.#unheard(expect, timeout);
      const bytes = await this.#link.receive(left, this.#signal);
      this.#heard = (this.#heard + this.#decoder.decode(bytes, { stream: true })).slice(-keptCharacters);
    }
  }

  #unheard({ source }: RegExp, timeout: number): BootctlError {
    const heard = this.#heard.slice(-shownCharacters);
    return new BootctlError(
      'step-failed',
      `nothing that matches ${source} came within ${seconds(timeout)}; ${heard.trim() === '' ? 'the application said nothing' : `it said ${JSON.stringify(heard)}`}`,
    );
  }
}

/** @throws BootctlError `step-failed` where a named group is no number */
const figuresIn = (groups: Readonly<Record<string, string | undefined>>): readonly Figure[] =>
  Object.entries(groups).flatMap(([name, text]) => {
    if (text === undefined) return [];
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value)) return [{ name, value, unit: '' }];
    throw new BootctlError('step-failed', `${name} is ${JSON.stringify(text)}, which is no number`);
  });
