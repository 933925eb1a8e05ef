/** Time span or instant, in milliseconds. */
export type Milliseconds = number;
/** Resistance, in ohms. */
export type Ohms = number;
/** Capacitance, in farads. */
export type Farads = number;
/** Potential against ground, in volts. */
export type Volts = number;
/** Current, in amperes. */
export type Amperes = number;

/** A voltage that follows the supply, as data sheets write thresholds: `0.17 VDD + 0.7 V`. */
export interface LevelOfVdd {
  readonly ofVdd: number;
  readonly plus: Volts;
}
