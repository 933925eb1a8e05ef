import { describe, expect, test } from 'vitest';
import { type OperationKind, Pacing } from '../../src/protocol/dfuse/pacing.ts';

/** The waits of one operation that is over after `busy` ms: before each request but the first, which starts it. */
function waitsOf(pacing: Pacing, kind: OperationKind, announced: number, busy: number): readonly number[] {
  const waits = pacing.begin(kind);
  const waited: number[] = [];
  for (let asked = -1; asked < busy; ) {
    waited.push(waits.next(announced, 0));
    asked = waited.reduce((sum, wait) => sum + wait, 0);
  }
  waits.end();
  return waited;
}

describe('a ROM that must not be asked while it is busy', () => {
  test.each<[string, OperationKind, number | undefined, number, number]>([
    ['the time that it announces', 'program', 60, 0, 60],
    ['at least a millisecond', 'program', 0, 0, 1],
    ['a block: no longer than 100 ms', 'program', 5_000, 0, 100],
    ['an address: no longer than 20 ms', 'address', 5_000, 0, 20],
    ['an erase: no longer than 4 s', 'erase', 60_000, 0, 4_000],
    ['a mass erase: no longer than 40 s', 'massErase', 600_000, 0, 40_000],
    ['nothing where it held the reply for that time', 'program', 60, 60, 0],
    ['all of it where it held the reply for less', 'program', 60, 59, 60],
    ['a millisecond is no announcement', 'program', 1, 1, 1],
    ['a stall announces nothing', 'program', undefined, 0, 1],
  ])('%s', (_name, kind, announced, held, wait) => {
    expect(new Pacing('announced').begin(kind).next(announced, held)).toBe(wait);
  });

  test('after the first wait a held reply counts no more, and a stall repeats the first announcement', () => {
    const waits = new Pacing('announced').begin('erase');
    const asked = [waits.next(60, 60), waits.next(60, 60), waits.next(undefined, 0), waits.next(80, 80)];
    expect([...asked, waits.next(undefined, 0)]).toEqual([0, 60, 60, 80, 60]);
  });

  test('nothing is learned: the next operation waits as long, and none is held', () => {
    const pacing = new Pacing('announced');
    expect([waitsOf(pacing, 'program', 60, 1), waitsOf(pacing, 'program', 60, 1)]).toEqual([[60], [60]]);
    expect(pacing.isHeld('program')).toBe(false);
  });
});

