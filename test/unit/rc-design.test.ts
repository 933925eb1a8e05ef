import { describe, expect, test } from 'vitest';
import { analyse, worstValues } from '../../src/board/analysis/analyse.ts';
import { analysedPlan, entryTimes } from '../../src/board/analysis/entry-times.ts';
import { factorsOf } from '../../src/board/analysis/factors.ts';
import { guaranteedHoldTime } from '../../src/board/circuit/corners.ts';
import { fittingCapacitor } from '../../src/board/circuit/planner.ts';
import { preferredValues, valuesOf } from '../../src/board/circuit/preferred-values.ts';
import { designedBoard } from '../../src/board/design/design-profile.ts';
import { proposalsFor } from '../../src/board/design/proposals.ts';
import { slowestClear } from '../../src/board/design/search.ts';
import { spiceNetlist } from '../../src/board/design/spice-netlist.ts';
import { assumptionsOf, type Wish } from '../../src/board/design/wish.ts';
import { profileIssues } from '../../src/board/profile/check-profile.ts';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import { boot0Levels } from '../../src/chips/boot0-levels.ts';
import { chipKeys, findChip } from '../../src/chips/find-chip.ts';
import { referenceBoot0, referenceNrst } from '../helpers/circuits.ts';
import { ngspiceMissing, runNetlist } from '../helpers/spice.ts';

const wish: Wish = { family: 'F405_407', supply: 3.3, adapter: 'ft232r', margin: 0.5, series: 'E12' };

describe('preferred values', () => {
  test('IEC 60063: each step of E6, E12 and E24 is a root of ten, rounded as the standard rounds it', () => {
    expect(preferredValues.E6.length).toBe(6);
    expect(preferredValues.E12.length).toBe(12);
    expect(preferredValues.E24.length).toBe(24);
    for (const [name, steps] of Object.entries(preferredValues)) {
      // The standard keeps eight values of E24 (2.7 to 4.7, and 8.2) that are not the rounded root; they are 5 % away at most.
      for (const [at, step] of steps.entries()) {
        expect(Math.abs(step / 10 ** (at / steps.length) - 1), `${name} ${step}`).toBeLessThan(0.05);
      }
    }
    expect(preferredValues.E24).toEqual(expect.arrayContaining([...preferredValues.E12]));
    expect(preferredValues.E12).toEqual(expect.arrayContaining([...preferredValues.E6]));
  });

  test('both ends are included, over decades, and no value has noise', () => {
    expect(valuesOf('E6', 680, 4.7e3)).toEqual([680, 1000, 1500, 2200, 3300, 4700]);
    expect(valuesOf('E6', 100e-9, 1e-6)).toEqual([1e-7, 1.5e-7, 2.2e-7, 3.3e-7, 4.7e-7, 6.8e-7, 1e-6]);
    expect(valuesOf('E12', 9e3, 9.5e3)).toEqual([]);
    expect(fittingCapacitor({ ...referenceBoot0, bleedResistor: 100 }, referenceNrst)).toBeUndefined();
  });
});

