import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Milliseconds } from '../../src/base/units.ts';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import { findChip } from '../../src/chips/find-chip.ts';
import { chooseWay } from '../../src/firmware/choose.ts';
import type { SelfChargeWay } from '../../src/firmware/self-charge.ts';
import { scenarioNamed } from '../../src/sim/scenarios.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { runCommand } from '../helpers/command.ts';
import { f405, profileFile, rcBoot0 } from '../helpers/profile-file.ts';

const asks = '{ trigger: self-charge, send: "boot\\r\\n", via: target, wait: 3s, pin: PB12 }';

/** A board whose firmware charges BOOT0 itself. */
const board = (id: string, ...circuit: readonly string[]): string =>
  profileFile(
    `self-${id}`,
    f405,
    'usb: { path: "1-2" }',
    ...circuit,
    'methods: [soft-jump]',
    `softJump: [${asks}]`,
    'application: { expect: usb, vendorId: "0483", productId: "5740" }',
  );

/** What `bootctl firmware` tells the firmware of this board. */
function chargeOf(path: string): SelfChargeWay {
  const profile = parseProfile(readFileSync(path, 'utf8'), path);
  return chooseWay(profile, findChip('F405_407')).way as SelfChargeWay;
}

async function enter(path: string, boot0Parts: 'fast' | 'slow', chargeTime: Milliseconds) {
  const profile = parseProfile(readFileSync(path, 'utf8'), path);
  const scenario = { ...scenarioNamed('healthy'), boot0Parts, firmware: { chargeTime } };
  const bench = createSimBench({ profile, scenario });
  const argv = ['enter', '--profile', path, '--simulate', 'healthy', '--json'];
  const { result } = await runCommand(argv, { bench });
  return {
    ok: result.ok,
    samples: bench.truth.of('boot0-sampled').map(({ boots }) => boots),
    lines: bench.truth.of('lines'),
  };
}

const circuits: readonly (readonly [name: string, path: string])[] = [
  ['the reference circuit', board('reference', rcBoot0())],
  ['a small capacitor', board('small', rcBoot0('1uF'))],
  ['a slow one', board('slow', rcBoot0('47uF', ', tolerance: 20%').replace('1k', '4.7k'))],
  ['a board that pulls BOOT0 down', board('pulled', rcBoot0('22uF', ', boardPullDown: 10k'))],
];

describe('a firmware that charges for as long as its configuration says', () => {
  test.each(
    circuits.flatMap(([name, path]) => (['fast', 'slow'] as const).map((parts) => [name, parts, path] as const)),
  )('%s, parts at the %s end: reaches the ROM, and no line moves for it', async (_, parts, path) => {
    const { charge } = chargeOf(path);
    const { ok, samples, lines } = await enter(path, parts, charge);
    expect([ok, samples.at(-1)]).toEqual([true, 'rom']);
    expect(lines).toEqual([]);
  });

  test('a tenth of that is too short: the application starts again', async () => {
    const [, path] = circuits[2]!;
    const { ok, samples } = await enter(path, 'slow', chargeOf(path).charge / 10);
    expect([ok, samples.at(-1)]).toEqual([false, 'application']);
  });
});
