import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type Corner,
  chargeTime,
  clearTime,
  fallTime,
  holdTime,
  nrstRiseTime,
  voltageAfterCharge,
} from '../../src/board/circuit/rc.ts';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import { ngspiceMissing, simulate } from '../helpers/spice.ts';

const hardware = new URL('../../hardware/', import.meta.url).pathname;
const page = (id: string) => readFileSync(`${hardware}circuits/${id}.md`, 'utf8');
const corners: readonly Corner[] = ['low', 'nominal', 'high'];

interface Row {
  readonly quantity: string;
  readonly from: string;
  readonly times: readonly number[]; // ms
  readonly measure: string;
}

/** Rows of the table of times: quantity, origin, three corners, name of the measurement. */
const timesOf = (id: string): readonly Row[] =>
  [...page(id).matchAll(/^\| (.+?) \| (formula|ideal|parts) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| (.*)\|$/gm)].map(
    ([, quantity, from, low, nominal, high, measure]) => ({
      quantity: quantity!,
      from: from!,
      times: [Number(low), Number(nominal), Number(high)],
      measure: measure!.replaceAll('`', '').trim(),
    }),
  );

describe.each(['rc-cap', 'cross-coupled'])('%s.md', (id) => {
  const profile = parseProfile(readFileSync(`${hardware}profiles/${id}.yaml`, 'utf8'), `${id}.yaml`);
  // The levels of the page's table: those of CMOS, whatever the family asks.
  const boot0 = { ...profile.boot0!, vih: 0.7 * 3.3, vil: 0.3 * 3.3 };
  const charge = 50;
  const formulas: Readonly<Record<string, (corner: Corner) => number>> = {
    'charge to 0.7 VDD': (corner) => chargeTime(boot0, boot0.vih, corner),
    'hold above 0.7 VDD': (corner) => holdTime(boot0, charge, corner),
    'hold above 1.26 V': (corner) => fallTime(boot0, voltageAfterCharge(boot0, charge, corner), 1.26, corner),
    'clear below 0.3 VDD': (corner) => clearTime(boot0, corner),
  };
  const rows = timesOf(id);

  test('has a row for every formula', () => {
    const quantities = rows.filter(({ from }) => from === 'formula').map(({ quantity }) => quantity);
    expect(quantities.sort()).toEqual(Object.keys(formulas).sort());
  });

  test.each(rows.filter(({ from }) => from === 'formula'))('formula: $quantity', ({ quantity, times }) => {
    expect(corners.map((corner) => Number(formulas[quantity]!(corner).toFixed(1)))).toEqual(times);
  });

  test.each(rows.filter(({ from }) => from === 'ideal'))('SPICE agrees with the formula: $quantity', (row) => {
    for (const [index, corner] of corners.entries()) {
      expect(Math.abs(formulas[row.quantity]!(corner) - row.times[index]!)).toBeLessThan(0.1);
    }
  });

  test('real parts hold BOOT0 at least as long as the formula promises', () => {
    const hold = rows.find(({ quantity, from }) => quantity === 'hold above 0.7 VDD' && from === 'parts')!;
    for (const [index, corner] of corners.entries()) {
      expect(hold.times[index]).toBeGreaterThan(formulas['hold above 0.7 VDD']!(corner));
    }
  });

  test('NRST rises as the formula says', () => {
    const rise = /40 kΩ, 100 nF \| ([\d.]+) ms/.exec(page(id))![1];
    expect(nrstRiseTime(profile.nrst).toFixed(1)).toBe(rise);
  });

  const missing = ngspiceMissing();
  test(`a new simulation gives the values of the page${missing ? ` (not run: ${missing})` : ''}`, ({ skip }) => {
    if (missing) return skip(missing);
    const measured = simulate(id);
    const simulated = rows.filter(({ measure }) => measure !== '');
    expect(simulated.length).toBeGreaterThan(3);
    for (const { measure, times } of simulated) {
      const again = ['l', 'n', 'h'].map((corner) => (measured.get(measure.replace('*', corner)) ?? Number.NaN) * 1e3);
      for (const [index, time] of times.entries()) expect(again[index], measure).toBeCloseTo(time, 0);
    }
    const singles = [...page(id).matchAll(/\| ([\d.]+) (V|ms) \| `(\w+)` \|$/gm)];
    expect(singles).toHaveLength(4);
    for (const [, value, unit, name] of singles) {
      expect(measured.get(name!)! * (unit === 'ms' ? 1e3 : 1), name!).toBeCloseTo(Number(value), 1);
    }
  });
});

/** Files that may cite a document. */
function cited(folder: string, ids: Set<string>): Set<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) cited(path, ids);
    else if (/\.(ts|yaml|md|cir|c|ld)$/.test(entry.name)) {
      for (const [id] of readFileSync(path, 'utf8').matchAll(/\b(?:AN|RM|DS|UM|PM|ES)\d{4}\b/g)) ids.add(id);
    }
  }
  return ids;
}

test('SOURCES.md has every document of ST that is cited', () => {
  const ids = new Set<string>();
  for (const folder of ['src', 'machines', 'hardware', 'test']) cited(`${hardware}../${folder}`, ids);
  const sources = readFileSync(`${hardware}SOURCES.md`, 'utf8');
  expect([...ids].filter((id) => !sources.includes(`\n| ${id} |`))).toEqual([]);
  expect(ids.size).toBeGreaterThan(10);
});
