import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { joinWorker } from '../../src/fleet/join.ts';
import type { JobEvent } from '../../src/fleet/rack/follow-job.ts';
import { workerLogins } from '../../src/fleet/worker-login.ts';
import { firmware, repository } from '../helpers/cli-context.ts';
import { rackText, TestRack } from '../helpers/fleet-rack.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';

const postgres = usePostgres();
const bootctl = join(repository, 'bin/bootctl.js');

/** `bootctl` as a user starts it, in a folder of its own. */
class Program implements Disposable {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly status: number | null; readonly said: string }>;
  #said = '';
  #look = () => {};

  constructor(folder: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [bootctl, ...argv], {
      cwd: folder,
      env: { ...process.env, XDG_STATE_HOME: folder, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
        this.#look();
      });
    this.ended = new Promise((resolve) => this.child.on('close', (status) => resolve({ status, said: this.#said })));
  }

  async says(text: string): Promise<void> {
    while (!this.#said.includes(text))
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
  }

  [Symbol.dispose](): void {
    this.child.kill('SIGKILL');
  }
}

/** A computer with boards that take their time: its folder has boards.yaml and the login. */
async function rackFolder(rack: TestRack, worker: string, boards: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-rack-'));
  writeFileSync(join(folder, 'boards.yaml'), rackText(worker, boards));
  const url = new URL(rack.fleet.address);
  url.username = '';
  url.password = '';
  const login = await joinWorker(rack.fleet.office, worker, 'anna');
  await workerLogins.write(join(folder, 'bootctl'), worker, { database: url.href, ...login });
  return folder;
}

const work = async (folder: string): Promise<Program> => {
  const program = new Program(folder, ['fleet', 'work', '--simulate', '--real-time']);
  await program.says('waits for jobs of');
  return program;
};

const points: Readonly<Record<string, (event: JobEvent['event']) => boolean>> = {
  'after it has taken the job': () => true,
  'in the flash': (event) => event.event === 'phase.started' && event.phase === 'program',
  'before the result': ({ event }) => event === 'application.seen',
};

postgresTest.each(Object.keys(points))(
  'a worker that is killed %s: the job is lost, and is not run again',
  { timeout: 60_000 },
  async (point) => {
    await using rack = await TestRack.make(postgres.server);
    const folder = await rackFolder(rack, 'rack-1', ['crane']);
    using worker = await work(folder);
    const job = await rack.submit('crane');
    const { end } = rack.follow(job, {
      onEvent: ({ event }) => points[point]!(event) && worker.child.kill('SIGKILL'),
    });
    await expect(end).rejects.toMatchObject({ code: 'job-lost', exitStatus: 3 });
    const waiting = await rack.submit('crane', 'reset');
    using again = await work(folder);
    expect((await rack.follow(waiting).end).result.ok).toBe(true);
    expect(await rack.state(job)).toBe('lost');
    again.child.kill('SIGTERM');
    const { status, said } = await again.ended;
    expect([status, said.match(/job \d+: \w+ on/g)]).toEqual([130, [`job ${waiting}: reset on`]]);
  },
);

postgresTest(
  'a worker that is started again waits until the one before it is silent',
  { timeout: 60_000 },
  async () => {
    await using rack = await TestRack.make(postgres.server);
    const folder = await rackFolder(rack, 'rack-1', ['crane']);
    using worker = await work(folder);
    worker.child.kill('SIGKILL');
    await worker.ended;
    const job = await rack.submit('crane', 'reset');
    using impatient = new Program(folder, ['fleet', 'work', '--simulate']);
    await impatient.says('waiting 15 s');
    impatient.child.kill('SIGTERM');
    expect(await impatient.ended).toMatchObject({
      status: 130,
      said: expect.stringContaining('worker rack-1 has ended'),
    });
    using again = new Program(folder, ['fleet', 'work', '--simulate']);
    await again.says('worker rack-1 was there before and has not left: waiting 15 s');
    await again.says('waits for jobs of crane');
    expect((await rack.follow(job).end).result.ok).toBe(true);
  },
);

postgresTest('a worker that is told to end aborts its job in order, and says so', { timeout: 60_000 }, async () => {
  await using rack = await TestRack.make(postgres.server);
  const folder = await rackFolder(rack, 'rack-1', ['crane']);
  using worker = await work(folder);
  const job = await rack.submit('crane');
  const waiting = await rack.submit('crane', 'reset');
  const { result } = await rack.follow(job, {
    onEvent: ({ event }) => event.event === 'target.read' && worker.child.kill('SIGTERM'),
  }).end;
  expect([result.exitCode, result.error?.code]).toEqual([130, 'aborted']);
  expect(await worker.ended).toMatchObject({ status: 130, said: expect.stringContaining('worker rack-1 has ended') });
  expect(await rack.state(waiting)).toBe('queued');
});

postgresTest('whoever has submitted a job may go away: it goes on', { timeout: 60_000 }, async () => {
  await using rack = await TestRack.make(postgres.server);
  const folder = await rackFolder(rack, 'rack-1', ['crane']);
  using _worker = await work(folder);
  const argv = ['fleet', 'submit', 'recover', join(repository, firmware), '--board', 'crane', '--wait'];
  using submitter = new Program(folder, argv, { BOOTCTL_DATABASE: rack.fleet.address });
  await submitter.says('runs at worker rack-1');
  submitter.child.kill('SIGINT');
  const { status, said } = await submitter.ended;
  expect([status, said]).toEqual([130, expect.stringContaining('Interrupted by SIGINT: job 1 goes on [aborted]')]);
  expect((await rack.follow(1).end).result.ok).toBe(true);
});

postgresTest.each([
  ['no-such.yaml', ['no-such.yaml'], 'rack-invalid'],
  ['a worker that has not joined', [], 'fleet-refused'],
  ['a scenario that is none', ['--simulate', 'no-such'], 'scenario-unknown'],
])('%s is refused', async (_, argv, code) => {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-rack-'));
  writeFileSync(join(folder, 'boards.yaml'), rackText('rack-1', ['crane']));
  using program = new Program(folder, [
    'fleet',
    'work',
    ...argv,
    ...(argv.includes('--simulate') ? [] : ['--simulate']),
  ]);
  expect(await program.ended).toMatchObject({ status: 2, said: expect.stringContaining(`[${code}]`) });
});
