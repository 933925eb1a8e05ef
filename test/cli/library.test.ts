import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createActor, fromPromise } from 'xstate';
import * as machines from '../../machines/index.ts';
import { loadProfile, type ProgressEvent, parseImage, recover } from '../../src/index.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { firmware, repository } from '../helpers/cli-context.ts';

const path = join(repository, firmware);
const binary = readFileSync(path.replace(/hex$/, 'bin'));

test('recover takes an id and a path, and reports typed progress', async () => {
  const events: ProgressEvent['event'][] = [];
  const result = await recover({
    profile: 'rc-cap',
    image: path,
    simulate: 'crashed',
    onProgress: ({ event }) => events.push(event),
  });
  expect(result).toMatchObject({ ok: true, method: 'rc-cap', verified: true, application: 'seen' });
  expect(events).toContain('bootloader.entered');
  expect(events.at(-1)).toBe('lines.set');
});

test('a failed job resolves with ok false and the reason', async () => {
  const result = await recover({ profile: 'rc-cap', image: path, simulate: 'adapter-missing' });
  expect(result).toMatchObject({ ok: false, exitCode: 3, error: { code: 'adapter-missing' } });
});

test.each([
  ['bytes with an address', { image: binary, address: 0x0800_0000 }],
  ['a parsed image', { image: parseImage(binary, 'blink', { address: 0x0800_0000 }) }],
])('it takes %s, and leaves a bench that it was given open', async (_, image) => {
  const profile = loadProfile('rc-cap');
  const bench = createSimBench({ profile });
  const result = await recover({ profile, bench, ...image });
  expect(result.ok).toBe(true);
  expect(bench.boards[0].board.running).toBe('application');
});

test('usbPath names the one device that counts', async () => {
  const result = await recover({ profile: 'rc-cap', simulate: 'already-dfu', usbPath: '1-2' });
  expect(result).toMatchObject({ ok: true, method: 'already-there' });
});

test.each([
  ['profile-unknown', { profile: 'no-such', simulate: 'crashed' }],
  ['image-unreadable', { profile: 'rc-cap', image: 'no.hex', simulate: 'crashed' }],
  ['image-address-required', { profile: 'rc-cap', image: binary, simulate: 'crashed' }],
  ['scenario-unknown', { profile: 'rc-cap', image: path, simulate: 'crashd' }],
] as const)('what is refused before anything moves rejects: %s', async (code, options) => {
  await expect(recover(options)).rejects.toMatchObject({ code, kind: 'usage' });
});

test('an aborted signal ends the job with aborted', async () => {
  const result = await recover({ profile: 'rc-cap', image: path, simulate: 'crashed', signal: AbortSignal.abort() });
  expect(result).toMatchObject({ ok: false, exitCode: 130, error: { code: 'aborted' } });
});

const { exports: entries, files } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));

test.each(Object.entries(entries).filter(([, entry]) => typeof entry === 'object'))(
  'the package has the code and the types of %s, and ships them',
  (_, entry) => {
    const { types, default: code } = entry as Record<string, string>;
    expect(types).toBe(code!.replace(/js$/, 'd.ts'));
    expect([code, types].map((path) => existsSync(join(repository, path!)))).toEqual([true, true]);
    expect(files).toContain(code!.split('/')[1]);
  },
);

test('`bootctl/machines` of the built package exports the machines', () => {
  const script = "import('bootctl/machines').then((all) => console.log(Object.keys(all).sort().join()))";
  const output = execFileSync(process.execPath, ['-e', script], { cwd: repository, encoding: 'utf8' });
  expect(output.trim().split(',')).toEqual(Object.keys(machines).sort());
});

test('a machine starts as the README says, and an inspector is told its states', () => {
  const states: unknown[] = [];
  const openAdapter = fromPromise<void, void>(() => new Promise(() => {}));
  const inspect = (event: { type: string; snapshot?: unknown }) => {
    if (event.type === '@xstate.snapshot') states.push((event.snapshot as { value?: string }).value);
  };
  const input = { hasWork: true, unprotect: false };
  createActor(machines.recoverMachine.provide({ actors: { openAdapter } }), { input, inspect })
    .start()
    .stop();
  expect(states).toContain('opening');
  const readme = readFileSync(join(repository, 'README.md'), 'utf8');
  expect(readme).toContain('recoverMachine.provide({ actors: { openAdapter } })');
  expect(readme).toContain('input: { hasWork: true, unprotect: false }');
});
