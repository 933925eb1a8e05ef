import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { parseImage } from '../../src/image/load-image.ts';
import { recover } from '../../src/ops/recover.ts';
import type { Neighbour } from '../../src/sim/neighbours.ts';
import type { ScenarioName } from '../../src/sim/scenarios.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { firmware } from '../helpers/command.ts';

/** Whose application is asked for its bootloader: the one that a reset by the lines has shown, or none. */
const askable = findProfile('soft-jump', { cwd: '/' });
const named = { ...askable, usb: { ...askable.usb, path: '1-2' } };
const askableOnUsbAlone = findProfile('micropython', { cwd: '/' });
const image = await parseImage(readFileSync(firmware), firmware, {});
const alike: Neighbour = { name: 'neighbour', runs: 'application' };

async function job(scenario: ScenarioName, neighbours: readonly Neighbour[] = [], profile: BoardProfile = askable) {
  const bench = createSimBench({ profile, scenario, neighbours });
  const { ok, method, error, attempts } = await recover({ profile, image, bench, timeout: 1_000, interactive: false });
  const { truth } = bench;
  const restarted = truth.of('vanished').filter(({ board }) => board === 'neighbour');
  const outcomes = attempts.map(({ method, outcome }) => `${method} ${outcome}`);
  const lines = truth.of('lines').map(({ t }) => t);
  const asked = truth.of('vanished').find(({ board }) => board === 'target')?.t;
  return { ok, method, error, outcomes, restarted, lines, asked };
}

test('a crashed board beside one that runs the same firmware: the other one is not asked, and the lines get in', async () => {
  const { ok, method, outcomes, restarted } = await job('crashed', [alike]);
  expect({ ok, method, restarted }).toEqual({ ok: true, method: 'rc-cap', restarted: [] });
  // The other way of asking goes by the adapter, where nobody answers.
  expect(outcomes).toEqual(['soft-jump application-unproven', 'soft-jump application-silent', 'rc-cap entered']);
});

test('two that run the same firmware: the one that leaves the bus in the reset is asked', async () => {
  const { ok, method, outcomes, restarted } = await job('healthy', [alike]);
  expect({ ok, method, outcomes, restarted }).toEqual({
    ok: true,
    method: 'soft-jump',
    outcomes: ['soft-jump entered'],
    restarted: [],
  });
});

test('a healthy board alone is reset before it is asked; where its place is named no line moves', async () => {
  const proven = await job('healthy');
  expect(proven).toMatchObject({ ok: true, method: 'soft-jump' });
  expect(proven.lines.length).toBeGreaterThan(0);
  const { ok, method, lines } = await job('healthy', [alike], named);
  expect({ ok, method, lines }).toEqual({ ok: true, method: 'soft-jump', lines: [] });
});

test('a wire to NRST that is open: the application is not asked, and the hint names what helps', async () => {
  const { ok, error, outcomes } = await job('nrst-open-running');
  expect(ok).toBe(false);
  expect(outcomes[0]).toBe('soft-jump application-unproven');
  expect(error?.hint).toContain('--usb-path');
});

test('a twin on the same lines: neither is asked', async () => {
  const { ok, error, restarted } = await job('healthy', [{ ...alike, name: 'twin', onLines: true }]);
  expect({ ok, code: error?.code }).toEqual({ ok: false, code: 'dfu-ambiguous' });
  expect(error?.message).toMatch(/2 applications hang on the lines of this adapter, at 1-2 and 1-3/);
  expect(restarted).toEqual([]);
});

test('without an adapter nothing is asked, and the hint names what helps', async () => {
  const { ok, error, asked } = await job('adapter-missing', [alike]);
  expect({ ok, code: error?.code, asked }).toEqual({ ok: false, code: 'adapter-missing', asked: undefined });
  expect(error?.hint).toContain('--usb-path');
});

test.each<{ name: string; neighbours: readonly Neighbour[]; says: RegExp }>([
  {
    name: 'two applications',
    neighbours: [alike],
    says: /^2 applications and 0 DFU devices .*1-2 and 1-3/,
  },
  {
    name: 'an application and a DFU device',
    neighbours: [{ name: 'neighbour', runs: 'rom' }],
    says: /^1 application and 1 DFU device/,
  },
])('no line resets the board, and $name could be it: none is asked', async ({ neighbours, says }) => {
  const { ok, error, outcomes, restarted } = await job('healthy', neighbours, askableOnUsbAlone);
  expect({ ok, restarted }).toEqual({ ok: false, restarted: [] });
  expect(outcomes[0]).toBe('soft-jump application-port-ambiguous');
  expect(error?.message).toMatch(says);
  expect(error?.hint).toContain('--usb-path');
});

test('no line resets the board, and it is alone: it is asked', async () => {
  const { ok, outcomes } = await job('healthy', [], askableOnUsbAlone);
  expect({ ok, outcomes }).toEqual({ ok: true, outcomes: ['soft-jump entered'] });
});
