import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isBootctlError } from '../../src/base/errors.ts';
import { numberAccounts } from '../../src/records/number-account.ts';
import { readRecords } from '../../src/records/read-records.ts';
import type { ClaimRequest, LotCounts, Outcome, Records, RunEnd } from '../../src/records/records.ts';
import { failed, openAt, range, recordsFolder, request, secondsClock } from '../helpers/records.ts';

const [first, last] = [1, 12];
const quantity = 7;
const retests = 1;

/** What a person does at the station, and what happens to it. */
type Step =
  | { readonly step: 'put in'; readonly board: number; readonly stays: boolean }
  | { readonly step: 'end'; readonly which: number; readonly outcome: Outcome; readonly flash: string }
  | { readonly step: 'power cut' };

interface Policy {
  readonly passedBefore: ClaimRequest['passedBefore'];
  readonly failedBefore: ClaimRequest['failedBefore'];
}

/** A board as it lies there. `written`: numbers that may be in its flash; the last one is on top. */
interface Board {
  readonly chipUid: string | undefined;
  lastRun: string | undefined;
}

/** What the station knows as one unit; a board without a chip id that was taken out is another one when it is back. */
interface KnownUnit {
  readonly board: number;
  number: number | undefined;
  /** That number may be in its flash. */
  isWritten: boolean;
  isGood: boolean;
  isOpen: boolean;
  runs: number;
  failures: number;
  firstCounted: Outcome | undefined;
}

/** Told in words by the contract, and written without a look at the sources: numbers, units, policies, counts. */
class Model {
  readonly units: KnownUnit[] = [];
  /** Numbers that no unit takes again. */
  readonly lost = new Map<number, KnownUnit>();
  readonly runs: Record<Outcome, number> = { pass: 0, fail: 0, error: 0, aborted: 0 };

  ownerOf(number: number): KnownUnit | undefined {
    return this.lost.get(number) ?? this.units.find((unit) => unit.number === number);
  }

  refusal(unit: KnownUnit | undefined, policy: Policy): string | undefined {
    if (unit?.isOpen) return 'unit-refused';
    if (unit?.isGood && policy.passedBefore === 'refuse') return 'unit-refused';
    if (unit && unit.failures > retests) return 'unit-refused';
    const good = this.units.filter(({ isGood }) => isGood).length;
    const coming = this.units.filter(({ isGood, isOpen }) => isOpen && !isGood).length;
    if (!unit?.isGood && good + coming >= quantity) return 'lot-complete';
    if (unit?.number !== undefined && !this.burns(unit, policy)) return undefined;
    return this.lowestFree() === undefined ? 'numbers-used-up' : undefined;
  }

  burns = (unit: KnownUnit, policy: Policy): boolean =>
    policy.failedBefore === 'burn' && unit.isWritten && !unit.isGood && unit.number !== undefined;

  lowestFree(): number | undefined {
    for (let number = first; number <= last; number++) if (this.ownerOf(number) === undefined) return number;
    return undefined;
  }

  begin(unit: KnownUnit, policy: Policy): void {
    if (this.burns(unit, policy)) {
      this.lost.set(unit.number!, unit);
      unit.number = undefined;
      unit.isWritten = false;
    }
    unit.number ??= this.lowestFree();
    unit.isOpen = true;
    unit.runs++;
  }

  end(unit: KnownUnit, outcome: Outcome, flash: string): void {
    unit.isOpen = false;
    this.runs[outcome]++;
    const counts = outcome === 'pass' || outcome === 'fail';
    if (counts) unit.firstCounted ??= outcome;
    if (outcome === 'fail') unit.failures++;
    if (outcome === 'pass') unit.failures = 0;
    if (outcome === 'pass' || flash !== 'untouched') {
      unit.isWritten = true;
      unit.isGood = outcome === 'pass';
    }
    if (!unit.isWritten) unit.number = undefined;
  }

  counts(): LotCounts {
    return {
      units: this.units.filter(({ firstCounted }) => firstCounted).length,
      passed: this.units.filter(({ isGood }) => isGood).length,
      firstPass: this.units.filter(({ firstCounted }) => firstCounted === 'pass').length,
      runs: this.runs,
    };
  }

  account(): object {
    const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    const stateOf = (number: number): string => {
      if (this.lost.has(number)) return 'burnt';
      const owner = this.ownerOf(number);
      if (owner === undefined) return 'free';
      if (owner.isOpen) return 'claimed';
      return owner.isGood ? 'used' : 'burnt';
    };
    const inState = (wanted: string) => numbers.filter((number) => stateOf(number) === wanted);
    const [used, burnt, claimed] = [inState('used'), inState('burnt'), inState('claimed')];
    return { lot: '2611-A', first, last, used, burnt, claimed, free: inState('free').length };
  }
}

const flashOf: Readonly<Record<Outcome, fc.Arbitrary<string>>> = {
  pass: fc.constant('verified'),
  fail: fc.constantFrom('untouched', 'erased in part', 'differs'),
  error: fc.constantFrom('untouched', 'written in part'),
  aborted: fc.constantFrom('untouched', 'erased'),
};

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ step: fc.constant('put in' as const), board: fc.nat(9), stays: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.constantFrom<Outcome>('pass', 'pass', 'fail', 'fail', 'error', 'aborted').chain((outcome) =>
      fc.record({
        ...{ step: fc.constant('end' as const), which: fc.nat(9) },
        ...{ outcome: fc.constant(outcome), flash: flashOf[outcome] },
      }),
    ),
  },
  { weight: 1, arbitrary: fc.constant({ step: 'power cut' as const }) },
);

