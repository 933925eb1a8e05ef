import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { firmware, jsonLines, repository } from '../helpers/cli-context.ts';
import { openPty, ptyPossible } from '../helpers/pty.ts';

// The installed command in a process of its own; `npm test` builds dist/ first.

let folder: string;
/** As large as the flash of the F405, so that flashing it takes long enough to be interrupted. */
let largeImage: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootctl-bin-'));
  largeImage = join(folder, 'large.bin');
  const bytes = Buffer.alloc(1024 * 1024, 0x5a);
  bytes.writeUInt32LE(0x2002_0000, 0);
  bytes.writeUInt32LE(0x0800_0201, 4);
  writeFileSync(largeImage, bytes);
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Running {
  readonly child: ReturnType<typeof spawn>;
  readonly text: { stdout: string; stderr: string };
  ended(): Promise<{ status: number | null; stdout: string; stderr: string }>;
}

function start(argv: readonly string[], env: Record<string, string> = {}): Running {
  const command = [join(repository, 'bin/bootctl.js'), ...argv];
  const child = spawn(process.execPath, command, { cwd: repository, env: { ...process.env, ...env } });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => {
    text.stdout += data;
  });
  child.stderr.on('data', (data) => {
    text.stderr += data;
  });
  const closed = once(child, 'close');
  return { child, text, ended: async () => ({ status: (await closed)[0], ...text }) };
}

async function says({ child, text }: Running, words: string): Promise<void> {
  while (!text.stderr.includes(words)) await once(child.stderr!, 'data');
}

test('--version', async () => {
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  expect(await start(['--version']).ended()).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
});

test('the main job writes all of its JSON before it exits', async () => {
  const { status, stdout, stderr } = await start(['recover', firmware, '-p', 'rc-cap', '--simulate', '--json']).ended();
  expect([status, stderr]).toEqual([0, '']);
  expect(jsonLines(stdout).at(-1)).toMatchObject({ event: 'result', ok: true });
});