describe('a ROM that may be asked while it is busy', () => {
  test('one that holds its reply is never waited for', () => {
    const pacing = new Pacing('early');
    expect(pacing.isHeld('program')).toBe(false);
    expect([waitsOf(pacing, 'program', 100, 0), waitsOf(pacing, 'program', 100, 0)]).toEqual([[0], [0]]);
    expect(['program', 'erase', 'address'].map((kind) => pacing.isHeld(kind as OperationKind))).toEqual([
      true,
      false,
      false,
    ]);
    waitsOf(pacing, 'address', 10, 0);
    expect(pacing.isHeld('address')).toBe(false);
  });

  test('the end is looked for by the millisecond, then by a twelfth of the time', () => {
    const steps = [13 / 12, (13 + 13 / 12) / 12].map((step) => expect.closeTo(step, 9));
    expect(waitsOf(new Pacing('early'), 'erase', 100, 15)).toEqual([0, ...Array(13).fill(1), ...steps]);
  });

  test('it is looked for beyond the announcement as well', () => {
    expect(waitsOf(new Pacing('early'), 'erase', 4, 8)).toEqual([0, ...Array(8).fill(1)]);
  });

  test('the last step ends with the announcement', () => {
    const waits = new Pacing('early').begin('massErase');
    let asked = 0;
    while (asked < 38) asked += waits.next(40, 0);
    const left = 40 - asked;
    expect(waits.next(40, 0)).toBeCloseTo(Math.min(Math.max(left, 1), asked / 12), 9);
  });

  test('a block: what was enough is the next wait', () => {
    const pacing = new Pacing('early');
    expect(waitsOf(pacing, 'program', 100, 10)).toEqual([0, ...Array(10).fill(1)]);
    expect([waitsOf(pacing, 'program', 100, 10), waitsOf(pacing, 'program', 100, 10)]).toEqual([[10], [10]]);
    expect(pacing.isHeld('program')).toBe(false);
  });

  test('a block: between too short and enough the middle is tried, until an eighth of the announcement is left', () => {
    const pacing = new Pacing('early');
    expect(waitsOf(pacing, 'program', 4, 0.8)).toEqual([0, 1]);
    expect(waitsOf(pacing, 'program', 4, 0.8)).toEqual([0.5, 1]); // (0 + 1) / 2, then a step
    expect(waitsOf(pacing, 'program', 4, 0.8)).toEqual([1]); // (0.5 + 1.5) / 2
    expect(waitsOf(pacing, 'program', 4, 0.8)).toEqual([1]);
  });

  test('a block: after five trials one that takes longer changes nothing, a second one in a row does', () => {
    const pacing = new Pacing('early');
    for (let block = 0; block < 5; block++) waitsOf(pacing, 'program', 100, 10);
    expect(waitsOf(pacing, 'program', 100, 12)).toEqual([10, 1, 1]);
    expect(waitsOf(pacing, 'program', 100, 10)).toEqual([10]);
    expect(waitsOf(pacing, 'program', 100, 12)).toEqual([10, 1, 1]);
    expect(waitsOf(pacing, 'program', 100, 12)).toEqual([10, 1, 1]);
    expect(waitsOf(pacing, 'program', 100, 12)).toEqual([12]);
  });

  test('a block that is late once among held ones is waited for from then on only if the next one is late too', () => {
    const pacing = new Pacing('early');
    for (let block = 0; block < 5; block++) waitsOf(pacing, 'program', 100, 0);
    expect(pacing.isHeld('program')).toBe(true);
    waitsOf(pacing, 'program', 100, 3);
    expect(pacing.isHeld('program')).toBe(false);
    waitsOf(pacing, 'program', 100, 0);
    expect(pacing.isHeld('program')).toBe(true);
  });

  test('an erase: the next one starts at the last time that was too short', () => {
    const pacing = new Pacing('early');
    expect(waitsOf(pacing, 'erase', 100, 10)).toEqual([0, ...Array(10).fill(1)]);
    expect(waitsOf(pacing, 'erase', 100, 10)).toEqual([9, 1]);
    expect(waitsOf(pacing, 'erase', 200, 20)).toEqual([18, 18 / 12, 1.625].map((wait) => expect.closeTo(wait, 9)));
  });

  test('each kind learns for itself', () => {
    const pacing = new Pacing('early');
    waitsOf(pacing, 'program', 100, 10);
    expect(waitsOf(pacing, 'address', 10, 0)).toEqual([0]);
    expect(waitsOf(pacing, 'erase', 100, 0)).toEqual([0]);
    expect(waitsOf(pacing, 'address', 10, 2)).toEqual([0, 1, 1]);
    expect(waitsOf(pacing, 'address', 10, 2)).toEqual([0, 1, 1]);
  });

  test('an announcement beyond belief is cut: parts of it are learned, not of 5 s', () => {
    const pacing = new Pacing('early');
    waitsOf(pacing, 'program', 5_000, 10);
    expect(waitsOf(pacing, 'program', 100, 10)).toEqual([10]);
  });

  test('a poll that did harm: from then on it is waited as long as announced', () => {
    const pacing = new Pacing('early');
    waitsOf(pacing, 'program', 60, 0);
    pacing.becomeCautious();
    expect([pacing.polling, pacing.isHeld('program'), waitsOf(pacing, 'program', 60, 0)]).toEqual([
      'announced',
      false,
      [60],
    ]);
  });

  test('an operation that is over at the first reply tells nothing', () => {
    const pacing = new Pacing('early');
    pacing.begin('program').end();
    expect(pacing.isHeld('program')).toBe(false);
    expect(waitsOf(pacing, 'program', 100, 2)).toEqual([0, 1, 1]);
  });

  test('parts are of the first announcement, whatever the next ones say', () => {
    const pacing = new Pacing('early');
    const waits = pacing.begin('program');
    expect([waits.next(100, 0), waits.next(50, 0)]).toEqual([0, 1]);
    waits.end();
    expect(waitsOf(pacing, 'program', 100, 1)).toEqual([1]);
  });

  test('beyond the announcement the steps grow as well', () => {
    const steps = [13 / 12, (13 + 13 / 12) / 12].map((step) => expect.closeTo(step, 9));
    expect(waitsOf(new Pacing('early'), 'erase', 4, 15)).toEqual([0, ...Array(13).fill(1), ...steps]);
  });

  test('a block: after five trials the search is over, however wide what is left', () => {
    const pacing = new Pacing('early');
    // Too short and enough, by the waits: 0 and 1, 0.5 and 1.5, 0.5 and 1, 0.75 and 1.75, 0.75 and 1.25.
    const trials = Array.from({ length: 6 }, () => waitsOf(pacing, 'program', 1, 0.9));
    expect(trials).toEqual([[0, 1], [0.5, 1], [1], [0.75, 1], [1.25], [1.25]]);
  });

  test('a block: one that is late among the trials does not make the first late one after them count', () => {
    const pacing = new Pacing('early');
    for (const busy of [10, 10, 10, 10, 12]) waitsOf(pacing, 'program', 100, busy);
    expect(waitsOf(pacing, 'program', 100, 13)).toEqual([12, 1]);
    expect(waitsOf(pacing, 'program', 100, 12)).toEqual([12]);
  });

  test('an erase: one that takes longer counts at once, also after many', () => {
    const pacing = new Pacing('early');
    for (let erase = 0; erase < 5; erase++) waitsOf(pacing, 'erase', 100, 10);
    waitsOf(pacing, 'erase', 100, 20);
    const [first] = waitsOf(pacing, 'erase', 100, 20);
    expect(first).toBeGreaterThan(17);
    expect(first).toBeLessThan(20);
  });
});
