import { describe, expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { type ScenarioDifferences, scenarioNamed } from '../../src/sim/scenarios.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { firmware, runCommand } from '../helpers/command.ts';
import { f405, profileFile } from '../helpers/profile-file.ts';

// Pyboard D, Daisy: the ROM has its DFU at one USB connector of the board, the application is at another one.

const ids = 'vendorId: "f055", productId: "9800"';
const application = (path?: string) =>
  `application: { expect: usb, ${ids}${path ? `, path: ${path}` : ''}, timeout: 5s }`;
const lines = 'methods: [lines]';
const asking = ['methods: [soft-jump]', `softJump: [{ trigger: touch-1200, via: target }]`];
const rom = 'usb: { path: "1-2" }';

async function flash(id: string, own: readonly string[], scenario: ScenarioDifferences = {}) {
  const path = profileFile(id, f405, ...own);
  const given = { ...scenarioNamed('two-connectors'), ...scenario };
  const bench = createSimBench({ profile: findProfile(path, { cwd: '/' }), scenario: given });
  const ran = await runCommand(['flash', firmware, '--profile', path, '--simulate', 'healthy', '--json'], { bench });
  const resets = ran.truth.filter(({ what }) => what === 'boot0-sampled').length;
  return { ...ran, resets };
}

describe.each([
  ['its path', '"1-4"'],
  ['any', 'any'],
])('the application is awaited at its own connector: %s', (name, path) => {
  test('by the lines: seen; at a named place without a reset after the leave', async () => {
    const { result, truth } = await flash(`apart-lines-${name.length}`, [application(path), lines]);
    expect(result).toMatchObject({ ok: true, verified: true, application: 'seen' });
    const programmed = truth.findLastIndex(({ what }) => what === 'programmed');
    // Anywhere it may be another board's: one more reset shows that it is not.
    expect(truth.slice(programmed).some(({ what }) => what === 'boot0-sampled')).toBe(path === 'any');
  });
  test('by a soft jump, with the place of the ROM: it is asked at its connector, and the ROM comes at the other', async () => {
    const { result, resets } = await flash(`apart-asked-${name.length}`, [application(path), ...asking, rom]);
    expect(result).toMatchObject({ ok: true, method: 'soft-jump', application: 'seen' });
    if (path !== 'any') expect(resets).toBe(0);
  });
  test('by a soft jump, with no place of the ROM: a reset shows whose it is', async () => {
    const { result } = await flash(`apart-unplaced-${name.length}`, [application(path), ...asking]);
    expect(result).toMatchObject({ ok: true, method: 'soft-jump', application: 'seen' });
  });
  test('it comes back instead of the bootloader, and that ends the wait', async () => {
    const { result } = await flash(`apart-back-${name.length}`, [application(path), lines, rom], {
      board: { boot0Stuck: 0 },
    });
    expect((result.attempts as { outcome: string }[])[0]?.outcome).toBe('application-came-back');
  });
});

test('without a path in the profile the message has what to write', async () => {
  const { result, status } = await flash('apart-unnamed', [application(), lines, rom]);
  expect(status).toBe(8);
  expect((result.error as { message: string }).message).toContain(
    'one came at 1-4: if that is another connector of this board, write `path: "1-4"` into `application` of the profile',
  );
});

test('at a named connector it has to come there: elsewhere is not seen', async () => {
  const { result, status } = await flash('apart-wrong', [application('"1-6"'), lines, rom]);
  expect(status).toBe(8);
  expect((result.error as { message: string }).message).toMatch(/f055:9800 at 1-6 within 5 s; one came at 1-4/);
});

test('any: a neighbour with the same ids that is there all the time is not taken for it', async () => {
  const { result } = await flash('any-neighbour', [application('any'), lines], {
    flashedCrashes: true,
    neighbours: [{ name: 'other', runs: 'application' }],
  });
  expect(result).toMatchObject({ ok: false, application: 'not-seen' });
});

test('any: two newcomers like it are no proof', async () => {
  const { result } = await flash('any-two', [application('any'), lines], {
    neighbours: [
      {
        name: 'other',
        runs: 'application',
        unplugged: true,
        moves: [{ when: { sampling: 2, after: 50 }, what: 'plug' }],
      },
    ],
  });
  expect(result.application).not.toBe('not-seen');
});

test('profile check, show and --dry-run', async () => {
  const path = profileFile('apart-shown', f405, application('"1-4"'), lines);
  expect((await runCommand(['profile', 'check', path])).status).toBe(0);
  expect((await runCommand(['profile', 'show', path])).stdout).toMatch(
    /USB device f055:9800 at USB path 1-4 within 5 s/,
  );
  const any = profileFile('any-shown', f405, application('any'), lines);
  expect((await runCommand(['profile', 'show', any])).stdout).toMatch(/at any USB path within 5 s/);
  const wrong = await runCommand(['profile', 'check', profileFile('apart-bad', f405, application('elsewhere'), lines)]);
  expect(wrong.stderr).toMatch(/application\.path: found .*; allowed: a USB path in quotes, such as "1-2\.3", or any/);
});
