import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  askedGrant,
  grantReport,
  keepNumbers,
  keepUnits,
  noteBackTold,
  stockOf,
  unitsBack,
  writeOff,
} from '../../src/records/fleet-grants.ts';
import { firstAfter, hashInChain, lastOfChain, recordsAfter } from '../../src/records/outbox.ts';
import { failed, openAt, passed, range, recordsFolder, request, secondsClock, untouched } from '../helpers/records.ts';

const lot = '2611-A';

function granted(units: number, blocks: readonly (readonly [number, number])[]) {
  const records = openAt(`${recordsFolder()}/records.db`);
  records.transaction((sqlite) => {
    keepUnits(sqlite, askedGrant(sqlite, 'units', lot, units, 'u1').id, units);
    for (const [index, [first, last]] of blocks.entries())
      keepNumbers(sqlite, askedGrant(sqlite, 'numbers', lot, 10, `n${index}`).id, { first, last });
  });
  const claim = (changes = {}) => records.claim(request({ isGranted: true, serial: range(1, 9999), ...changes }));
  return {
    records,
    claim,
    make: (end = passed(), changes = {}) => {
      const claimed = claim(changes);
      records.finish(claimed.run, end);
      return claimed;
    },
    stock: () => records.transaction((sqlite) => stockOf(sqlite, lot, records.counts(lot).passed)),
  };
}

test('numbers come from the blocks that were granted, the lowest first, and one that is given back comes again', () => {
  const { make, claim, stock } = granted(100, [
    [40, 41],
    [7, 8],
  ]);
  expect(stock()).toEqual({ units: 100, numbers: 4 });
  expect([make(), make(), make()].map(({ number }) => number)).toEqual([7, 8, 40]);
  const last = claim();
  expect(last.number).toBe(41);
  expect(() => claim()).toThrow(expect.objectContaining({ code: 'grant-used-up' }));
  expect(stock()).toEqual({ units: 96, numbers: 0 });
});

test('a number of a full block that is given back is there again', () => {
  const { records, make, claim } = granted(100, [[7, 8]]);
  make();
  const second = claim();
  expect(() => claim()).toThrow('lot 2611-A: the numbers granted here are used up');
  records.finish(second.run, untouched());
  expect(claim().number).toBe(8);
});

test('no more good units are begun than were granted, and those that are being made count', () => {
  const { make, claim, stock } = granted(2, [[1, 9]]);
  make(failed());
  make();
  claim();
  expect(stock()).toEqual({ units: 0, numbers: 6 });
  expect(() => claim()).toThrow(
    expect.objectContaining({
      code: 'grant-used-up',
      message: 'lot 2611-A: 1 of the 2 units granted here are made, and 1 being made',
    }),
  );
});

test('a unit that is good in its lot may be made again, and one that is good in another lot counts as a new one', () => {
  const { make, claim, records } = granted(1, [[1, 9]]);
  const first = make();
  make(passed(), { again: first.run, passedBefore: 'reprogram' });
  records.transaction((sqlite) =>
    keepNumbers(sqlite, askedGrant(sqlite, 'numbers', 'B', 9, 'nb').id, { first: 1, last: 9 }),
  );
  const inOther = { lot: 'B', again: first.run, passedBefore: 'reprogram' as const };
  expect(() => claim(inOther)).toThrow('lot B: 0 of the 0 units granted here are made');
});

test('what is written off is never made, and told until the centre has heard it', () => {
  const { records, make, claim, stock } = granted(3, [[1, 9]]);
  records.transaction((sqlite) => keepUnits(sqlite, askedGrant(sqlite, 'units', lot, 5, 'u2').id, 5));
  make();
  claim();
  records.transaction((sqlite) => writeOff(sqlite, lot, 1));
  expect(stock().units).toBe(0);
  expect(() => claim()).toThrow('1 of the 2 units granted here are made');
  const back = records.transaction(unitsBack);
  expect(back).toEqual([
    { id: 'u1', returned: 1 },
    { id: 'u2', returned: 5 },
  ]);
  records.transaction((sqlite) => back.map((one) => noteBackTold(sqlite, one)));
  expect(records.transaction(unitsBack)).toEqual([]);
  expect(records.transaction(grantReport)).toEqual([
    { kind: 'units', id: 'u1', lot, units: 3, returned: 1 },
    { kind: 'units', id: 'u2', lot, units: 5, returned: 5 },
    { kind: 'numbers', id: 'n0', lot, first: 1, last: 9 },
  ]);
});

test('a grant without an answer is asked for again under its id, and an answer of none leaves nothing', () => {
  const { records } = granted(1, []);
  const ask = (id: string) => records.transaction((sqlite) => askedGrant(sqlite, 'numbers', lot, 500, id));
  expect([ask('n1'), ask('n2')]).toEqual(Array(2).fill({ id: 'n1', asked: 500 }));
  records.transaction((sqlite) => keepNumbers(sqlite, 'n1', undefined));
  expect(ask('n3').id).toBe('n3');
  const units = (id: string) => records.transaction((sqlite) => askedGrant(sqlite, 'units', lot, 5, id)).id;
  expect([units('u2'), units('u3')]).toEqual(['u2', 'u2']);
  records.transaction((sqlite) => keepUnits(sqlite, 'u2', 0));
  expect(units('u4')).toBe('u4');
});

test('the outbox gives the rows of the chain behind a place, with the text that was hashed', () => {
  const now = secondsClock();
  const records = openAt(`${recordsFolder()}/records.db`, now);
  expect(records.transaction(lastOfChain)).toEqual({ seq: 0, hash: '0'.repeat(64) });
  const { run } = records.claim(request());
  records.finish(run, passed());
  records.note({ operator: 'o', what: 'hold', why: 'w' });
  const rows = records.transaction((sqlite) => recordsAfter(sqlite, 0, 10, 1e6));
  expect(rows.map(({ seq, kind }) => [seq, kind])).toEqual([
    [1, 'claim'],
    [2, 'end'],
    [3, 'note'],
  ]);
  for (const { hash, content } of rows) expect(createHash('sha256').update(content).digest('hex')).toBe(hash);
  expect(JSON.parse(rows[0]!.content).slice(0, 2)).toEqual(['0'.repeat(64), 'claim']);
  expect(records.transaction(lastOfChain)).toEqual({ seq: 3, hash: rows[2]!.hash });
  const some = (seq: number, most: number, characters = 1e6) =>
    records.transaction((sqlite) => recordsAfter(sqlite, seq, most, characters)).map(({ seq: found }) => found);
  expect([some(1, 10), some(0, 2), some(0, 10, 5), some(3, 9)]).toEqual([[2, 3], [1, 2], [1], []]);
  const [second] = records.transaction((sqlite) => [hashInChain(sqlite, 2)]);
  expect(second).toBe(rows[1]!.hash);
  expect(records.transaction((sqlite) => hashInChain(sqlite, 4))).toBeUndefined();
  const first = records.transaction((sqlite) => firstAfter(sqlite, 0));
  expect(records.transaction((sqlite) => firstAfter(sqlite, 1))).toBeGreaterThan(first!);
  expect(records.transaction((sqlite) => firstAfter(sqlite, 3))).toBeUndefined();
});