describe('proposals', () => {
  const { proposals, fulfilling } = proposalsFor(wish);

  test('several, with other capacitors, each of which the analysis of rc analyse confirms', () => {
    expect(proposals.length).toBe(6);
    expect(fulfilling).toBeGreaterThan(100);
    for (const { board, worst, ratio } of proposals) {
      const { plan, worst: analysed } = analyse(board, 'rc-cap', assumptionsOf(wish));
      expect(plan.refused).toBeUndefined();
      expect(analysed.times.margin).toBeCloseTo(worst.margin, 6);
      expect(ratio).toBeCloseTo(analysed.times.margin / analysed.times.needed, 6);
      expect(ratio).toBeGreaterThanOrEqual(0.5);
      // A transistor with 0.2 mA into its base carries 4 mA surely.
      expect((3.3 * 1.03) / (board.boot0.chargeResistor * 0.95)).toBeLessThan(4e-3);
    }
    const capacitors = proposals.map(({ board, dielectric }) => `${board.boot0.capacitor} ${dielectric}`);
    expect(new Set(capacitors).size).toBe(6);
    expect(new Set(proposals.map(({ dielectric }) => dielectric))).toEqual(
      new Set(['X7R-1206', 'X7R', 'X5R', 'electrolytic']),
    );
  });

  test('no proposal is behind another one in all three', () => {
    for (const one of proposals) {
      const ahead = proposals.filter(
        (other) => other.ratio > one.ratio && other.current < one.current && other.recovery < one.recovery,
      );
      const places = ahead.map((other) => proposals.indexOf(other));
      expect(places.every((place) => place < proposals.indexOf(one))).toBe(true);
    }
  });

  test('BOOT0 is surely low again: the slowest clear is the one that a search of all corners finds, and the recovery has it', () => {
    for (const { board, recovery, worst } of proposals) {
      const factors = factorsOf(board, assumptionsOf(wish));
      const plan = analysedPlan(board, 'rc-cap');
      const clear = (values: Parameters<typeof entryTimes>[2]) => entryTimes(board, plan, values).clear;
      const slowest = clear(worstValues(factors, (values) => -clear(values)));
      expect(slowest).toBeLessThan(Number.POSITIVE_INFINITY);
      expect(slowestClear(board, factors)).toBeCloseTo(slowest, 6);
      expect(recovery).toBeCloseTo(plan.charge + worst.needed + slowest, 6);
    }
  });

  test('a slower adapter, a larger margin and a higher VIH want more', () => {
    const needed = (changes: Partial<Wish>) => proposalsFor({ ...wish, ...changes }).proposals[0]!.worst;
    expect(needed({ adapter: 'rfc2217' }).needed).toBeCloseTo(needed({}).needed + 15, 6);
    expect(needed({ jitter: 2 }).needed).toBeCloseTo(needed({}).needed - 3, 6);
    const wide = needed({ margin: 2 });
    expect(wide.margin / wide.needed).toBeGreaterThanOrEqual(2);
    expect(proposalsFor({ ...wish, family: 'G47x_48x' }).fulfilling).toBeLessThan(fulfilling);
  });

  test('for every line there are proposals at 3.3 V, and profiles that are good', { timeout: 60_000 }, () => {
    // Lines with the same BOOT0 and NRST have the same proposals.
    const kinds = new Map(
      chipKeys().map((key) => {
        const { boot0, nrstPullUp, hasDfu } = findChip(key)!;
        return [JSON.stringify([boot0Levels(findChip(key)), boot0?.drain, nrstPullUp, hasDfu]), key];
      }),
    );
    expect(kinds.size).toBeGreaterThan(5);
    for (const family of kinds.values()) {
      const one: Wish = { ...wish, family, series: 'E6' };
      const [first] = proposalsFor(one).proposals;
      const { board } = designedBoard(one, { candidate: first! }, 'my-board.yaml');
      expect(profileIssues(board, 'my-board')).toEqual([]);
      expect(guaranteedHoldTime(board.boot0, analysedPlan(board, 'rc-cap').charge)).toBeGreaterThanOrEqual(
        first!.worst.hold - 0.01,
      );
    }
  });

  test('the profile is read back with the same parts', () => {
    const [first] = proposals;
    const { text } = designedBoard(wish, { candidate: first! }, 'a/my-board.yaml');
    const { boot0, id, target } = parseProfile(text, 'my-board.yaml');
    const { chargeResistor, capacitor, bleedResistor, dielectric, kept } = first!.board.boot0;
    expect([id, target?.family]).toEqual(['my-board', 'F405_407']);
    expect(boot0).toMatchObject({ chargeResistor, capacitor, bleedResistor, dielectric, kept });
  });
});

describe('impossible wishes name the part that bounds them', () => {
  test.each([
    { changes: { supply: 5 }, says: /^The target bounds it: an STM32 takes 1\.65 V to 3\.60 V/ },
    {
      changes: { margin: 900 },
      says: /^No parts of E12 give a margin of 90000 %.*The bleed resistor bounds it: with 220 kΩ, 2 µA of leakage may hold BOOT0 at 0\.46 V/,
    },
    {
      changes: { margin: 900, series: 'E6', family: 'G47x_48x', supply: 3.6 },
      says: /The capacitor bounds it: \d+ µF is the largest/,
    },
    { changes: { supply: 1.65, family: 'H7A3_B3_B0' }, says: /the most is -\d+ %.*The diode bounds it/ },
  ] as const)('$changes', ({ changes, says }) => {
    const error = (() => {
      try {
        return proposalsFor({ ...wish, ...changes });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: 'design-impossible', message: expect.stringMatching(says) });
  });
});

describe('the netlist', () => {
  const missing = ngspiceMissing();
  test(`says in ngspice what the analysis says${missing ? ` (not run: ${missing})` : ''}`, ({ skip }) => {
    if (missing) return skip(missing);
    for (const candidate of proposalsFor(wish).proposals.slice(0, 2)) {
      const { board } = designedBoard(wish, { candidate });
      const analysis = analyse(board, 'rc-cap', assumptionsOf(wish));
      const measured = runNetlist(spiceNetlist(board, analysis));
      const best = analysis.corners.at(-1)!;
      for (const [name, { times }] of Object.entries({ labelled: analysis.nominal, worst: analysis.worst, best })) {
        const agree = (figure: string, expected: number) =>
          expect(Math.abs((measured.get(`${figure}_${name}`)! * 1e3) / expected - 1), `${figure} ${name}`).toBeLessThan(
            0.02,
          );
        agree('charge', times.charge);
        agree('hold', times.hold);
        agree('clear', times.clear);
        agree('rise', times.nrstRelease);
      }
      // Real parts drop less at the end of a charge than the profile says.
      expect(measured.get('hold_parts')! * 1e3).toBeGreaterThan(analysis.nominal.times.hold);
    }
  }, 60_000);
});
