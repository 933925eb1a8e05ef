import { expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { scenarioNamed } from '../../src/sim/scenarios.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { runCommand } from '../helpers/command.ts';
import { f405, profileFile } from '../helpers/profile-file.ts';

// A ROM that measures its crystal wrongly at most starts (F401 and F411 with 25 MHz): only every n-th start enumerates.

async function enter(
  id: string,
  own: readonly string[],
  { every = 0, argv = [] as string[], scenario = 'flaky-crystal' } = {},
) {
  const path = profileFile(id, f405, ...own);
  const given = { ...scenarioNamed(scenario), ...(every ? { enumeratesEvery: every } : {}) };
  const bench = createSimBench({ profile: findProfile(path, { cwd: '/' }), scenario: given });
  const ran = await runCommand(['enter', '--profile', path, '--simulate', 'crashed', '--json', ...argv], { bench });
  const attempts = ran.result.attempts as { method: string; change: string; outcome: string }[];
  return { ...ran, attempts, roms: bench.truth.of('boot0-sampled').filter(({ level }) => level === 1).length };
}

const lines = 'methods: [lines]';
const at = 'usb: { path: "1-2" }';

test.each([
  { every: 3, ok: true, tries: 3 },
  { every: 4, ok: true, tries: 4 },
  { every: 5, ok: true, tries: 5 }, // the longer pulse
  { every: 7, ok: false, tries: 5 },
])('without a word of the profile: every $every. start, $tries tries', async ({ every, ok, tries }) => {
  const { result, attempts, roms } = await enter(`flaky-${every}`, [lines, at], { every });
  expect(result.ok).toBe(ok);
  expect([attempts.length, roms]).toEqual([tries, tries]);
});

test('`attempts` in the profile, and `--attempts` before it', async () => {
  const twenty = await enter('flaky-profile', [lines, at, 'attempts: 20'], { every: 20 });
  expect(twenty.result).toMatchObject({ ok: true, method: 'lines' });
  expect(twenty.attempts).toHaveLength(20);
  const one = await enter('flaky-option', [lines, at, 'attempts: 20'], { every: 20, argv: ['--attempts', '1'] });
  expect(one.attempts.map(({ change }) => change)).toEqual(['nominal', 'longer pulse']);
});

test('a bus that stays silent is tried once, unless more is asked for', async () => {
  const silent = await enter('silent', [lines, at], { scenario: 'no-usb' });
  expect(silent.attempts).toHaveLength(2);
  const asked = await enter('silent-asked', [lines, at], { scenario: 'no-usb', argv: ['--attempts', '3'] });
  expect(asked.attempts.map(({ change }) => change)).toEqual(['nominal', 'nominal', 'nominal', 'longer pulse']);
});

test.each([
  ['boot0-stuck-low-running', 'application: { expect: usb, vendorId: "0483", productId: "5740" }'],
  ['nrst-open-running', 'application: { expect: usb, vendorId: "0483", productId: "5740" }'],
  ['clone-gd32', 'application: { expect: none }'],
  ['other-usb-port', 'application: { expect: none }'],
])('%s: what came or stayed instead is not tried again', async (scenario, application) => {
  const { attempts } = await enter(`instead-${scenario}`, [lines, at, application], {
    scenario,
    argv: ['--attempts', '5'],
  });
  expect(attempts).toHaveLength(2);
});

test('the advice names it, and so do profile show and --dry-run', async () => {
  const { result } = await enter('flaky-advice', [lines, at], { every: 50 });
  const diagnosis = result.diagnosis as { cause: string; advice: string }[];
  expect(diagnosis[0]).toMatchObject({ cause: 'enumeration-failed', advice: expect.stringContaining('--attempts 20') });
  const dry = await runCommand(['enter', '--dry-run', '--profile', 'two-line', '--attempts', '9']);
  expect(dry.stdout).toMatch(/^attempts +9 of a rung$/m);
  const usual = await runCommand(['enter', '--dry-run', '--profile', 'two-line']);
  expect(usual.stdout).toMatch(/^attempts +1 of a rung, 4 where the host sees a device that it cannot enumerate$/m);
});

test.each(['0', '101', '1.5', 'many'])('%s attempts are refused', async (text) => {
  const { status, stderr } = await runCommand(['enter', '--profile', 'two-line', '--simulate', '--attempts', text]);
  expect(status).toBe(2);
  expect(stderr).toContain('A whole number from 1 to 100');
});
