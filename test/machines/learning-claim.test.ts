import { expect, test } from 'vitest';
import { claimed, hiddenIn, likely, resetLine } from '../../machines/learning-claim.policy.ts';
import { byRts, circuit, type Row, table, twoLine } from '../helpers/experiments.ts';

const usual = circuit(twoLine);
const lateRise = circuit(twoLine, { isFirst: { rising: false, falling: true } });
const lateFall = circuit(twoLine, { isFirst: { rising: true, falling: false } });

test('a circuit where BOOT0 is later than NRST is likely only where no other remains', () => {
  expect(likely([lateRise, usual, lateFall])).toEqual([usual]);
  expect(likely([lateRise, lateFall])).toEqual([lateRise, lateFall]);
});

test('what no circuit explains is no claim', () => {
  expect(claimed([])).toBeNull();
});

test('the circuit that is left alone is claimed, also one where BOOT0 is the later one', () => {
  expect(claimed([usual])).toBe(usual);
  expect(claimed([lateRise])).toBe(lateRise);
  expect(claimed([lateRise, usual])).toBe(usual);
});

test.each([
  ['a capacitor', circuit(twoLine, { storage: 'capacitor' })],
  ['NRST of one row', circuit(table('01', '00', '10', '10'))],
  ['BOOT0 of the idle row', circuit(table('11', '00', '11', '10'))],
  ['BOOT0 of a row that is let go to', circuit(table('01', '00', '01', '10'))],
])('where two circuits differ in %s nothing is claimed', (_, other) => {
  expect(claimed([usual, other])).toBeNull();
  expect(claimed([other, usual])).toBeNull();
});

test('a wire in a row that holds the target in reset was never read: BOOT0 may be anything there', () => {
  const other = circuit(table('01', '10', '11', '10'));
  expect(claimed([usual, other])).not.toBeNull();
});

test('a capacitor keeps BOOT0 of a row in reset, which the target then reads: that has to be known', () => {
  const storage = 'capacitor';
  const other = circuit(table('01', '10', '11', '10'), { storage });
  expect(claimed([circuit(twoLine, { storage }), other])).toBeNull();
});

test.each([
  [table('00', '01', '01', '01'), ['rts released, dtr released', 'rts asserted, dtr asserted']],
  [table('01', '00', '01', '01'), ['rts asserted, dtr released', 'rts released, dtr asserted']],
  [table('01', '01', '00', '01'), ['rts asserted, dtr released', 'rts released, dtr asserted']],
  [table('01', '01', '01', '00'), ['rts released, dtr released', 'rts asserted, dtr asserted']],
])('BOOT0 is hidden in the row in reset and in the one that is two moves away: %j', (wiring, hidden) => {
  expect(hiddenIn(circuit(wiring))).toEqual(hidden);
  expect(hiddenIn(circuit(wiring, { storage: 'capacitor' }))).toEqual([]);
});

/** NRST is low in all rows but the idle one, so that BOOT0 shows in that one only. Its levels: idle, RTS, DTR, both. */
const inReset = (levels: string) => {
  const [idle, ...rest] = levels;
  const rows = [`${idle}1`, ...rest.map((one) => `${one}0`)] as [Row, Row, Row, Row];
  return circuit(table(...rows));
};

test.each([
  { simple: '0101', by: 'RTS', others: ['0100', '0010', '0001', '0110', '0111', '0000'] },
  { simple: '0011', by: 'DTR', others: ['0100', '0010', '0001', '0110', '0111', '0000'] },
  { simple: '1010', by: 'RTS', others: ['1011', '1101', '1110', '1001', '1000'] },
  { simple: '1100', by: 'DTR', others: ['1011', '1101', '1110', '1001', '1000'] },
])('a BOOT0 that follows $by alone is claimed before others: $simple', ({ simple, others }) => {
  for (const other of others) {
    expect(claimed([inReset(other), inReset(simple)])).toEqual(inReset(simple));
    expect(claimed([inReset(simple), inReset(other)])).toEqual(inReset(simple));
  }
});

test.each(['the one', 'the other'])(
  'a BOOT0 that is high in a reset is claimed before one that follows a line: %s first',
  (first) => {
    // The other rows in reset and two moves from it are hidden, so BOOT0 of the rows RTS and DTR may be anything.
    const follows = circuit(table('01', '00', '11', '11'));
    const isHighInReset = circuit(table('01', '10', '11', '11'));
    const remaining = first === 'the one' ? [follows, isHighInReset] : [isHighInReset, follows];
    expect(claimed(remaining)).toBe(isHighInReset);
  },
);

test('where no circuit has BOOT0 high in a reset, the one that follows a line is claimed', () => {
  const follows = circuit(table('01', '00', '11', '11'));
  const neither = circuit(table('01', '00', '01', '11'));
  expect(claimed([neither, follows])).toBe(follows);
});

test.each([
  { rows: ['01', '00', '01', '00'], line: 'rts' },
  { rows: ['01', '01', '00', '00'], line: 'dtr' },
  { rows: ['00', '00', '01', '00'], line: null },
  { rows: ['00', '01', '00', '00'], line: null },
  { rows: ['01', '00', '01', '01'], line: null },
  { rows: ['01', '01', '00', '01'], line: null },
  { rows: ['01', '00', '00', '00'], line: null },
  { rows: ['01', '01', '01', '00'], line: null },
  { rows: ['01', '01', '01', '01'], line: null },
] as const)('the line that resets by $rows is $line', ({ rows: [idle, rts, dtr, low], line }) => {
  expect(resetLine([circuit(table(idle, rts, dtr, low))])).toEqual(line && { line, asserted: 0 });
});

test('a line resets where all circuits agree on NRST, whatever BOOT0 does; with none there is no line', () => {
  expect(resetLine([byRts, circuit(table('11', '10', '01', '10'))])).toEqual({ line: 'rts', asserted: 0 });
  expect(resetLine([byRts, circuit(table('01', '00', '01', '01'))])).toBeNull();
  expect(resetLine([byRts, byRts, circuit(table('01', '01', '00', '00'))])).toBeNull();
  expect(resetLine([])).toBeNull();
});
