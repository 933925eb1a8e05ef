import { join } from 'node:path';
import { ThreadsPoolWorker } from 'vitest/node';

/**
 * The thread that runs the tests is kept from one mutant to the next, with the packages that it has loaded: a new one for
 * each test file costs ten times as much as the tests of a mutant. Modules of the project are loaded anew for each file, as
 * `isolate` says.
 */
export function keepThread() {
  const { start, stop } = ThreadsPoolWorker.prototype;
  let kept;

  ThreadsPoolWorker.prototype.start = async function () {
    this.entrypoint = join(import.meta.dirname, 'thread.mjs');
    this._thread ??= kept;
    kept = undefined;
    this._thread?.ref();
    await start.call(this);
  };

  ThreadsPoolWorker.prototype.stop = async function () {
    if (kept) return stop.call(this);
    kept = this._thread;
    this._thread = undefined;
    for (const event of ['message', 'error', 'exit']) kept.removeAllListeners(event);
    kept.stdout.unpipe();
    kept.stderr.unpipe();
    kept.unref();
  };
}