test('a job on one board loads nothing of the jig, its records and its page', async () => {
  const list = `process.on('exit', () => {
    const { createRequire } = process.getBuiltinModule('node:module');
    process.stderr.write('loaded ' + JSON.stringify(Object.keys(createRequire(process.argv[1]).cache)) + '\\n');
  })`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(list)}`;
  const sourcesOf = (chunk: string): readonly string[] =>
    existsSync(`${chunk}.map`) ? JSON.parse(readFileSync(`${chunk}.map`, 'utf8')).sources : [];
  const loadedBy = async (argv: readonly string[]): Promise<readonly string[]> => {
    const { stderr } = await start(argv, { NODE_OPTIONS }).ended();
    const files: readonly string[] = JSON.parse(/^loaded (.*)$/m.exec(stderr)![1]!);
    return [...files, ...files.filter((file) => /dist.command.*\.cjs$/.test(file)).flatMap(sourcesOf)];
  };
  const ofTheJig = /src\/(jig|records|panel)\/|libsql|node_modules\/csv-parse/;
  const job = await loadedBy(['recover', firmware, '-p', 'rc-cap', '--simulate', '--quiet']);
  expect(job.some((file) => file.includes('src/ops/run-job.ts'))).toBe(true);
  expect(job.filter((file) => ofTheJig.test(file))).toEqual([]);
  expect((await loadedBy(['jig', 'run', '--help'])).some((file) => ofTheJig.test(file))).toBe(true);
});

describe.skipIf(process.platform === 'win32')('signals', () => {
  const job = () => ['recover', largeImage, '--address', '0x08000000', '-p', 'rc-cap', '--simulate'];

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)('%s ends the job cleanly with 130', async (signal) => {
    const run = start(job());
    await says(run, 'program: ');
    run.child.kill(signal);
    const { status, stdout, stderr } = await run.ended();
    expect(status).toBe(130);
    expect(stdout).toBe('');
    expect(stderr).toContain(`bootctl: ${signal}: stopping`);
    expect(stderr).toMatch(/FAIL \(simulated\) {2}\[aborted\]/);
    expect(stderr).toMatch(/The flash is written in part.*Both lines are released/);
  });

  test('a second one tears nothing: it is answered, and the job ends as it would have', async () => {
    // A simulated job ends within milliseconds of the first: a second one from here could come after its end. The process
    // sends it to itself as it answers the first.
    const sendSecond = `const { stderr } = process; const write = stderr.write.bind(stderr);
      stderr.write = (text, ...rest) => {
        if (text.startsWith('bootctl: SIGHUP: stopping, ')) process.kill(process.pid, 'SIGTERM');
        return write(text, ...rest);
      };`;
    const run = start(job(), { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(sendSecond)}` });
    await says(run, 'program: ');
    run.child.kill('SIGHUP');
    const { status, stderr } = await run.ended();
    expect(status).toBe(130);
    expect(stderr).toMatch(/^bootctl: SIGTERM: stopping already, what is under way is finished first/m);
    expect(stderr).toMatch(/FAIL \(simulated\) {2}\[aborted\][\s\S]*Both lines are released/);
  });

  test.runIf(ptyPossible)(
    'a terminal that is closed ends the job in order, though nobody reads its verdict',
    async () => {
      const terminal = await openPty();
      const trace = join(folder, 'closed.trace');
      const descriptor = openSync(terminal.path, constants.O_RDWR | constants.O_NOCTTY);
      const argv = [join(repository, 'bin/bootctl.js'), ...job(), '--trace', trace];
      const child = spawn(process.execPath, argv, { cwd: repository, stdio: ['ignore', descriptor, descriptor] });
      closeSync(descriptor);
      const ended = once(child, 'close');
      for (let text = ''; !text.includes('program'); await new Promise((resolve) => setTimeout(resolve, 20))) {
        text += terminal.taken().toString();
      }
      terminal[Symbol.dispose]();
      child.kill('SIGHUP');
      expect(await ended).toEqual([130, null]);
      const events = jsonLines(readFileSync(trace, 'utf8'));
      expect(events.at(-1)).toMatchObject({ event: 'result', exitCode: 130, error: { code: 'aborted' } });
      expect(events.findLast(({ event }) => event === 'lines.edge')).toMatchObject({
        rts: 'released',
        dtr: 'released',
      });
    },
  );

  test('while an image is awaited on standard input they end the wait', async () => {
    const run = start(['recover', '-', '--address', '0x08000000', '-p', 'rc-cap', '--simulate', '--json']);
    // More than a pipe holds: written means that it is being read.
    await new Promise((resolve) => run.child.stdin!.write(Buffer.alloc(1024 * 1024), resolve));
    run.child.kill('SIGINT');
    const { status, stdout } = await run.ended();
    expect(status).toBe(130);
    expect(jsonLines(stdout)).toMatchObject([{ event: 'result', ok: false, error: { code: 'aborted' } }]);
  });
});

test('a reader that leaves early gets no stack trace, and the job goes on', async () => {
  const run = start(['recover', largeImage, '--address', '0x08000000', '-p', 'rc-cap', '--simulate', '--json']);
  run.child.stdout!.destroy();
  const { status, stderr } = await run.ended();
  expect([status, stderr]).toEqual([0, '']);
});

test.skipIf(!existsSync('/dev/full'))('nor does an output that takes nothing tear it: a full disk', async () => {
  const full = openSync('/dev/full', 'w');
  const argv = [join(repository, 'bin/bootctl.js'), 'recover', firmware, '-p', 'rc-cap', '--simulate'];
  const child = spawn(process.execPath, argv, { cwd: repository, stdio: ['ignore', full, full] });
  closeSync(full);
  expect(await once(child, 'close')).toEqual([0, null]);
});

describe.skipIf(process.platform === 'win32')('what V8 has compiled', () => {
  test('is never kept for root, nor by a Node that cannot, and never in the temporary folder', async () => {
    const [TMPDIR, XDG_CACHE_HOME] = ['tmp', 'cache'].map((name) => join(folder, name)) as [string, string];
    for (const path of [TMPDIR, XDG_CACHE_HOME]) mkdirSync(path);
    const env = { TMPDIR, XDG_CACHE_HOME };
    const { status, stderr } = await start(['enter', '-p', 'rc-cap', '--simulate', '--json'], env).ended();
    expect([status, stderr]).toEqual([0, '']);
    expect(readdirSync(TMPDIR)).toEqual([]);
    const mayKeep = 'enableCompileCache' in module && process.geteuid!() !== 0;
    expect(readdirSync(XDG_CACHE_HOME)).toEqual(mayKeep ? ['bootctl'] : []);
  });
});
