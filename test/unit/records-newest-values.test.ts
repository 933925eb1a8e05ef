import { expect, test } from 'vitest';
import { failed, measured, passed, request, someRecords } from '../helpers/records.ts';

test('what the newest production runs have measured, the oldest first, of so many runs and no more', () => {
  const records = someRecords();
  const run = (slot: string, margin: number, end = passed, purpose: 'production' | 'golden' = 'production') => {
    const serial = purpose === 'golden' ? { text: 'GOLD-1' } : request().serial;
    const { run: id } = records.claim(request({ slot, purpose, serial }));
    records.finish(id, end({ measurements: [measured('holdMargin', margin, { low: 5 }), measured('enter', 700)] }));
  };
  run('A1', 12);
  run('A2', 11);
  run('A1', 10, failed);
  run('A1', 9, () => failed({ outcome: 'error', measurements: [measured('holdMargin', 9)] }));
  run('A1', 8, passed, 'golden');
  run('A2', 7);
  const margins = (runs: number) =>
    records.newestValues(runs).flatMap(({ slot, name, value }) => (name === 'holdMargin' ? `${slot} ${value}` : []));
  expect(margins(100)).toEqual(['A1 12', 'A2 11', 'A1 10', 'A2 7']);
  expect(margins(4)).toEqual(['A1 10', 'A2 7']);
  expect(records.newestValues(1)).toEqual([
    { slot: 'A2', name: 'holdMargin', value: 7, unit: 'ms', low: 5, high: null },
    { slot: 'A2', name: 'enter', value: 700, unit: 'ms', low: null, high: null },
  ]);
});

test('new records have none', () => {
  expect(someRecords().newestValues(100)).toEqual([]);
});