const policies: fc.Arbitrary<Policy> = fc.record({
  passedBefore: fc.constantFrom('refuse', 'reprogram'),
  failedBefore: fc.constantFrom('retry', 'burn'),
});

/** Lives through a history with real records and with the model, and compares them at each step. */
class Life {
  readonly model = new Model();
  readonly boards: Board[] = Array.from({ length: 10 }, (_, index) => ({
    chipUid: index % 2 === 0 ? `chip-${index}` : undefined,
    lastRun: undefined,
  }));
  readonly open: { run: string; unit: KnownUnit }[] = [];
  readonly byRun = new Map<string, KnownUnit>();
  /** Board by number that was ever written into one. */
  readonly boardOf = new Map<number, number>();
  readonly path: string;
  readonly policy: Policy;
  readonly now = secondsClock();
  records: Records;

  constructor(path: string, policy: Policy) {
    this.path = path;
    this.policy = policy;
    this.records = openAt(path, this.now);
  }

  take(step: Step): void {
    if (step.step === 'put in') this.putIn(step.board, step.stays);
    else if (step.step === 'end') this.end(step.which, step.outcome, step.flash);
    else this.powerCut();
    expect(this.records.counts('2611-A')).toEqual(this.model.counts());
  }

  putIn(index: number, stays: boolean): void {
    const board = this.boards[index]!;
    const again = stays ? board.lastRun : undefined;
    const isKnown = again !== undefined || board.chipUid !== undefined;
    const lastUnit = board.lastRun === undefined ? undefined : this.byRun.get(board.lastRun);
    const known = isKnown ? lastUnit : undefined;
    // A hand holds one board once: what is in a slot cannot be put into another one.
    if (lastUnit?.isOpen && !isKnown) return;
    const expected = this.model.refusal(known, this.policy);
    const asked = request({
      serial: range(first, last),
      quantity,
      retests,
      again,
      chipUid: board.chipUid,
      ...this.policy,
    });
    let claimed: ReturnType<Records['claim']>;
    try {
      claimed = this.records.claim(asked);
    } catch (error) {
      expect(isBootctlError(error) && error.code).toBe(expected);
      return;
    }
    expect(expected).toBeUndefined();
    const unit = known ?? this.newUnit(index);
    this.model.begin(unit, this.policy);
    expect(claimed).toMatchObject({ number: unit.number, attempt: unit.runs });
    board.lastRun = claimed.run;
    this.byRun.set(claimed.run, unit);
    this.open.push({ run: claimed.run, unit });
  }

  newUnit(board: number): KnownUnit {
    const unit: KnownUnit = {
      ...{ board, number: undefined, isWritten: false, isGood: false, isOpen: false },
      ...{ runs: 0, failures: 0, firstCounted: undefined },
    };
    this.model.units.push(unit);
    return unit;
  }

  end(which: number, outcome: Outcome, flash: string): void {
    if (this.open.length === 0) return;
    const [{ run, unit }] = this.open.splice(which % this.open.length, 1) as [(typeof this.open)[number]];
    const end: RunEnd = failed({ outcome, flash, code: outcome === 'pass' ? undefined : 'verify-mismatch' });
    this.records.finish(run, end);
    this.settle(unit, outcome, flash);
  }

  powerCut(): void {
    this.records[Symbol.dispose]();
    this.records = openAt(this.path, this.now);
    expect(this.records.interrupted.map(({ run }) => run)).toEqual(this.open.map(({ run }) => run));
    for (const { unit } of this.open.splice(0)) this.settle(unit, 'error', 'unknown');
  }

  /** The promise itself, told by the boards: no number is in two of them. */
  settle(unit: KnownUnit, outcome: Outcome, flash: string): void {
    const { number } = unit;
    this.model.end(unit, outcome, flash);
    if (flash === 'untouched' || number === undefined) return;
    expect(this.boardOf.get(number) ?? unit.board).toBe(unit.board);
    this.boardOf.set(number, unit.board);
  }
}

test('through any history no number is in two units, and each is used, burnt or free', () => {
  let runs = 0;
  fc.assert(
    fc.property(policies, fc.array(step, { minLength: 10, maxLength: 60 }), (policy, steps) => {
      const life = new Life(join(recordsFolder(), 'records.db'), policy);
      try {
        for (const one of steps) life.take(one);
        const [account] = readRecords(life.path, numberAccounts);
        if (account) expect(account).toEqual(life.model.account());
        life.powerCut();
        const [settled] = readRecords(life.path, numberAccounts);
        if (!settled) return;
        const { used, burnt, claimed, free } = settled;
        expect(claimed).toEqual([]);
        expect(used.length + burnt.length + free).toBe(last - first + 1);
        const inBoards = [...life.boardOf.keys()].sort((a, b) => a - b);
        expect([...used, ...burnt].sort((a, b) => a - b)).toEqual(inBoards);
        const seqs = life.records.lastRuns(1000).map(({ seq }) => seq);
        expect(seqs).toEqual(seqs.map((_, index) => seqs.length - index));
        runs += seqs.length;
      } finally {
        life.records[Symbol.dispose]();
      }
    }),
    { numRuns: 50 },
  );
  expect(runs).toBeGreaterThan(200);
});
