import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { ClaimRequest, RunEnd } from '../../src/records/records.ts';
import {
  failed,
  openAt,
  passed,
  range,
  recordsFolder,
  request,
  secondsClock,
  someRecords,
  untouched,
} from '../helpers/records.ts';

const records = () => {
  const open = someRecords();
  return {
    ...{ path: open.path, records: open },
    run: (end: RunEnd, changes: Partial<ClaimRequest> = {}) => {
      const claimed = open.claim(request(changes));
      open.finish(claimed.run, end);
      return claimed;
    },
    claim: (changes: Partial<ClaimRequest> = {}) => open.claim(request(changes)),
    refusal: (changes: Partial<ClaimRequest> = {}) => {
      try {
        open.claim(request(changes));
      } catch (error) {
        if (error instanceof BootctlError) return { code: error.code, message: error.message, hint: error.hint };
        throw error;
      }
      throw new Error('it was not refused');
    },
  };
};

const label = (text: string) => ({ serial: { text } });
/** STM32 unique ids have 96 bits. */
const [chip, otherChip] = ['0123456789abcdef01234567', 'fedcba9876543210fedcba98'];

test('a claim is a row on the disk before it returns: another reader sees it, with its number', () => {
  const { claim, path } = records();
  expect(claim()).toEqual({
    run: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    ...{ seq: 1, serial: 'SN001000', number: 1000, attempt: 1 },
  });
  expect(path).toMatch(/records\.db$/);
});

test('numbers of a range come in their order, and the sequence has no gap', () => {
  const { run } = records();
  const claims = [passed(), failed(), passed()].map((end) => run(end));
  expect(claims.map(({ seq, number }) => [seq, number])).toEqual([
    [1, 1000],
    [2, 1001],
    [3, 1002],
  ]);
});

test('the text of a number is what jig.yaml says, and is never read as a number', () => {
  const { run } = records();
  expect(run(passed(), label('007')).serial).toBe('007');
  expect(run(passed(), label('7')).attempt).toBe(1);
});

test('a run without serial numbers is a unit of its own', () => {
  const { run } = records();
  expect(run(passed(), { serial: undefined })).toMatchObject({ serial: undefined, number: undefined, attempt: 1 });
  expect(run(passed(), { serial: undefined })).toMatchObject({ seq: 2, attempt: 1 });
});

test('a number is given back where the flash was not touched', () => {
  const { run } = records();
  run(untouched());
  expect(run(passed())).toMatchObject({ number: 1000, attempt: 1 });
  expect(run(passed())).toMatchObject({ number: 1001 });
});

test('a number that was given back below others is the next one', () => {
  const { claim, records: open } = records();
  const [first, second] = [claim({ slot: 'A1' }), claim({ slot: 'A2' })];
  open.finish(second.run, passed());
  open.finish(first.run, untouched());
  expect([claim({ slot: 'A1' }).number, claim({ slot: 'A2' }).number]).toEqual([1000, 1002]);
});

test('a unit that failed takes its number again, if it is known to be the same: by the slot, or by its chip', () => {
  const { run } = records();
  const first = run(failed());
  expect(run(failed(), { again: first.run, chipUid: chip })).toMatchObject({ number: 1000, attempt: 2 });
  run(passed());
  expect(run(passed(), { chipUid: chip })).toMatchObject({ number: 1000, attempt: 3 });
});

test('a number that may be in the unit is not given back by a later run that touches nothing', () => {
  const { run } = records();
  const first = run(failed());
  run(untouched(), { again: first.run });
  expect(run(passed()).number).toBe(1001);
});

test('with `failed: burn` the unit that failed has another number, and nobody takes the first one', () => {
  const { run, refusal } = records();
  const burn = { failedBefore: 'burn' } as const;
  const first = run(failed(), burn);
  expect(run(passed(), { ...burn, again: first.run })).toMatchObject({ number: 1001, attempt: 2 });
  expect(run(passed(), burn).number).toBe(1002);
  expect(refusal({ ...burn, ...label('SN001000') })).toMatchObject({
    code: 'unit-refused',
    message: 'SN001000 is burnt: it may be in a unit that has failed',
    hint: 'Give the unit another label; with `failed: retry` in jig.yaml it would take this one again.',
  });
});

