import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { guaranteedClearTime, guaranteedHoldTime } from '../../src/board/circuit/corners.ts';
import { fittingCapacitor } from '../../src/board/circuit/planner.ts';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';

const hardware = new URL('../../hardware/', import.meta.url).pathname;
const rcCap = readFileSync(`${hardware}profiles/rc-cap.yaml`, 'utf8');

/** The built-in rc-cap on another target; on one that is not named where none is given. */
function referenceOn(family: string | undefined): BoardProfile {
  const line = family === undefined ? '' : `target: { family: ${family} }\n`;
  return parseProfile(rcCap.replace(/^target: .*\n/m, '').concat(line), 'rc-cap.yaml');
}

/** Cells of the rows of a table that has this heading. */
function tableOf(file: string, heading: string): readonly (readonly string[])[] {
  const text = readFileSync(`${hardware}${file}`, 'utf8');
  const rows = text.slice(text.indexOf(heading)).split('\n');
  const end = rows.findIndex((row) => !row.startsWith('|'));
  return rows.slice(2, end).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** A line of hardware/targets for each name in the tables. */
const families: Readonly<Record<string, string | undefined>> = {
  F4: 'F405_407',
  'H72x to H75x': 'H74x_75x',
  'F0, F3': 'F072',
  L0: 'L07x_08x_usb',
  G4: 'G47x_48x',
  'no data sheet known': undefined,
};

describe('the table of rc-cap.md: what the reference circuit guarantees on a family', () => {
  const rows = tableOf('circuits/rc-cap.md', '| target | surely 1 above');
  test('has a row for each', () => expect(rows.map(([name]) => name)).toEqual(Object.keys(families)));
  test.each(rows)('%s: 1 above %s, 0 below %s, %s, %s', (name, vih, vil, hold, clear) => {
    const boot0 = referenceOn(families[name!]).boot0!;
    expect([vih, vil, hold, clear]).toEqual([
      `${boot0.vih.toFixed(2)} V`,
      `${boot0.vil.toFixed(2)} V`,
      `${guaranteedHoldTime(boot0, 50).toFixed(1)} ms`,
      `${guaranteedClearTime(boot0).toFixed(1)} ms`,
    ]);
  });
});

describe('the table of the wiring guide: capacitor for a board with a resistor at BOOT0', () => {
  const heading = '| resistor on the board |';
  const text = readFileSync(`${hardware}README.md`, 'utf8');
  const names = text
    .slice(text.indexOf(heading))
    .split('\n')[0]!
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
  const rows = tableOf('README.md', heading);

  test('has the families', () => expect(names).toEqual(['F4', 'F0, F3', 'G4', 'no data sheet known']));
  test.each(rows)('%s', (resistor, ...capacitors) => {
    const ohms = resistor === 'none' ? undefined : Number.parseFloat(resistor!) * 1e3;
    const fitting = names.map((name) => {
      const { boot0, nrst } = referenceOn(families[name]);
      const farads = fittingCapacitor({ ...boot0!, ...(ohms && { boardPullDown: ohms }) }, nrst);
      return farads === undefined ? 'none' : `${Number((farads * 1e6).toPrecision(2))} µF`;
    });
    expect(capacitors).toEqual(fitting);
  });
});
