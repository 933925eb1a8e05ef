import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type AnyActorRef, createActor, fromPromise, type InspectionEvent } from 'xstate';
import * as machines from '../../machines/index.ts';
import * as bootctl from '../../src/index.ts';
import { loadProfile, type ProgressEvent, parseImage, recover } from '../../src/index.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { readTrace } from '../../src/trace/trace-file.ts';
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

describe('every verb', () => {
  /** A target on a bench of its own, which goes on from one verb to the next. */
  function target() {
    const bench = createSimBench({ profile: loadProfile('rc-cap') });
    return { bench, given: { profile: 'rc-cap', bench }, chip: bench.boards[0].board };
  }
  const image = { image: binary, address: 0x0800_0000 };
  const [begin, length] = [0x0800_0100, 64];
  const part = binary.subarray(0x100, 0x100 + length);

  test('of the command line is one of the library', () => {
    const verbs = readdirSync(join(repository, 'src/cli/commands')).flatMap(
      (file) => /^([\w-]+)\.ts$/.exec(file)?.[1] ?? [],
    );
    const others = ['profile', 'rc', 'firmware', 'image', 'jig', 'fleet', 'simulate', 'trace', 'ui'];
    const names = verbs
      .filter((verb) => !others.includes(verb))
      .map((verb) => verb.replace(/-(\w)/g, (_, one) => one.toUpperCase()));
    expect(names.length).toBe(13);
    expect(
      [...names, 'plan'].filter((name) => typeof (bootctl as Record<string, unknown>)[name] !== 'function'),
    ).toEqual([]);
  });

  test('enter leaves the target in its bootloader', async () => {
    const { given, chip } = target();
    expect(await bootctl.enter(given)).toMatchObject({ ok: true, method: 'rc-cap', target: 'bootloader' });
    expect(chip.running).toBe('ROM of F405');
  });

  test('flash writes the image, which verify finds and read gives back; erase takes it away', async () => {
    const { given, chip } = target();
    const before = await bootctl.verify({ ...given, ...image });
    expect(before).toMatchObject({ ok: false, error: { code: 'verify-mismatch' }, flash: 'untouched' });
    expect(await bootctl.flash({ ...given, ...image })).toMatchObject({
      ok: true,
      verified: true,
      application: 'seen',
    });
    expect(await bootctl.verify({ ...given, ...image })).toMatchObject({ ok: true, verified: true });
    const { ok, read } = await bootctl.read({ ...given, address: begin, length });
    expect([ok, read?.address]).toEqual([true, begin]);
    expect(Buffer.from(read!.data)).toEqual(part);
    expect(chip.running).toBe('application');
    expect(await bootctl.erase({ ...given, address: begin, length })).toMatchObject({ ok: true, flash: 'erased' });
    const blank = await bootctl.read({ ...given, address: begin, length });
    expect(Buffer.from(blank.read!.data)).toEqual(Buffer.alloc(length, 0xff));
  });

  test('flash with stay leaves the target in its bootloader', async () => {
    const { given, chip } = target();
    expect(await bootctl.flash({ ...given, ...image, stay: true })).toMatchObject({ ok: true, target: 'bootloader' });
    expect(chip.running).toBe('ROM of F405');
  });

  test('flash restores the bytes of a file that is named', async () => {
    const { given } = target();
    const beside = { path: 'kept.bin', image: parseImage(part, 'kept', { address: 0x0801_0000 }) };
    expect(await bootctl.flash({ ...given, image: path, restore: beside })).toMatchObject({ ok: true });
    const { read } = await bootctl.read({ ...given, address: 0x0801_0000, length });
    expect(Buffer.from(read!.data)).toEqual(part);
    await expect(bootctl.flash({ ...given, image: path, restore: 'no.hex' })).rejects.toMatchObject({
      code: 'image-unreadable',
    });
  });

  test('info has the memories by their numbers, and writeMemory writes one of them', async () => {
    const { given } = target();
    const { info } = await bootctl.info(given);
    expect(info?.memories.map(({ setting, layout }) => [setting, layout.name])).toContainEqual([1, 'Option Bytes']);
    const { read } = await bootctl.read({ ...given, alternate: 1 });
    const data = Uint8Array.from(read!.data);
    const result = await bootctl.writeMemory({ ...given, alternate: 1, data });
    expect(result).toMatchObject({ ok: true, written: { setting: 1, bytes: data.length } });
    await expect(bootctl.writeMemory({ ...given, alternate: 0, data })).rejects.toMatchObject({ code: 'usage' });
  });

  test('what a failed job has not read, found or written is null', async () => {
    const failing = { profile: 'rc-cap', simulate: 'adapter-missing' };
    const ended = { ok: false, error: { code: 'adapter-missing' } };
    expect(await bootctl.read(failing)).toMatchObject({ ...ended, read: null });
    expect(await bootctl.info(failing)).toMatchObject({ ...ended, info: null });
    const data = new Uint8Array(16);
    expect(await bootctl.writeMemory({ ...failing, alternate: 1, data })).toMatchObject({ ...ended, written: null });
  });

  test('reset starts the application again', async () => {
    const { given, chip } = target();
    await bootctl.flash({ ...given, ...image, stay: true });
    expect(await bootctl.reset(given)).toMatchObject({ ok: true, target: 'application', method: null });
    expect(chip.running).toBe('application');
  });

  test('list has what is there, and moves nothing', async () => {
    const bench = createSimBench({ profile: loadProfile('rc-cap'), scenario: 'already-dfu' });
    const { ports, dfuDevices } = await bootctl.list({ bench });
    expect(ports.map(({ info }) => info.path)).toEqual(['/dev/ttySIM0']);
    expect(dfuDevices.map(({ info }) => info.path)).toEqual(['1-2']);
    expect(bench.truth.events.some(({ what }) => what === 'lines')).toBe(false);
    const simulated = await bootctl.list({ profile: 'rc-cap', simulate: 'already-dfu' });
    expect(simulated.dfuDevices).toHaveLength(1);
    await expect(bootctl.list({ simulate: 'already-dfu' })).rejects.toMatchObject({ code: 'usage' });
  });

  const host = {
    platform: 'linux',
    nodeVersion: '20.19.0',
    isRoot: true,
    modules: [],
    modemManagerRuns: false,
    ports: {},
    runtimeDfu: [],
  };

  test('doctor has a finding for each check, and is not ok where one is a problem', async () => {
    const given = { profile: 'rc-cap', simulate: 'crashed' };
    const good = await bootctl.doctor({ ...given, host });
    expect(good).toMatchObject({ ok: true, exitCode: 0, error: null });
    expect(good.findings).toContainEqual({ check: 'node', verdict: 'ok', seen: 'Node.js 20.19.0' });
    const old = await bootctl.doctor({ ...given, host: { ...host, nodeVersion: '18.0.0' } });
    expect(old).toMatchObject({ ok: false, exitCode: 3, error: { code: 'host-not-ready' } });
    expect(old.findings.filter(({ verdict }) => verdict === 'problem').map(({ check }) => check)).toEqual(['node']);
  });

  test('doctor finds that a profile cannot be read', async () => {
    const { bench } = target();
    const { ok, findings } = await bootctl.doctor({ profile: 'no-such', bench, host });
    expect(ok).toBe(false);
    expect(findings.find(({ check }) => check === 'profile')).toMatchObject({
      verdict: 'problem',
      seen: expect.stringContaining('no-such'),
    });
  });

  test('plan has the ways in and the sectors, and opens nothing', async () => {
    const {
      ladder,
      erase,
      timeout,
      image: planned,
    } = await bootctl.plan({ profile: 'rc-cap', image: path, timeout: 800 });
    expect(ladder[0]).toMatchObject({ method: 'rc-cap', change: 'nominal' });
    expect(erase?.sectors.map(({ address }) => address)).toEqual([0x0800_0000, 0x0800_4000, 0x0800_8000, 0x0800_c000]);
    expect([timeout, planned?.bytes]).toEqual([800, 33_700]);
    expect((await bootctl.plan({ profile: 'rc-cap' })).erase).toBeUndefined();
    await expect(bootctl.plan({ profile: 'rc-cap', image: 'no.hex' })).rejects.toMatchObject({
      code: 'image-unreadable',
    });
  });

  test('record writes a trace of any verb', async () => {
    const { given, chip } = target();
    const file = join(mkdtempSync(join(tmpdir(), 'bootctl-library-')), 'job.trace');
    const states: string[] = [];
    await bootctl.read({ ...given, address: begin, length, record: file, trace: ({ state }) => states.push(state) });
    const { header, events } = await readTrace(file);
    expect(header).toMatchObject({ profile: 'rc-cap', argv: ['(library)'] });
    const recorded = events.flatMap((event) => (event.event === 'machine.state' ? [event.state] : []));
    expect(recorded).toContain('working');
    expect(recorded).toEqual(states);
    expect(events.at(-1)).toMatchObject({ event: 'result', ok: true, flash: 'untouched' });
    expect(events.at(-1)).not.toHaveProperty('read');
    const failing = bootctl.read({ ...given, address: 0x10, length, record: file });
    await expect(failing).rejects.toMatchObject({ code: 'image-out-of-range' });
    expect((await readTrace(file)).events.at(-1)).toMatchObject({
      event: 'result',
      error: { code: 'image-out-of-range' },
    });
    expect(chip.running).toBe('crashed');
    const readme = bootctl.enter({ ...given, record: join(repository, 'README.md') });
    await expect(readme).rejects.toMatchObject({ code: 'trace-unwritable' });
  });

  test('target names the line of this run; one that there is not is refused', async () => {
    const given = { profile: 'rc-cap', simulate: 'crashed' };
    expect((await bootctl.plan({ ...given, target: 'F411' })).target?.key).toBe('F411');
    await expect(bootctl.enter({ ...given, target: 'F4' })).rejects.toMatchObject({ code: 'usage' });
  });
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

test('a machine can be started with actors of your own', () => {
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
});

/** Ids of an actor and those above it that are machines, the lowest first. */
function machinesAbove(actor: AnyActorRef | undefined): readonly string[] {
  if (!actor) return [];
  return [...('machine' in actor.getSnapshot() ? [actor.id] : []), ...machinesAbove(actor._parent)];
}

test.each(['function', 'observer'] as const)('a job shows its tree of machines to an inspector: %s', async (kind) => {
  const trees = new Set<string>();
  const roots = new Set<string>();
  const take = ({ type, actorRef, rootId }: InspectionEvent) => {
    if (type !== '@xstate.snapshot') return;
    trees.add(machinesAbove(actorRef as AnyActorRef).join(' < '));
    roots.add(rootId);
  };
  const inspect = kind === 'function' ? take : { next: take };
  const image = path;
  expect(await recover({ profile: 'rc-cap', image, simulate: 'crashed', inspect })).toMatchObject({ ok: true });
  expect(roots.size).toBe(1);
  expect([...trees].filter(Boolean).toSorted()).toEqual([
    'bootEntry < recover',
    'flash < recover',
    'leave < recover',
    'lineSequence < bootEntry < recover',
    'recover',
    'usbWatch < bootEntry < recover',
    'usbWatch < leave < recover',
  ]);
  expect(readFileSync(join(repository, 'README.md'), 'utf8')).toMatch(/await recover\(\{[^}]*, inspect \}\);/);
});

test('`reset` shows its only machine to an inspector as well', async () => {
  const machines = new Set<string>();
  const inspect = ({ type, actorRef }: InspectionEvent) => {
    if (type === '@xstate.snapshot') for (const id of machinesAbove(actorRef as AnyActorRef)) machines.add(id);
  };
  expect(await bootctl.reset({ profile: 'rc-cap', simulate: 'healthy', inspect })).toMatchObject({ ok: true });
  expect([...machines]).toEqual(['lineSequence']);
});

test('an inspector that throws does not harm the job', async () => {
  let told = 0;
  const inspect = () => {
    told++;
    throw new Error('the inspector is broken');
  };
  expect(await recover({ profile: 'rc-cap', image: path, simulate: 'crashed', inspect })).toMatchObject({ ok: true });
  expect(told).toBe(1);
});
