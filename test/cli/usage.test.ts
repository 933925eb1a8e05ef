import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { vhciFolder } from '../../src/sim/usbip/vhci.ts';
import { firmware, jsonLines, repository, runCli, untouchableBench } from '../helpers/cli-context.ts';

const untouchable = { openBench: untouchableBench };

describe('refused before anything is opened', () => {
  test.each([
    { argv: ['recover', '--prot', 'x'], message: "unknown option '--prot'", hint: 'Did you mean --port?' },
    { argv: ['recovr'], message: "unknown command 'recovr'", hint: 'Did you mean recover?' },
    { argv: ['profile', 'chekc'], message: "unknown command 'chekc'", hint: 'Did you mean check?' },
    { argv: ['enter', 'a'], message: 'too many arguments', hint: 'bootctl help enter' },
    { argv: ['recover', firmware], message: 'No board profile', hint: '--profile <id|path>' },
    { argv: ['recover', firmware, '-p', 'no-such'], message: '"no-such"', hint: 'bootctl profile list' },
    { argv: ['recover', 'no.hex', '-p', 'rc-cap'], message: 'no.hex', hint: 'may read the file' },
    { argv: ['recover', '-p', 'rc-cap', '--timeout', '5'], message: 'such as 5s', hint: 'bootctl help recover' },
    { argv: ['recover', '-p', 'rc-cap', '--baud', '9600.5'], message: 'such as 115200', hint: 'bootctl help recover' },
    { argv: ['recover', '-p', 'rc-cap', '--timeout', '0s'], message: 'such as 5s', hint: 'bootctl help recover' },
    { argv: ['recover', '-p', 'rc-cap', '--usb-path', '1:2'], message: 'such as 1-2.3', hint: 'bootctl help' },
    { argv: ['recover', '-p', 'rc-cap', '--address', '8000000h'], message: '32 bits', hint: 'bootctl help' },
    { argv: ['recover', '-p', 'rc-cap', '--address', '0x100000000'], message: '32 bits', hint: 'bootctl help' },
    { argv: ['enter', '-p', 'rc-cap', '-v', '-q'], message: 'cannot be used with', hint: 'bootctl help enter' },
    { argv: ['enter', '-p', 'rc-cap', '--force'], message: "unknown option '--force'", hint: 'bootctl help enter' },
    {
      argv: ['recover', '-p', 'rc-cap', '--simulate', 'fw.hex'],
      message: '--simulate took "fw.hex"',
      hint: '`bootctl recover fw.hex --simulate`',
    },
    { argv: ['list', '--simulate'], message: 'No board profile', hint: '--profile <id|path>' },
  ])('$argv', async ({ argv, message, hint }) => {
    const { status, stdout, stderr } = await runCli(argv, untouchable);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    const [first, second, ...rest] = stderr.split('\n');
    expect(first).toMatch(/^bootctl: .* \[[a-z-]+\]$/);
    expect(first).toContain(message);
    expect(second).toContain(hint);
    expect(rest).toEqual(['']);
  });

  test('with --json the refusal is a result line as well', async () => {
    const { status, stdout } = await runCli(['recover', '--json', '--prot', 'x'], untouchable);
    expect(status).toBe(2);
    expect(jsonLines(stdout)).toEqual([
      {
        event: 'result',
        t: expect.any(Number),
        ok: false,
        exitCode: 2,
        method: null,
        bootloader: null,
        image: null,
        verified: false,
        flash: 'untouched',
        application: 'not-checked',
        target: 'untouched',
        kept: [],
        attempts: [],
        diagnosis: [],
        durations: {},
        error: { code: 'usage', message: "unknown option '--prot'", hint: 'Did you mean --port?' },
      },
    ]);
  });

  test('an unknown scenario names those that are spelt alike', async () => {
    const { status, stderr } = await runCli(['enter', '-p', 'rc-cap', '--simulate', 'crashd']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('[scenario-unknown]')]);
    expect(stderr).toContain('crashed');
  });
});

describe('a bug', () => {
  const broken = {
    openBench: async () => {
      throw new TypeError('undefined is not a bench');
    },
  };

  test('is exit 1 with its stack and a request to report it', async () => {
    const { status, stderr } = await runCli(['enter', '-p', 'rc-cap'], broken);
    expect(status).toBe(1);
    expect(stderr).toMatch(/please report.*\nTypeError: undefined is not a bench\n {4}at /);
  });

  test('is a result line with the code internal', async () => {
    const { status, stdout } = await runCli(['enter', '-p', 'rc-cap', '--json'], broken);
    expect(status).toBe(1);
    expect(jsonLines(stdout)).toMatchObject([
      { event: 'result', ok: false, exitCode: 1, error: { code: 'internal', message: 'undefined is not a bench' } },
    ]);
  });
});

