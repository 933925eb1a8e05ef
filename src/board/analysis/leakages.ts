import type { Amperes } from '../../base/units.ts';

/** What parts beside the pin and the capacitor let through at 85 °C, at most. */
export const leakages = {
  /** Backwards through the Schottky diode, where its driver is a pin that goes LOW. */
  diode: {
    amperes: 19e-6,
    source:
      'the BAT54 model of hardware/circuits/corners.cir at 85 °C; at 25 °C data sheets say 2 µA at 25 V at most (Diotec, Rectron and others)',
  },
  /** Through a PNP that is off, into the node. */
  transistor: {
    amperes: 1e-6,
    source:
      'BC857: 15 nA at 25 °C and 4 µA at 150 °C at 30 V at most (Panjit BC856 to BC859 series); 1 µA at 85 °C is our assumption, twice as much every 10 °C',
  },
} as const satisfies Record<string, { readonly amperes: Amperes; readonly source: string }>;
