import type { Milliseconds } from '../../base/units.ts';
import type { ProgressEvent } from '../../ops/job/events.ts';
import type { PatientDatabase } from './patient-database.ts';

/** Sends the events of a job in their order: those that come while some are on their way go together. */
export class ProgressSender {
  readonly #database: PatientDatabase;
  readonly #take: string;
  #waiting: { readonly at: Milliseconds; readonly event: ProgressEvent }[] = [];
  #sent = 0;
  #sending: Promise<void> | undefined;
  #began: Milliseconds | undefined;

  constructor(database: PatientDatabase, take: string) {
    this.#database = database;
    this.#take = take;
  }

  /** `at`: by the clock of the bench. */
  add(at: Milliseconds, event: ProgressEvent): void {
    this.#began ??= at;
    this.#waiting.push({ at: at - this.#began, event });
    if (this.#sending) return;
    this.#sending = this.#send();
    this.#sending.catch(() => {}); // `end` has it
  }

  /** Resolves when all are sent. */
  async end(): Promise<void> {
    await this.#sending;
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      const some = this.#waiting;
      this.#waiting = [];
      const first = this.#sent + 1;
      this.#sent += some.length;
      const times = some.map(({ at }) => at);
      const events = some.map(({ event }) => JSON.stringify(event));
      await this.#database.ask((database) =>
        database.query('SELECT worker_progress($1, $2, $3, $4)', this.#take, first, times, events),
      );
    }
    this.#sending = undefined;
  }
}
