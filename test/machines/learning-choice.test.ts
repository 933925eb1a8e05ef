import { describe, expect, test } from 'vitest';
import { chooseParting, chooseResetParting, likeliestWayIn } from '../../machines/learning-choice.policy.ts';
import {
  app,
  byDtr,
  byRts,
  circuit,
  dfuRom,
  evidence,
  experiment,
  loose,
  observation,
  table,
  twoLine,
  wire,
} from '../helpers/experiments.ts';

const rom = '1-1 0483:df11';
const sure = { charge: 45, held: 15 };

/** BOOT0 is always low, and each line resets. */
const byEach = circuit(table('01', '00', '00', '00'));
/** RTS resets, and DTR charges BOOT0. */
const capacitor = circuit(twoLine, { storage: 'capacitor' });

const rts = experiment(['rts', 50]);
const dtr = experiment(['dtr', 50]);
const both = experiment(['both', 50]);
/** Leads into the ROM where DTR lifts BOOT0 and RTS resets, by a wire or by a capacitor. */
const wayIn = experiment(['both', 50], ['dtr', 220]);
/** Leads there by a capacitor alone; with the shorter charge nobody knows. */
const charged = experiment(['dtr', 50], ['rts', 5]);
const hardlyCharged = experiment(['dtr', 5], ['rts', 5]);

describe('the likeliest way into the ROM', () => {
  test('is the one by which most circuits lead there', () => {
    expect(likeliestWayIn([wire, capacitor, loose], [rts, charged, wayIn, dtr], sure)).toBe(wayIn);
  });

  test('is the first of those that are equally likely', () => {
    const another = experiment(['both', 60], ['dtr', 220]);
    expect(likeliestWayIn([wire], [another, wayIn], sure)).toBe(another);
  });

  test('rather leads there for certain than perhaps', () => {
    expect(likeliestWayIn([capacitor], [hardlyCharged, charged], sure)).toBe(charged);
  });

  test('depends on what is known of the capacitor', () => {
    expect(likeliestWayIn([capacitor], [hardlyCharged, charged], { charge: 5, held: 15 })).toBe(hardlyCharged);
    expect(likeliestWayIn([capacitor], [hardlyCharged, charged], sure)).toBe(charged);
  });

  test('is none where no circuit leads there', () => {
    expect(likeliestWayIn([loose, byRts], [rts, dtr, both, wayIn, charged], sure)).toBeNull();
    expect(likeliestWayIn([wire], [], sure)).toBeNull();
  });
});

