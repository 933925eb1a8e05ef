import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { jsonLines, repository, runCli } from '../helpers/cli-context.ts';
import { quietHost as host } from '../helpers/host-facts.ts';
import { f405, profileFile } from '../helpers/profile-file.ts';

/** `bootctl doctor` on a host that sees what this scenario's bench has. */
function doctor(scenario: string, ...argv: string[]) {
  const bench = createSimBench({ profile: findProfile('rc-cap', { cwd: '/' }), scenario });
  const setup = { hostFacts: async () => host, openBench: async () => bench };
  return runCli(['doctor', ...argv], setup).then((run) => ({ ...run, truth: bench.truth.events }));
}

test('without a problem it exits 0, and moves no line', async () => {
  const { status, stdout, stderr, truth } = await doctor('crashed', '--profile', 'rc-cap');
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^ok +profile-adapter +the adapter of the profile is \/dev\/ttySIM0/m);
  expect(stdout).toMatch(/\n0 problems, \d warnings?\n$/);
  expect(truth.filter(({ what }) => what === 'lines' || what === 'nrst')).toEqual([]);
});

test('with a problem it exits 3 and says what to do', async () => {
  const { status, stdout } = await doctor('adapter-missing', '--profile', 'rc-cap');
  expect(status).toBe(3);
  expect(stdout).toMatch(/^problem +profile-adapter +No USB-serial adapter found.*\n +Plug the adapter in/m);
});

test('what `profile check` warns of is a warning here as well', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-doctor-'));
  const profile = join(folder, 'shared-pin.yaml');
  const twoLine = readFileSync(join(repository, 'hardware/profiles/two-line.yaml'), 'utf8');
  writeFileSync(profile, `${twoLine.replace('id: two-line', 'id: shared-pin')}target: { family: G0B1_0C1 }\n`);
  const { status, stdout } = await doctor('crashed', '--profile', profile);
  rmSync(folder, { recursive: true });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^warning +profile-warnings +BOOT0 of .* is PA14, which is SWCLK: put 1 kΩ/m);
});

test('an unknown profile is a finding', async () => {
  const { status, stdout } = await doctor('crashed', '--profile', 'no-such');
  expect(status).toBe(3);
  expect(stdout).toMatch(/^problem +profile +.*no-such/m);
});

test('--json: a line a check, the result last', async () => {
  const { status, stdout } = await doctor('usb-denied', '--json');
  const lines = jsonLines(stdout);
  expect([status, lines.at(-1)]).toMatchObject([0, { event: 'result', ok: true, exitCode: 0 }]);
  expect(lines.slice(0, -1).every(({ event, check, verdict }) => event === 'check' && check && verdict)).toBe(true);
  const failed = jsonLines((await doctor('adapter-missing', '-p', 'rc-cap', '--json')).stdout).at(-1);
  expect(failed).toMatchObject({ ok: false, exitCode: 3, error: { code: 'host-not-ready' } });
});

test('--udev prints the rules as they are shipped, and looks at nothing', async () => {
  const { status, stdout } = await runCli(['doctor', '--udev']);
  expect([status, stdout]).toEqual([0, readFileSync(join(repository, 'hardware/udev/60-bootctl.rules'), 'utf8')]);
});

test('--image says whether the firmware can be asked, and whether by what the profile asks', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-doctor-image-'));
  const bytes = Buffer.alloc(256);
  bytes.write('bootctl-kit/1;jump;F405_407;1;boot', 64, 'latin1');
  const image = join(folder, 'app.bin');
  writeFileSync(image, bytes);
  const asking = profileFile(
    'doctor-asks',
    f405,
    'softJump: [{ trigger: serial-command, send: "bootloader\\r\\n", via: adapter }]',
    'methods: [soft-jump, lines]',
  );
  const alone = await doctor('crashed', '--image', image);
  expect(alone.stdout).toMatch(/^ok +image +.*app\.bin can be asked: jump into the ROM of F405_407 on "boot"/m);
  const { status, stdout } = await doctor('crashed', '--image', image, '--profile', asking);
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^warning +image +.*answers to "boot", and the softJump of the profile asks for something else/m,
  );
  const none = await doctor('crashed', '--image', join(repository, 'test/fixtures/firmware/blink-f405.hex'));
  expect(none.stdout).toMatch(/^ok +image +.*has no firmware kit of bootctl in it/m);
  rmSync(folder, { recursive: true });
});
