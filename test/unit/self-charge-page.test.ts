import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Corner, chargeTime, clearTime, fallTime, voltageAfterCharge } from '../../src/board/circuit/rc.ts';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import { findChip } from '../../src/chips/find-chip.ts';
import { chooseWay } from '../../src/firmware/choose.ts';
import { ngspiceMissing, simulate } from '../helpers/spice.ts';

const hardware = new URL('../../hardware/', import.meta.url).pathname;
const page = readFileSync(`${hardware}circuits/self-charge.md`, 'utf8');
const profile = parseProfile(readFileSync(`${hardware}profiles/self-charge.yaml`, 'utf8'), 'self-charge.yaml');
const rows = [...page.matchAll(/^\| .+? \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| `(\w+)_\*` \|$/gm)].map(
  ([, low, nominal, high, name]) => ({ name: name!, times: [Number(low), Number(nominal), Number(high)] }),
);

const missing = ngspiceMissing();
test(`the times of the page are those of SPICE${missing ? ` (not run: ${missing})` : ''}`, ({ skip }) => {
  if (missing) return skip(missing);
  const measured = simulate('self-charge');
  expect(rows.map(({ name }) => name)).toEqual(['charge', 'hold', 'clear']);
  for (const { name, times } of rows) {
    for (const [index, corner] of ['l', 'n', 'h'].entries()) {
      expect(measured.get(`${name}_${corner}`)! * 1e3, name).toBeCloseTo(times[index]!, 0);
    }
  }
});

test('the planner says the same, but for the 40 Ω of the pin', () => {
  const boot0 = profile.boot0!;
  const corners: readonly Corner[] = ['low', 'nominal', 'high'];
  const formulas: Readonly<Record<string, (corner: Corner) => number>> = {
    charge: (corner) => chargeTime(boot0, boot0.vih, corner),
    hold: (corner) => fallTime(boot0, voltageAfterCharge(boot0, 50, corner), boot0.vih, corner),
    clear: (corner) => clearTime(boot0, corner),
  };
  for (const { name, times } of rows) {
    for (const [index, corner] of corners.entries()) {
      expect(Math.abs(formulas[name]!(corner) / times[index]! - 1), name).toBeLessThan(0.05);
    }
  }
});

test('the built-in profile has a way, whose charge and hold have room', () => {
  const { way } = chooseWay(profile, findChip('L07x_08x_usb'));
  expect(way).toMatchObject({ method: 'self-charge', charge: 50, level: 1, pin: { name: 'PB12' } });
  if (way.method === 'self-charge') expect(way.hold).toBeGreaterThan(5 * way.needed);
});
