import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { firmware, linesAtEnd, runCommand } from '../helpers/command.ts';
import { f405, profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootctl-'));

/** A profile that differs from the reference circuit in its tail. */
const withTail = (id: string, tail: string): string => profileFile(id, f405, tail);
const rc = wholeBoot0;

test.each([
  { profile: 'rc-cap', method: 'rc-cap', application: 'seen' },
  { profile: 'two-line', method: 'lines', application: 'not-checked' },
  { profile: 'cross-coupled', method: 'rc-cap', application: 'not-checked' },
  { profile: 'one-key', method: 'lines', application: 'not-checked' },
  { profile: 'direct', method: 'lines', application: 'not-checked' },
])('the built-in profile $profile gets in by $method', async ({ profile, method, application }) => {
  const run = await runCommand(['recover', firmware, '--profile', profile, '--simulate', '--json']);
  expect(run.result).toMatchObject({ ok: true, method, verified: true, application });
  expect(linesAtEnd(run)).toEqual({ rts: 'released', dtr: 'released' });
});

test('mmdvm-hs-hat gets in by GPIO alone, over the USART, and a reset starts the application', async () => {
  const run = await runCommand(['enter', '--profile', 'mmdvm-hs-hat', '--simulate', '--json']);
  expect(run.result).toMatchObject({ ok: true, method: 'lines', bootloader: 'usart' });
  expect(run.bench.truth.of('boot0-sampled')[0]).toMatchObject({ level: 1, boots: 'rom' });
  const levels = run.bench.truth.of('gpio').slice(-2);
  expect(levels).toMatchObject([
    { offset: 21, level: 1 },
    { offset: 20, level: 0 },
  ]);
  const reset = await runCommand(['reset', '--profile', 'mmdvm-hs-hat', '--simulate', 'healthy', '--json']);
  expect(reset.result).toMatchObject({ ok: true });
});

test('self-charge: the firmware of an L072 charges BOOT0 by its pin, and no line moves', async () => {
  const argv = ['enter', '--profile', 'self-charge', '--usb-path', '1-2', '--simulate', 'healthy', '--json'];
  const { result, bench } = await runCommand(argv);
  expect(result).toMatchObject({ ok: true, method: 'soft-jump', bootloader: 'dfu' });
  expect(bench.truth.of('boot0-sampled').at(-1)).toMatchObject({ boots: 'rom' });
  expect(bench.truth.of('lines')).toEqual([]);
});

test('nucleo: the port of an ST-LINK moves no pin; the ROM that a person has started is reached over it', async () => {
  const argv = (scenario: string) => ['enter', '--profile', 'nucleo', '--simulate', scenario, '--json'];
  const alone = await runCommand(argv('crashed'));
  expect(alone.result).toMatchObject({ ok: false, error: { code: 'nobody-to-ask' } });
  expect(alone.result.error).toMatchObject({
    hint: expect.stringMatching(/by a reset with BOOT0 high, and run it again/),
  });
  const started = await runCommand(argv('already-usart'));
  expect(started.result).toMatchObject({ ok: true, bootloader: 'usart' });
  expect(started.bench.truth.of('nrst')).toEqual([]);
});

test.each(['one-key', 'direct'])(
  '%s: a reset starts the application, and a read leaves it running',
  async (profile) => {
    for (const argv of [['reset'], ['read', 'out.bin', '--length', '64']]) {
      const run = await runCommand([...argv, '--profile', profile, '--simulate', 'healthy', '--json'], { cwd: folder });
      expect(run.result).toMatchObject({ ok: true });
      expect(run.bench.boards[0].board.running).toBe('application');
      expect(linesAtEnd(run)).toEqual({ rts: 'released', dtr: 'released' });
    }
  },
);

test('an inverted wiring whose idle state is the application works as well', async () => {
  const path = join(folder, 'inverted.yaml');
  const row = (boot0: number, nrst: number) => `{ boot0: ${boot0}, nrst: ${nrst} }`;
  writeFileSync(
    path,
    `id: inverted
description: swapped lines, both active high
wiring:
  table:
    "rts released, dtr released": ${row(0, 1)}
    "rts asserted, dtr released": ${row(1, 1)}
    "rts released, dtr asserted": ${row(0, 0)}
    "rts asserted, dtr asserted": ${row(1, 0)}
methods: [lines]
`,
  );
  const run = await runCommand(['recover', firmware, '--profile', path, '--simulate', '--json']);
  expect(run.result).toMatchObject({ ok: true, method: 'lines', application: 'not-checked' });
});

test('an application proven by its text on serial', async () => {
  const path = withTail(
    'serial',
    `${rc}\nmethods: [rc-cap]\napplication: { expect: serial, match: "ready", baudRate: 115200, timeout: 3s }`,
  );
  const run = await runCommand(['recover', firmware, '--profile', path, '--simulate', '--json']);
  expect(run.result).toMatchObject({ ok: true, application: 'seen' });
  expect(run.events.find(({ event }) => event === 'application.seen')).toMatchObject({
    proof: expect.stringMatching(/ready/),
  });
});

test('a text that never comes is exit 8, and says what was waited for', async () => {
  const path = withTail(
    'serial-wrong',
    `${rc}\nmethods: [rc-cap]\napplication: { expect: serial, match: "ready", baudRate: 115200, timeout: 1s }`,
  );
  const run = await runCommand(['recover', firmware, '--profile', path, '--simulate', 'app-crashes', '--json']);
  expect(run.status).toBe(8);
  expect(run.result.error).toMatchObject({ code: 'application-not-seen', message: expect.stringMatching(/"ready"/) });
});

test('without a proof the bootloader must at least be gone, and the result does not claim more', async () => {
  const path = withTail('unproven', `${rc}\nmethods: [rc-cap]\napplication: { expect: none }`);
  const run = await runCommand(['recover', firmware, '--profile', path, '--simulate', '--json']);
  expect(run.result).toMatchObject({ ok: true, application: 'not-checked' });
});

test.each(['already-dfu', 'dfu-error'])(
  '%s at the named USB path is used as it is, without a reset',
  async (scenario) => {
    const argv = ['recover', firmware, '--profile', 'rc-cap', '--usb-path', '1-2', '--simulate', scenario, '--json'];
    const run = await runCommand(argv);
    expect(run.result).toMatchObject({ ok: true, method: 'already-there', attempts: [], application: 'seen' });
  },
);

const asked =
  'methods: [soft-jump, rc-cap]\nsoftJump: [{ trigger: touch-1200, via: target, vendorId: "0483", productId: "5740" }]';

test('an application that runs is asked for its bootloader, and no line moves BOOT0', async () => {
  const path = withTail(
    'asked',
    `${rc}\n${asked}\napplication: { expect: usb, vendorId: "0483", productId: "5740", timeout: 5s }`,
  );
  const run = await runCommand(['recover', firmware, '--profile', path, '--simulate', 'healthy', '--json']);
  expect(run.result).toMatchObject({ ok: true, method: 'soft-jump', application: 'seen' });
  expect(
    run.truth.filter((event) => event.what === 'lines' && event.dtr === 'asserted' && event.rts === 'released'),
  ).toEqual([]);
});

test('a crashed one cannot be asked: the lines get in', async () => {
  const path = withTail('unasked', `${rc}\n${asked}`);
  const run = await runCommand(['recover', firmware, '--profile', path, '--simulate', '--json']);
  expect(run.result).toMatchObject({ ok: true, method: 'rc-cap' });
  expect(run.result.attempts).toMatchObject([
    { method: 'soft-jump', outcome: 'application-port-missing' },
    { method: 'rc-cap', outcome: 'entered' },
  ]);
});

test('without an image the target stays in its bootloader', async () => {
  const run = await runCommand(['enter', '--profile', 'rc-cap', '--simulate', '--json']);
  expect(run.result).toMatchObject({ ok: true, bootloader: 'dfu', image: null, flash: 'untouched' });
  expect(run.truth.filter(({ what }) => what === 'erased' || what === 'left')).toEqual([]);
  expect(run.bench.truth.of('boot0-sampled').at(-1)).toMatchObject({ boots: 'rom' });
});

test('nothing is sent on the adapter while the ROM chooses its interface', async () => {
  const run = await runCommand(['recover', firmware, '--profile', 'rc-cap', '--simulate', '--json']);
  // The ROM is started twice: the second reset shows whose the DFU device is.
  expect(run.bench.truth.of('rom-interface').map(({ selected }) => selected)).toEqual(['usb', 'usb']);
});

const usart = 'usart: { connected: true, baudRate: 115200 }';

test('a ROM without USB is flashed, verified and left over its USART, and the application heard', async () => {
  const path = withTail(
    'usart',
    `${rc}\n${usart}\nmethods: [rc-cap]\napplication: { expect: serial, match: "ready", timeout: 3s }`,
  );
  const run = await runCommand(['recover', firmware, '--profile', path, '--simulate', 'no-usb', '--json']);
  expect(run.result).toMatchObject({
    ok: true,
    bootloader: 'usart',
    method: 'rc-cap',
    verified: true,
    application: 'seen',
  });
  expect(run.bench.truth.of('rom-interface').map(({ selected }) => selected)).toEqual(['usart']);
});

test('where DFU appears, the USART is never called', async () => {
  const path = withTail('usart-dfu', `${rc}\n${usart}\nmethods: [rc-cap]`);
  const run = await runCommand(['recover', firmware, '--profile', path, '--simulate', '--json']);
  expect(run.result).toMatchObject({ ok: true, bootloader: 'dfu' });
});

test('a USART that is silent as well costs its patience on each rung, and the job ends as before', async () => {
  const path = withTail('usart-silent', `${rc}\n${usart}\nmethods: [rc-cap]`);
  const run = await runCommand(['recover', firmware, '--profile', path, '--simulate', 'boot0-stuck-low', '--json']);
  expect(run.status).toBe(4);
  expect(run.result.attempts).toMatchObject(Array(3).fill({ outcome: 'dfu-not-seen', usart: 'silent' }));
});
