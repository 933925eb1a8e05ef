/** Time span or instant, in milliseconds. */
export type Milliseconds = number;
/** Resistance, in ohms. */
export type Ohms = number;
/** Capacitance, in farads. */
export type Farads = number;
/** Potential against ground, in volts. */
export type Volts = number;