describe('help', () => {
  test('names every command, with examples and exit statuses', async () => {
    const { status, stdout, stderr } = await runCli(['--help'], untouchable);
    expect([status, stderr]).toEqual([0, '']);
    for (const verb of ['recover', 'enter', 'list', 'profile', 'simulate', 'trace'])
      expect(stdout).toContain(`\n  ${verb} `);
    expect(stdout).toContain('bootctl recover firmware.hex --profile rc-cap');
    expect(stdout).toContain('130 interrupted');
  });

  test.each(['recover', 'enter', 'list', 'simulate', 'trace'])('of %s has an example of its own', async (verb) => {
    const { status, stdout } = await runCli(['help', verb], untouchable);
    expect(status).toBe(0);
    expect(stdout).toContain(`Examples:\n  bootctl ${verb}`);
  });

  test('lists each command with the usage that its own help has, and both ways to that help print the same', async () => {
    const { stdout } = await runCli(['--help'], untouchable);
    const listed = [...stdout.matchAll(/^ {2}([a-z][a-z-]*)((?: [[<][^ ]+[\]>])*)(?: {2,}|$)/gm)];
    const commands = listed.filter(([, name]) => name !== 'bootctl' && name !== 'help');
    expect(commands.length).toBe(22);
    for (const [, name = '', usage = ''] of commands) {
      const own = await runCli([name, '--help'], untouchable);
      const shown = usage === '' ? ' [options] [command]' : usage; // one with commands of its own
      expect(own.stdout).toContain(`Usage: bootctl ${name}${shown}\n`);
      expect(await runCli(['help', name], untouchable)).toEqual(own);
    }
  });

  test('without a command it goes to stderr, and the status is 2', async () => {
    const { status, stdout, stderr } = await runCli([], untouchable);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: bootctl');
  });

  test('every option of recover tells its environment variable', async () => {
    const { stdout } = await runCli(['recover', '--help'], untouchable);
    const flags = stdout.match(/^ {2}(-\w, )?--[a-z-]+/gm) ?? [];
    const variables = stdout.match(/BOOTCTL_[A-Z_]+/g) ?? [];
    expect(flags.length).toBeGreaterThanOrEqual(16);
    expect(new Set(variables).size).toBe(flags.length - 1); // all but --help
  });
});

test('--version prints the version of package.json', async () => {
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  expect(await runCli(['--version'], untouchable)).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
});

describe('environment variables', () => {
  afterEach(() => vi.unstubAllEnvs());
  /** commander reads the process's own environment. */
  const withEnv = (argv: readonly string[], env: Record<string, string>) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    return runCli(argv, { ...untouchable, env });
  };
  const planOf = (stdout: string) => jsonLines(stdout)[0];

  test('stand for options', async () => {
    const { status, stdout } = await withEnv(['enter'], {
      BOOTCTL_PROFILE: 'two-line',
      BOOTCTL_PORT: '/dev/ttyUSB7',
      BOOTCTL_USB_PATH: '3-1.4',
      BOOTCTL_TIMEOUT: '800ms',
      BOOTCTL_DRY_RUN: '1',
      BOOTCTL_JSON: 'true',
    });
    expect(status).toBe(0);
    expect(planOf(stdout)).toMatchObject({
      profile: 'two-line',
      adapter: { port: '/dev/ttyUSB7' },
      usb: { path: '3-1.4' },
      timeout: 800,
    });
  });

  test('yield to the command line', async () => {
    const { stdout } = await withEnv(['enter', '-p', 'rc-cap', '-n', '--json'], { BOOTCTL_PROFILE: 'two-line' });
    expect(planOf(stdout)).toMatchObject({ profile: 'rc-cap' });
  });

  test.each(['0', 'false', 'no', 'off', ''])('that say %j switch nothing on', async (value) => {
    const { status, stderr } = await withEnv(['enter', '-p', 'rc-cap', '-n'], {
      BOOTCTL_JSON: value,
      BOOTCTL_QUIET: value,
      BOOTCTL_SIMULATE: value,
    });
    expect([status, stderr]).toEqual([0, '']);
  });

  test('that are wrong are refused by name', async () => {
    const { status, stderr } = await withEnv(['enter', '-p', 'rc-cap'], { BOOTCTL_TIMEOUT: 'soon' });
    expect(status).toBe(2);
    expect(stderr).toContain("from env 'BOOTCTL_TIMEOUT'");
  });
});

describe('simulate --kernel', () => {
  const row = { profile: ['--profile', 'rc-cap'], argv: [] as string[] };
  test.skipIf(existsSync(vhciFolder)).each([
    { ...row, name: 'without vhci_hcd', code: 'kernel-bench-unavailable', status: 3 },
    { ...row, name: 'with an unknown chip', argv: ['--chip', 'ft999'], code: 'usage', status: 2 },
    { ...row, name: 'without a profile', profile: [], code: 'usage', status: 2 },
  ])('$name is refused with $code', async ({ argv, profile, code, status }) => {
    const run = await runCli(['simulate', '--kernel', '--json', ...profile, ...argv]);
    expect([run.status, jsonLines(run.stdout).at(-1)?.error]).toMatchObject([status, { code }]);
  });
});
