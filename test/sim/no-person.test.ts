import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { recover } from '../../src/ops/recover.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { firmware, runCommand } from '../helpers/command.ts';

/** A board whose only way in is a person, where no person can be asked: a script, CI, `--json`, the library. */
const folder = mkdtempSync(join(tmpdir(), 'bootctl-nobody-'));

function profileOf(id: string, ...lines: readonly string[]): string {
  const path = join(folder, `${id}.yaml`);
  writeFileSync(path, [`id: ${id}`, 'description: buttons only', ...lines, ''].join('\n'));
  return path;
}

const buttons = profileOf('buttons', 'target: { family: F405_407 }', 'methods: [manual]');

test.each([
  { command: ['recover', firmware] },
  { command: ['enter'] },
  { command: ['flash', firmware] },
  { command: ['verify', firmware] },
  { command: ['info'] },
])('$command says that nobody can be asked, and nothing has moved', async ({ command }) => {
  const { status, result, truth } = await runCommand([...command, '--profile', buttons, '--simulate', '--json']);
  expect(status).toBe(4);
  expect(result).toMatchObject({ ok: false, flash: 'untouched', error: { code: 'nobody-to-ask' } });
  expect((result.error as { hint: string }).hint).toMatch(/at a terminal.*--usb-path/);
  expect(truth.filter(({ what }) => what === 'lines')).toEqual([]);
});

test('a bootloader that is there without a name is offered by its place', async () => {
  const { result } = await runCommand(['enter', '--profile', buttons, '--simulate', 'already-dfu', '--json']);
  expect((result.error as { hint: string }).hint).toMatch(/at 1-2: if it is this board, add `--usb-path 1-2`/);
});

test('with its USB path no person is needed', async () => {
  const argv = ['enter', '--profile', buttons, '--usb-path', '1-2', '--simulate', 'already-dfu', '--json'];
  expect((await runCommand(argv)).result).toMatchObject({ ok: true, method: 'already-there' });
});

test.each([
  { scenario: 'already-usart', ends: { ok: true, method: 'already-there', bootloader: 'usart', attempts: [] } },
  { scenario: 'healthy', ends: { ok: false, exitCode: 4, error: { code: 'nobody-to-ask' } } },
])('with TX and RX the ROM is called once, before nobody is found to ask: $scenario', async ({ scenario, ends }) => {
  const wires = profileOf('wires', 'target: { family: F405_407 }', 'usart: { connected: true }', 'methods: [manual]');
  const { result, truth } = await runCommand(['enter', '--profile', wires, '--simulate', scenario, '--json']);
  expect(result).toMatchObject(ends);
  const { message = '' } = (result.error ?? {}) as { message?: string };
  if (!result.ok)
    expect(message).toMatch(/nobody to ask at a terminal; the USART of the ROM was called as well: No answer/);
  expect(truth.filter(({ what }) => what === 'nrst')).toEqual([]);
});

test('the library resolves with the same refusal', async () => {
  const profile = findProfile(buttons, { cwd: '/' });
  const result = await recover({ profile, bench: createSimBench({ profile }) });
  expect(result).toMatchObject({ ok: false, error: { code: 'nobody-to-ask' } });
});

test('no profile and no option end in an internal error', async () => {
  const method = fc.constantFrom('manual', 'lines', 'soft-jump');
  const asked = 'softJump: [{ trigger: serial-command, send: "x", baudRate: 115200, via: adapter }]';
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(method, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      fc.constantFrom('none', 'usb', 'serial'),
      fc.constantFrom('crashed', 'healthy', 'already-dfu', 'already-usart', 'no-usb', 'blank-flash'),
      fc.constantFrom('recover', 'enter', 'reset', 'info', 'verify'),
      fc.constantFrom(false, false, true),
      async (methods, usart, expects, scenario, verb, noEntry) => {
        const application = {
          none: '{ expect: none }',
          usb: '{ expect: usb, vendorId: "0483", productId: "5740", timeout: 2s }',
          serial: '{ expect: serial, match: "ready", timeout: 1s }',
        }[expects];
        const path = profileOf(
          'generated',
          'target: { family: F405_407 }',
          ...(methods.includes('lines')
            ? ['wiring: { nrst: { line: rts, asserted: 0 }, boot0: { line: dtr, asserted: 1 } }']
            : []),
          `usart: { connected: ${usart} }`,
          `methods: [${methods.join(', ')}]`,
          ...(methods.includes('soft-jump') ? [asked] : []),
          `application: ${application}`,
        );
        const image = verb === 'recover' || verb === 'verify' ? [firmware] : [];
        const { status, result, stderr } = await runCommand([
          ...[verb, ...image, '--profile', path, '--simulate', scenario, '--json'],
          ...(noEntry && verb !== 'reset' ? ['--no-entry'] : []),
        ]);
        expect({ status, stderr }).not.toMatchObject({ status: 1 });
        expect(result.exitCode).toBe(status);
      },
    ),
    { numRuns: 60, seed: 16 },
  );
}, 120_000);