test('a unit whose label is burnt takes a new one', () => {
  const { run } = records();
  const burn = { failedBefore: 'burn' } as const;
  const first = run(failed(), { ...burn, ...label('L1') });
  expect(run(passed(), { ...burn, ...label('L2'), again: first.run })).toMatchObject({ serial: 'L2', attempt: 2 });
});

test('a number whose text is in a unit of another lot is passed over', () => {
  const { run } = records();
  run(passed());
  run(passed());
  expect(run(passed(), { lot: '2611-B' }).serial).toBe('SN001002');
});

test('a range that is made larger downwards gives its new numbers', () => {
  const { run } = records();
  run(passed());
  expect(run(passed(), { serial: range(998, 1000) }).number).toBe(998);
  expect(run(passed(), { serial: range(998, 1000) }).number).toBe(999);
});

test('a range that is used up says so', () => {
  const { run, refusal } = records();
  run(passed(), { serial: range(1, 1) });
  expect(refusal({ serial: range(1, 1) })).toMatchObject({
    code: 'numbers-used-up',
    message: 'Lot 2611-A has no serial number left from SN000001 to SN000001',
  });
});

test('a unit that has passed is refused, or programmed again under its number', () => {
  const { run, refusal } = records();
  run(passed(), label('L1'));
  expect(refusal(label('L1'))).toMatchObject({ code: 'unit-refused', message: 'L1 has passed before' });
  expect(run(passed(), { ...label('L1'), passedBefore: 'reprogram' })).toMatchObject({ serial: 'L1', attempt: 2 });
});

test('a refusal leaves nothing behind: no unit, no run, no gap', () => {
  const { run, refusal, records: open } = records();
  run(passed(), label('L1'));
  refusal(label('L1'));
  expect(run(passed(), label('L2')).seq).toBe(2);
  expect(open.lastRuns(9).map(({ serial }) => serial)).toEqual(['L2', 'L1']);
});

test('a unit is tried as often as `retests` says, and what the station or a person has ended does not count', () => {
  const { run, refusal } = records();
  run(failed(), label('L1'));
  run(failed({ outcome: 'error', code: 'adapter-lost' }), label('L1'));
  run(failed({ outcome: 'aborted', code: 'aborted' }), label('L1'));
  run(failed(), label('L1'));
  run(failed(), label('L1'));
  expect(refusal(label('L1'))).toMatchObject({
    code: 'unit-refused',
    message: 'L1 has failed 3 times, and may be tried again 2 times',
  });
  run(failed(), { ...label('L2'), retests: 0 });
  expect(refusal({ ...label('L2'), retests: 0 }).message).toBe('L2 has failed 1 time, and may be tried again 0 times');
});

test('golden units pass and fail as often as they are asked, and are in no count', () => {
  const { run, records: open } = records();
  const golden = { purpose: 'golden', ...label('GOLD-1'), failedBefore: 'burn' } as const;
  for (const end of [passed(), passed(), failed(), failed(), failed(), failed(), passed()]) run(end, golden);
  expect(open.counts('2611-A')).toEqual({
    ...{ units: 0, passed: 0, firstPass: 0 },
    runs: { pass: 0, fail: 0, error: 0, aborted: 0 },
  });
});

test('a unit that is in a slot cannot be in another one', () => {
  const { claim, refusal } = records();
  claim(label('L1'));
  expect(refusal({ slot: 'A2', ...label('L1') })).toMatchObject({
    code: 'unit-refused',
    message: 'L1 is being worked on in slot A1',
  });
});

test.each([
  {
    name: 'label and chip of two units',
    before: [{ ...label('L1') }, { ...label('L2'), chipUid: chip }],
    now: { ...label('L1'), chipUid: chip },
    message: `label L1 and chip ${chip} belong to different units`,
  },
  {
    name: 'another chip under the same label',
    before: [{ ...label('L1'), chipUid: chip }],
    now: { ...label('L1'), chipUid: otherChip },
    message: `L1 had the chip ${chip} before, and has ${otherChip} now`,
  },
  {
    name: 'another label on the same chip',
    before: [{ ...label('L1'), chipUid: chip }],
    now: { ...label('L2'), chipUid: chip },
    message: 'This unit was L1 before, and is L2 now',
  },
])('$name is refused', ({ before, now, message }) => {
  const { run, refusal } = records();
  for (const changes of before) run(failed(), changes);
  expect(refusal(now)).toMatchObject({ code: 'unit-refused', message, hint: expect.stringContaining('scan again') });
});

