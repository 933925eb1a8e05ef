import { describe, expect, test } from 'vitest';
import { SimulatedClock } from 'xstate';
import type { Clock } from '../../src/bench/clock.ts';
import type { SlotJob, SlotSetup } from '../../src/jig/slot/slot-messages.ts';
import { type JobNews, type SlotProcess, SlotWorker } from '../../src/jig/station/slot-worker.ts';
import { emptyResult } from '../../src/ops/result.ts';

const setup = { type: 'setup' } as unknown as SlotSetup;
const jobOf = (run: string): SlotJob => ({
  type: 'job',
  unit: { run, slot: 'A1', lot: 'L', serial: undefined, number: undefined, attempt: 1, chipUid: undefined },
  patches: [],
  before: [{ name: 'self-test', command: ['true'], timeout: 600_000 }],
  after: [],
  claimLimit: undefined,
  simulated: undefined,
});
const done = (run: string) => ({ type: 'done', run, result: emptyResult, figures: [] });

/** A process that does what a test has it do. */
class FakeProcess implements SlotProcess {
  readonly pid = 1;
  readonly sent: unknown[] = [];
  readonly say: (message: unknown) => void;
  isKilled = false;
  end: (how: string) => void = () => {};
  readonly exited = new Promise<string>((resolve) => {
    this.end = resolve;
  });

  constructor(say: (message: unknown) => void) {
    this.say = say;
  }
  send(message: unknown): void {
    this.sent.push(message);
  }
  kill(): void {
    this.isKilled = true;
    this.end('signal SIGKILL');
  }
}

function start() {
  const clock = new SimulatedClock();
  const processes: FakeProcess[] = [];
  const worker = new SlotWorker({
    setup,
    clock: clock as unknown as Clock,
    start: (onMessage) => {
      const child = new FakeProcess(onMessage);
      processes.push(child);
      return child;
    },
  });
  worker.start();
  /** Time passes while the newest process says each second that it lives. */
  const pass = async (time: number, isAlive: boolean) => {
    for (let left = time; left > 0; left -= 1_000) {
      if (isAlive) processes.at(-1)!.say({ type: 'alive' });
      clock.increment(Math.min(left, 1_000));
      await Promise.resolve();
    }
  };
  return { clock, worker, processes, pass };
}

