import { describe, expect, test } from 'vitest';
import { chooseCheck } from '../../machines/learning-choice.policy.ts';
import type { Observation } from '../../machines/learning-evidence.policy.ts';
import type { Experiment } from '../../src/board/learning/experiment.ts';
import type { Runs } from '../../src/board/learning/predict.ts';
import { circuit, dfuRom, evidence, experiment, observation, twoLine, wire } from '../helpers/experiments.ts';

const capacitor = circuit(twoLine, { storage: 'capacitor' });

/** Of the two-line circuit: RTS resets into the application, both lines and then DTR alone lead into the ROM. */
const home = experiment(['rts', 50]);
const otherHome = experiment(['rts', 60]);
const wayIn = experiment(['both', 50], ['dtr', 220]);
const otherWayIn = experiment(['both', 60], ['dtr', 220]);
const noReset = experiment(['dtr', 50]);

interface Asked {
  readonly experiments: readonly Experiment[];
  readonly log?: readonly Observation[];
  readonly romSince?: number | null;
  readonly most?: number;
  readonly runs?: Runs;
  readonly of?: typeof wire;
}
const began = observation(experiment(['both', 70], ['dtr', 220]), { rom: dfuRom });
const check = ({ experiments, log = [began], romSince = 0, most = 5, runs = 'rom', of = wire }: Asked) =>
  chooseCheck({ hypotheses: [of], experiments, evidence: evidence(log, { romSince }), runs }, most);

describe('a claimed circuit is checked', () => {
  test('at first by a sequence that has to end in the ROM', () => {
    expect(check({ experiments: [home, wayIn, otherWayIn] })).toEqual({ experiment: wayIn, began: 'rom' });
    expect(check({ experiments: [home, wayIn], runs: 'other' })).toEqual({ experiment: wayIn, began: 'other' });
  });

  test('then in turns by one that must not, and by one that has to', () => {
    const entered = observation(wayIn, { rom: dfuRom });
    const experiments = [otherWayIn, wayIn, home, otherHome];
    expect(check({ experiments, log: [began, entered] })?.experiment).toBe(home);
    expect(check({ experiments, log: [began, entered, observation(home)] })?.experiment).toBe(otherWayIn);
  });

  test('where none is left that would end so, by another that is certain', () => {
    expect(check({ experiments: [noReset, home, otherHome] })?.experiment).toBe(home);
    expect(check({ experiments: [otherWayIn], log: [began, observation(wayIn, { rom: dfuRom })] })?.experiment).toBe(
      otherWayIn,
    );
  });

  test('by none that was tried, also before the ROM was proven', () => {
    expect(check({ experiments: [wayIn], log: [observation(wayIn), began], romSince: 1 })).toBeNull();
  });

  test('by none that resets nothing: it would say nothing', () => {
    expect(check({ experiments: [noReset] })).toBeNull();
    expect(check({ experiments: [] })).toBeNull();
  });

  test('by none of which the circuit does not say the end', () => {
    const hardlyCharged = experiment(['dtr', 5], ['rts', 5]);
    expect(check({ experiments: [hardlyCharged, home], of: capacitor })?.experiment).toBe(home);
    expect(check({ experiments: [hardlyCharged], of: capacitor })).toBeNull();
  });
});

describe('it is checked enough', () => {
  const experiments = [otherWayIn, otherHome];
  const [entered, left] = [observation(wayIn, { rom: dfuRom }), observation(home)];

  test('after so many sequences whose end it has said', () => {
    expect(check({ experiments, log: [began, entered, left], most: 2 })).toBeNull();
    expect(check({ experiments, log: [began, entered, left], most: 3 })).not.toBeNull();
  });

  test.each([
    { name: 'a sequence that resets nothing', log: [began, entered, observation(noReset)], romSince: 0 },
    { name: 'the one that has shown the ROM first', log: [entered, left], romSince: 0 },
    { name: 'what came before the ROM was proven', log: [left, began, entered], romSince: 1 },
    { name: 'what was tried while no ROM was proven', log: [began, entered, left], romSince: null },
  ])('and $name does not count', ({ log, romSince }) => {
    expect(check({ experiments, log, romSince, most: 2 })).not.toBeNull();
  });

  test('and a sequence whose end was open does not count', () => {
    const log = [began, observation(home), observation(experiment(['dtr', 5], ['rts', 5]))];
    expect(check({ experiments, log, most: 2, of: capacitor })).not.toBeNull();
    expect(check({ experiments, log, most: 1, of: capacitor })).toBeNull();
  });
});