test('a lot takes no more good units than it has: those that are being made may all pass', () => {
  const { run, claim, refusal, records: open } = records();
  run(passed(), { quantity: 2 });
  const running = claim({ quantity: 2 });
  expect(refusal({ quantity: 2, slot: 'A2' })).toMatchObject({
    code: 'lot-complete',
    message: 'Lot 2611-A has 1 of 2 good units, and 1 being made',
  });
  open.finish(running.run, failed());
  open.finish(claim({ quantity: 2, slot: 'A2' }).run, passed());
  expect(refusal({ quantity: 2 }).message).toBe('Lot 2611-A has 2 of 2 good units');
  expect(claim({ quantity: 3 }).attempt).toBe(1);
});

test('a good unit is programmed again also in a full lot', () => {
  const { run } = records();
  run(passed(), { quantity: 1, ...label('L1') });
  expect(run(passed(), { quantity: 1, ...label('L1'), passedBefore: 'reprogram' }).attempt).toBe(2);
});

test('a good unit that is programmed again while others are made takes no place of theirs', () => {
  const { run, claim } = records();
  run(passed(), { quantity: 2, ...label('L1') });
  claim({ quantity: 2, ...label('L1'), passedBefore: 'reprogram' });
  expect(claim({ quantity: 2, slot: 'A2', ...label('L2') }).seq).toBe(3);
});

test('failures before a pass are forgiven when the unit is programmed again', () => {
  const { run, refusal } = records();
  const again = { ...label('L1'), retests: 1, passedBefore: 'reprogram' } as const;
  for (const end of [failed(), passed(), failed(), failed()]) run(end, again);
  expect(refusal(again).message).toBe('L1 has failed 2 times, and may be tried again 1 time');
});

test('times are whole milliseconds, also of a clock with parts of them', () => {
  using open = openAt(join(recordsFolder(), 'records.db'), () => Date.UTC(2026, 10, 29) + 0.75);
  const { run } = open.claim(request());
  expect(run).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  expect(open.lastRuns(1)).toMatchObject([{ started: Date.UTC(2026, 10, 29) + 1 }]);
});

test('units are counted once each, by the runs of this lot', () => {
  const { run, records: open } = records();
  run(passed(), label('L1'));
  run(failed(), label('L2'));
  run(passed(), label('L2'));
  run(failed({ outcome: 'error', code: 'adapter-lost' }), label('L3'));
  run(failed(), label('L4'));
  run(passed(), { lot: 'other', ...label('L5') });
  const counts = { units: 3, passed: 2, firstPass: 1, runs: { pass: 2, fail: 2, error: 1, aborted: 0 } };
  expect(open.counts('2611-A')).toEqual(counts);
  open[Symbol.dispose]();
  using again = openAt(open.path);
  expect(again.counts('2611-A')).toEqual(counts);
});

test('a good unit that fails when it is programmed again is good no longer, unless its flash was not touched', () => {
  const { run, records: open } = records();
  const again = { ...label('L1'), passedBefore: 'reprogram' } as const;
  run(passed(), again);
  run(untouched(), again);
  expect(open.counts('2611-A').passed).toBe(1);
  run(failed(), again);
  expect(open.counts('2611-A')).toMatchObject({ units: 1, passed: 0, firstPass: 1 });
});

test('a run ends once', () => {
  const { run, records: open } = records();
  const { run: id } = run(passed());
  expect(() => open.finish(id, failed())).toThrow(`run ${id} is not open`);
  expect(open.counts('2611-A').runs).toMatchObject({ pass: 1, fail: 0 });
});

test('runs that were left open are closed as interrupted when the records are opened again, and their numbers are burnt', () => {
  const { run, claim, records: open } = records();
  run(passed());
  const left = claim({ slot: 'A2', chipUid: chip });
  open[Symbol.dispose]();
  const later = Date.UTC(2026, 10, 29, 9);
  using again = openAt(open.path, secondsClock(later));
  const interrupted = { run: left.run, slot: 'A2', serial: 'SN001001', outcome: 'error', code: 'interrupted' };
  expect(again.interrupted).toMatchObject([interrupted]);
  expect(again.lastRuns(1)).toEqual(again.interrupted);
  expect(again.interrupted[0]!.ended! - later).toBeGreaterThanOrEqual(0);
  expect(again.claim(request()).number).toBe(1002);
  expect(again.claim(request({ slot: 'A2', chipUid: chip }))).toMatchObject({ number: 1001, attempt: 2 });
});
