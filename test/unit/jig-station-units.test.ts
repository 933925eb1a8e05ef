import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { SerialSource, UnitPlan } from '../../src/jig/plan/jig-plan.ts';
import { exampleOf } from '../../src/jig/station/example-label.ts';
import { gateOf } from '../../src/jig/station/gate.ts';
import { stationUnits } from '../../src/jig/station/station-units.ts';

const rows = [
  { serial: 'C-1', key: 'aa' },
  { serial: 'C-2', key: 'bb' },
  { serial: 'C-3', key: 'cc' },
];
const units = (serial: SerialSource | undefined, patch: readonly string[] = [], secret: readonly string[] = []) => {
  const unit: UnitPlan = { serial, identifies: false, patch, secret, again: 'refuse', failed: 'retry' };
  return stationUnits(
    { lot: 'L1', unit },
    rows,
    () => Date.UTC(2026, 10, 29, 12),
    () => [],
  );
};
const csv = { from: 'csv', file: 'units.csv', column: 'serial' } as const;
const scan = { from: 'scan', match: /SN[0-9]{4}/u, check: undefined } as const;
const claimed = { run: 'r1', seq: 1, serial: 'C-2', number: 7, attempt: 1 };

test('a range is claimed as it is, with its format', () => {
  const [serial] = units({ from: 'range', first: 1, last: 9, format: 'SN{number:03}' }).serialsFor(undefined);
  expect(serial).toMatchObject({ first: 1, last: 9 });
  expect(serial && 'format' in serial && serial.format(4)).toBe('SN004');
});

test('a scanned label is claimed; what is no label of the lot, is refused', () => {
  expect([...units(scan).serialsFor('SN0001')]).toEqual([{ text: 'SN0001' }]);
  expect(units(scan).labelOf(']C1SN0001')).toBe('SN0001');
  const refused = (code: string) =>
    expect.objectContaining({ code: 'unit-refused', details: { code, label: 'SN00011' } });
  expect(() => units(scan).labelOf('SN00011')).toThrow(refused('label-foreign'));
  expect(() => units({ ...scan, match: /SN[0-9]{5}/u, check: 'mod37-36' }).labelOf('SN00011')).toThrow(
    refused('label-check-digit'),
  );
  expect(() => units(scan).labelOf(' ')).toThrow(expect.objectContaining({ details: { code: 'label-unreadable' } }));
});

describe('rows of a CSV file', () => {
  test('are offered in their order, without those that somebody has', () => {
    const given = units(csv);
    given.take('C-1');
    expect([...given.serialsFor(undefined)]).toEqual([{ text: 'C-2' }, { text: 'C-3' }]);
    given.giveBack('C-1');
    expect([...given.serialsFor(undefined)]).toHaveLength(3);
  });

  test('are chosen by a scanned code, which has to be in the file', () => {
    expect([...units(csv).serialsFor('C-3')]).toEqual([{ text: 'C-3' }]);
    expect(units(csv).labelOf('C-3')).toBe('C-3');
    expect(() => units(csv).labelOf('C-9')).toThrow(expect.objectContaining({ code: 'unit-refused' }));
  });

  test('fill the patches of their unit', () => {
    const patches = units(csv, [
      '0x0800FF00={key}',
      '0x0800FF10=u16:{number}',
      '0x0800FF20=text:{lot} {date}',
    ]).patchesOf(claimed, { purpose: 'production', chipUid: undefined });
    expect(patches.map(({ address, data }) => [address, Buffer.from(data).toString('hex')])).toEqual([
      [0x0800_ff00, 'bb'],
      [0x0800_ff10, '0700'],
      [0x0800_ff20, Buffer.from('L1 2026-11-29').toString('hex')],
    ]);
  });
});

test('a golden unit gets the patches that its label fills, and no others', () => {
  const golden = { ...claimed, serial: 'GOLD-1', number: undefined };
  const patch = ['0x0800FF00={key}', '0x0800FF10=u16:{number}', '0x0800FF18=u32:{serial}', '0x0800FF20=text:{serial}'];
  expect(units(csv, patch).patchesOf(golden, { purpose: 'golden', chipUid: undefined })).toMatchObject([
    { address: 0x0800_ff20 },
  ]);
  expect(() => units(csv, patch).patchesOf(golden, { purpose: 'production', chipUid: undefined })).toThrow(
    expect.objectContaining({ code: 'unit-refused' }),
  );
});

test('the row of a unit is stored with its run, of a secret column only the hash; without a file there is nothing', () => {
  // `printf bb | sha256sum`
  const hash = '3b64db95cb55c763391c707108489ae18b4112d783300de38e033b4c98c3deaf';
  expect(units(csv, [], ['key']).storedDataOf(claimed)).toEqual({ serial: 'C-2', key: `sha256:${hash}` });
  expect(units(csv).storedDataOf(claimed)).toEqual({ serial: 'C-2', key: 'bb' });
  expect(units(scan).storedDataOf(claimed)).toEqual({});
});

describe('the gate', () => {
  const unit = { slot: 'A1', lot: 'L1', serial: 'SN1', chipUid: undefined };
  const signal = new AbortController().signal;
  const gate = { name: 'gate', command: ['mes'], timeout: 1_000 };

  test('is asked with the unit, and may refuse it with its reason', async () => {
    const asked: object[] = [];
    const askBy = (answer: string) =>
      gateOf(gate, async (_, input) => {
        asked.push(input);
        return answer;
      })!(unit, signal);
    await askBy('{"ok":true}');
    expect(asked).toEqual([unit]);
    const refusal = { code: 'unit-refused', message: 'The gate refuses this unit: not soldered yet' };
    await expect(askBy('{"ok":false,"reason":"not soldered yet"}')).rejects.toMatchObject(refusal);
  });

  test('that fails is the error of the station', async () => {
    const failing = gateOf(gate, () => Promise.reject(new BootctlError('command-timeout', 'no answer')))!;
    await expect(failing(unit, signal)).rejects.toMatchObject({ code: 'command-timeout' });
  });

  test('is not there where jig.yaml has none', () => {
    expect(gateOf(undefined, async () => '')).toBeUndefined();
  });
});

test.each([
  { pattern: /^SN[0-9]{6}$/u, code: 'SN000042' },
  { pattern: /[A-Z]{2}-\d+/u, code: 'AA-000042' },
  { pattern: /2611\.\d{4}/u, code: '2611.0042' },
])('a made-up label for $pattern is $code', ({ pattern, code }) => {
  expect(exampleOf({ match: pattern, check: undefined }, 42)).toBe(code);
  expect(pattern.test(code)).toBe(true);
});

// ISO/IEC 7064, 8.2: the check character of A12425GABC1234002 is M (the standard's own example for MOD 37,36).
test('a made-up label with a check digit has the right one', () => {
  expect(exampleOf({ match: /A12425GABC1234\d{3}[A-Z]/u, check: 'mod37-36' }, 2)).toBe('A12425GABC1234002M');
});