/** Lets what has ended be noticed. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function startReady() {
  const started = start();
  started.processes[0]!.say({ type: 'ready' });
  return started;
}

test('a job is given to the process that is loaded, and its news and its end come back', async () => {
  const { worker, processes } = startReady();
  const news: JobNews[] = [];
  const ended = worker.run(jobOf('r1'), (one) => news.push(one));
  const progress = { type: 'progress', run: 'r1', at: 5, event: { event: 'note', message: 'hello' } };
  for (const message of [progress, { ...progress, run: 'another' }, done('another'), done('r1')])
    processes[0]!.say(message);
  expect(await ended).toMatchObject({ run: 'r1', result: { ok: true } });
  expect(news).toEqual([progress]);
  expect(processes[0]!.sent).toEqual([setup, jobOf('r1')]);
});

describe('a process that is lost', () => {
  test('while it works: the job has an error, and another process starts', async () => {
    const { worker, processes, clock } = startReady();
    const ended = worker.run(jobOf('r1'), () => {});
    processes[0]!.end('signal SIGSEGV');
    await expect(ended).rejects.toMatchObject({ code: 'slot-lost', message: expect.stringContaining('SIGSEGV') });
    clock.increment(100);
    expect(processes).toHaveLength(2);
    expect(processes[1]!.sent).toEqual([setup]);
    processes[1]!.say({ type: 'ready' });
    await worker.ready();
  });

  test('again and again starts with growing pauses, which end with a job that ends', async () => {
    const { worker, processes, clock } = startReady();
    for (const pause of [100, 200, 400, 800]) {
      processes.at(-1)!.end('exit status 1');
      await settle();
      const before = processes.length;
      clock.increment(pause - 1);
      expect(processes).toHaveLength(before);
      clock.increment(1);
      expect(processes).toHaveLength(before + 1);
    }
    processes.at(-1)!.say({ type: 'ready' });
    const ended = worker.run(jobOf('r1'), () => {});
    processes.at(-1)!.say(done('r1'));
    await ended;
    processes.at(-1)!.end('exit status 1');
    await settle();
    const before = processes.length;
    clock.increment(100);
    expect(processes).toHaveLength(before + 1);
  });

  test('while no job runs is no error', async () => {
    const { worker, processes, clock } = startReady();
    processes[0]!.end('exit status 1');
    await settle();
    await expect(worker.run(jobOf('r1'), () => {})).rejects.toMatchObject({ code: 'slot-lost' });
    clock.increment(100);
    processes[1]!.say({ type: 'ready' });
    const ended = worker.run(jobOf('r2'), () => {});
    processes[1]!.say(done('r2'));
    expect(await ended).toMatchObject({ run: 'r2' });
  });
});

describe('a process that hangs', () => {
  test('without a sign of life is killed, and its job has an error', async () => {
    const { worker, processes, pass } = startReady();
    const ended = worker.run(jobOf('r1'), () => {});
    const failed = expect(ended).rejects.toMatchObject({
      code: 'slot-lost',
      message: expect.stringContaining('it hangs'),
    });
    await pass(15_000, false);
    expect(processes[0]!.isKilled).toBe(false);
    await pass(2_000, false);
    expect(processes[0]!.isKilled).toBe(true);
    await failed;
  });

  test('in its job alone is killed after the longest silence of a job', async () => {
    const { worker, processes, pass } = startReady();
    const failed = expect(worker.run(jobOf('r1'), () => {})).rejects.toMatchObject({
      message: expect.stringContaining('its job hangs'),
    });
    await pass(179_000, true);
    expect(processes[0]!.isKilled).toBe(false);
    await pass(3_000, true);
    expect(processes[0]!.isKilled).toBe(true);
    await failed;
  });

  test.each([
    {
      name: 'a job that says how long it waits',
      news: { type: 'progress', run: 'r1', at: 5, event: { event: 'waiting', what: 'DFU', timeout: 600_000 } },
    },
    { name: 'a step with its own time limit', news: { type: 'step', run: 'r1', name: 'self-test' } },
  ])('$name has that time beside it', async ({ news }) => {
    const { worker, processes, pass } = startReady();
    const failed = expect(worker.run(jobOf('r1'), () => {})).rejects.toThrow('its job hangs');
    processes[0]!.say(news);
    await pass(779_000, true);
    expect(processes[0]!.isKilled).toBe(false);
    await pass(3_000, true);
    expect(processes[0]!.isKilled).toBe(true);
    await failed;
  });

  test('after an abort is killed sooner', async () => {
    const { worker, processes, pass } = startReady();
    const failed = expect(worker.run(jobOf('r1'), () => {})).rejects.toThrow('its job hangs');
    worker.abort();
    expect(processes[0]!.sent.at(-1)).toEqual({ type: 'abort', run: 'r1' });
    await pass(32_000, true);
    expect(processes[0]!.isKilled).toBe(true);
    await failed;
  });

  test('at its start is killed and started again', async () => {
    const { worker, processes, pass } = start();
    const late = expect(worker.ready()).rejects.toMatchObject({ code: 'slot-lost' });
    await pass(32_000, true);
    expect(processes[0]!.isKilled).toBe(true);
    await late;
  });
});

test.each([
  null,
  'done',
  { type: 'done', run: 'r1' },
  { type: 'progress', run: 1, event: {} },
  { type: 'alive', more: 1 },
])('a process that sends %j is killed: it is not what it should be', async (message) => {
  const { worker, processes } = startReady();
  const failed = expect(worker.run(jobOf('r1'), () => {})).rejects.toThrow('a message that is none');
  processes[0]!.say(message);
  expect(processes[0]!.isKilled).toBe(true);
  await failed;
});

describe('the end', () => {
  test('is asked for, and starts no other process', async () => {
    const { worker, processes, clock } = startReady();
    const stopped = worker.stop();
    expect(processes[0]!.sent.at(-1)).toEqual({ type: 'stop' });
    processes[0]!.end('exit status 0');
    await stopped;
    clock.increment(60_000);
    expect(processes).toHaveLength(1);
  });

  test('of a process that does not end is a kill', async () => {
    const { worker, processes, pass } = startReady();
    const stopped = worker.stop();
    await pass(29_000, true);
    expect(processes[0]!.isKilled).toBe(false);
    await pass(1_000, true);
    expect(processes[0]!.isKilled).toBe(true);
    await stopped;
  });
});
