import { BootctlError } from '../../base/errors.ts';
import { seconds } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { UniqueIdReading } from '../../ops/bootloader/unique-id.ts';
import type { ClaimedAnswer, RefusedAnswer } from './slot-messages.ts';

interface StationClaimSpec {
  readonly limit: Milliseconds;
  /** Of this computer: a simulated bench has a time of its own. */
  readonly clock: Clock;
  /** Tells the station, which will answer. */
  readonly ask: (chipUid: string) => void;
}

/** The row of a run that cannot begin before the id of its chip is known: asked for once, whatever becomes of the target. */
export class StationClaim {
  readonly #spec: StationClaimSpec;
  #chipUid: string | undefined;
  #claimed: ClaimedAnswer | undefined;
  #answer: (answer: ClaimedAnswer | RefusedAnswer) => void = () => {};

  constructor(spec: StationClaimSpec) {
    this.#spec = spec;
  }

  receive(answer: ClaimedAnswer | RefusedAnswer): void {
    this.#answer(answer);
  }

  /**
   * What the station has claimed for the chip that was read.
   * @throws BootctlError `chip-id-unread`, `unit-refused`, `aborted`, and the signal's reason
   */
  async of(reading: UniqueIdReading, signal: AbortSignal): Promise<ClaimedAnswer> {
    if (reading.id === undefined)
      throw new BootctlError('chip-id-unread', `The unique id of the chip cannot be read: ${reading.why}`);
    if (this.#claimed === undefined) {
      this.#chipUid = reading.id;
      this.#claimed = await this.#ask(reading.id, signal);
    }
    if (reading.id === this.#chipUid) return this.#claimed;
    throw new BootctlError(
      'unit-refused',
      `The run has begun with the chip ${this.#chipUid}, and now ${reading.id} answers at its place`,
    );
  }

  async #ask(chipUid: string, signal: AbortSignal): Promise<ClaimedAnswer> {
    const { ask } = this.#spec;
    const answered = this.#answered(signal);
    ask(chipUid);
    const answer = await answered;
    if (answer.type === 'claimed') return answer;
    throw new BootctlError('unit-refused', answer.message);
  }

  #answered(signal: AbortSignal): Promise<ClaimedAnswer | RefusedAnswer> {
    const { limit, clock } = this.#spec;
    return new Promise((resolve, reject) => {
      const stop = () => end(() => reject(signal.reason));
      const late = () =>
        reject(new BootctlError('aborted', `The station has given the run no row within ${seconds(limit)}`));
      const timer = clock.setTimeout(() => end(late), limit);
      const end = (settle: () => void) => {
        clock.clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        settle();
      };
      this.#answer = (answer) => end(() => resolve(answer));
      signal.addEventListener('abort', stop);
      if (signal.aborted) stop();
    });
  }
}
