/** A check that does not hold yet, in these jobs of the gate. */
interface Expected {
  readonly check: string;
  readonly seeds: readonly number[];
  /** The fault that is known. */
  readonly fault: string;
}

/** Empty when all is mended: what no longer fails has to leave this table. */
export const expectedFailures: readonly Expected[] = [
  {
    check: 'pass-keeps-around',
    seeds: [15, 23, 32, 42, 48, 61, 64, 104, 110, 111, 117, 131, 135, 138, 177, 183, 189],
    fault: 'campaign row 1: the fill to whole program units overwrites what is kept',
  },
  {
    check: 'second-run-is-enough',
    seeds: [77],
    fault: 'campaign rows 3, 4: a job that was cut is not finished by the next',
  },
  {
    check: 'kept-or-named',
    seeds: [60, 181],
    fault: 'campaign rows 1, 2: what is kept is lost around an image whose job did not pass',
  },
  {
    check: 'next-run-finishes',
    seeds: [122],
    fault: 'campaign rows 3, 4: a job that was cut is not finished by the next',
  },
  { check: 'refused-before-moving', seeds: [154], fault: 'campaign row 11: refused after the target was reset' },
];