describe('the experiment that parts circuits', () => {
  const four = [byRts, byDtr, byEach, loose];
  const began = observation(wayIn, { rom: dfuRom });
  const inRom = evidence([began], { romSince: 0 });
  const parting = { hypotheses: four, evidence: inRom, runs: 'rom' } as const;

  test('leaves the fewest on average, whatever it shows', () => {
    // RTS resets two and two do not: two remain. Both lines reset three: 3/4 * 3 + 1/4 * 1 remain.
    expect(chooseParting({ ...parting, experiments: [both, rts] })).toMatchObject({ experiment: rts, began: 'rom' });
    expect(chooseParting({ ...parting, experiments: [rts, both] })).toMatchObject({ experiment: rts, began: 'rom' });
  });

  test.each([
    // 2 circuits * (1 + 1.2 s / 5 s) is less than 2.5 circuits * (1 + 50 ms / 5 s), and with 1.4 s it is more.
    { hold: 1_200, chosen: 'rts' },
    { hold: 1_400, chosen: 'both' },
  ])('a second more has to exclude a fifth more: RTS for $hold ms, or both lines: $chosen', ({ hold, chosen }) => {
    const long = experiment(['rts', hold]);
    const choice = chooseParting({ ...parting, experiments: [both, long] });
    expect(choice?.experiment).toBe(chosen === 'rts' ? long : both);
  });

  test('is the first of those that are equally good', () => {
    const same = experiment(['rts', 50]);
    expect(chooseParting({ ...parting, experiments: [same, rts] })?.experiment).toBe(same);
  });

  test('is none where every outcome leaves all circuits', () => {
    expect(chooseParting({ ...parting, hypotheses: [byRts, byEach], experiments: [rts] })).toBeNull();
    expect(chooseParting({ ...parting, hypotheses: [byRts], experiments: [rts, dtr, both] })).toBeNull();
    expect(chooseParting({ ...parting, experiments: [] })).toBeNull();
  });

  test('an outcome that is not certain counts by its chance', () => {
    const two = circuit(twoLine, { storage: 'capacitor', isFirst: { rising: false, falling: true } });
    // Two capacitors that are hardly charged may or may not lead into the ROM, two other circuits do not:
    // of four, 3/4 * 4 + 1/4 * 2 remain. DTR for 5 s parts one from three, so that 2.5 remain, at twice the cost.
    const hypotheses = [byRts, byEach, capacitor, two];
    const long = experiment(['dtr', 5_000]);
    expect(chooseParting({ ...parting, hypotheses, experiments: [long, hardlyCharged] })?.experiment).toBe(
      hardlyCharged,
    );
  });

  describe('from an application', () => {
    const left = (key: string) => [began, observation(rts, { left: [key] })];
    const of = (key: string, log = left(key)) => ({
      hypotheses: [byRts, byDtr],
      experiments: [dtr],
      evidence: evidence(log, { romSince: 0 }),
      runs: 'other' as const,
    });

    test('that is on the bus, a reset shows at once', () => {
      expect(chooseParting(of(app))).toMatchObject({ experiment: dtr, began: 'other' });
    });

    test('that is on the bus, a reset shows also where the ROM was there before', () => {
      const log = [observation(rts, { left: [rom, app] }), ...left(rom)];
      expect(chooseParting({ ...of(app), evidence: evidence(log, { romSince: 1 }) })).toMatchObject({ began: 'other' });
    });

    test('that nobody sees, a reset shows only in the ROM: there it begins', () => {
      expect(chooseParting(of(app, [began]))).toMatchObject({ experiment: dtr, began: 'rom' });
      expect(chooseParting(of(rom))).toMatchObject({ experiment: dtr, began: 'rom' });
    });

    test('to begin in the ROM costs a reset, which has to exclude more', () => {
      const isHigh = circuit(table('01', '10', '11', '10'));
      // The way in shows by the ROM alone whether it was reached. From the ROM it shows also who was not reset at all.
      const entering = [wire, isHigh, capacitor];
      const one = { ...of(rom), experiments: [wayIn] };
      // 3 of 5, or else 2: 2.6 remain. From the ROM 3, 1 or 1: 2.2 remain, and 1.3 times that is more.
      expect(chooseParting({ ...one, hypotheses: [...entering, byRts, loose] })).toMatchObject({ began: 'other' });
      // 1 of 4, or else 3: 2.5 remain. From the ROM 1, 2 or 1: 1.5 remain.
      expect(chooseParting({ ...one, hypotheses: [wire, byRts, byEach, loose] })).toMatchObject({ began: 'rom' });
    });
  });

  describe('is not repeated', () => {
    const asked = { hypotheses: four, experiments: [rts], runs: 'rom' } as const;
    const entered = observation(wayIn, { rom: dfuRom, left: [app] });
    const tried = observation(rts, { rom: dfuRom });

    test('from the same beginning, where it would show the same', () => {
      expect(chooseParting({ ...asked, evidence: evidence([entered, tried], { romSince: 0 }) })).toBeNull();
      const more = [observation(dtr), entered, tried, observation(both)];
      expect(chooseParting({ ...asked, evidence: evidence(more, { romSince: 1 }) })).toBeNull();
    });

    test('but from another beginning it is', () => {
      const log = [entered, observation(both, { left: [app] }), tried];
      expect(chooseParting({ ...asked, evidence: evidence(log, { romSince: 0 }) })).toMatchObject({ began: 'rom' });
      const fromOther = { ...asked, runs: 'other' as const };
      expect(chooseParting({ ...fromOther, evidence: evidence(log, { romSince: 0 }) })).toMatchObject({ began: 'rom' });
    });

    test('and what was tried before the ROM was proven does not count', () => {
      const log = [entered, tried];
      for (const romSince of [1, null]) {
        expect(chooseParting({ ...asked, evidence: evidence(log, { romSince }) })).toMatchObject({ experiment: rts });
      }
    });
  });
});

describe('without a ROM, the experiment that parts what resets', () => {
  test('leaves the fewest tables of NRST; what BOOT0 does in them is of no account', () => {
    const four = [byRts, byDtr, byEach, loose];
    expect(chooseResetParting(four, [both, rts], evidence([]))).toBe(rts);
    expect(chooseResetParting(four, [rts, both], evidence([]))).toBe(rts);
    expect(chooseResetParting(four, [dtr, rts], evidence([]))).toBe(dtr);
    // Counted one by one, both lines would part these better: 3 from 4, and RTS 2 from 5.
    const alsoLoose = [table('11', '01', '01', '01'), table('01', '11', '01', '01'), table('01', '01', '11', '01')];
    expect(chooseResetParting([...four, ...alsoLoose.map((one) => circuit(one))], [both, rts], evidence([]))).toBe(rts);
  });

  test('is none where all reset, or none does', () => {
    expect(chooseResetParting([byRts, byEach], [rts], evidence([]))).toBeNull();
    expect(chooseResetParting([byDtr, loose], [rts], evidence([]))).toBeNull();
    expect(chooseResetParting([byDtr, loose], [rts, dtr], evidence([]))).toBe(dtr);
  });

  test('is another one each time', () => {
    const four = [byRts, byDtr, byEach, loose];
    expect(chooseResetParting(four, [both, rts], evidence([observation(dtr), observation(rts)]))).toBe(both);
    expect(chooseResetParting(four, [rts], evidence([observation(rts)]))).toBeNull();
  });

  test('rather parts for certain than perhaps', () => {
    // As on the boards of esptool: both lines together do not reset, but while they move NRST may notice.
    const crossed = circuit(table('01', '00', '01', '01'));
    // Both lines: the one resets or not, the other does not. RTS: the one resets, the other does not.
    expect(chooseResetParting([crossed, loose], [both, rts], evidence([]))).toBe(rts);
    expect(chooseResetParting([crossed, loose], [both], evidence([]))).toBe(both);
    const held = circuit(table('00', '00', '00', '00'));
    const five = [byRts, byEach, crossed, loose, held];
    // Both lines: 3 reset and 3 do not, one of them perhaps: (9 + 9) / 6 remain. DTR: 1 and 4, (1 + 16) / 5 remain.
    expect(chooseResetParting(five, [both, dtr], evidence([]))).toBe(both);
    expect(chooseResetParting(five, [dtr, both], evidence([]))).toBe(both);
  });
});
