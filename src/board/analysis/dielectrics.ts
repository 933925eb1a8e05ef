import type { Farads } from '../../base/units.ts';

/** From the least to the most, and who says so. Without a document, it says whose assumption it is. */
export interface SourcedRange {
  readonly low: number;
  readonly high: number;
  readonly source: string;
}

/** What a capacitor keeps of the capacitance on its label, as shares of it. */
export interface Dielectric {
  /** At the 3.3 V of a BOOT0 circuit. */
  readonly bias: SourcedRange;
  /** From -40 to 85 °C. */
  readonly temperature: SourcedRange;
  /** In ten years: two decades of hours after the thousand at which makers sort their parts. */
  readonly age: SourcedRange;
  /** What `rc design` proposes of it, in farads: our assumption of what shops have with 10 V and more. */
  readonly sold: { readonly least: Farads; readonly most: Farads };
  /** Of an electrolytic: leakage at most, as amperes a farad, and at least the amperes of `floor`. */
  readonly leakage?: { readonly perFarad: number; readonly floor: number; readonly source: string };
}

const holyStone = 'Holy Stone, General Introduction, p. 53 (EIA-198 codes and ageing rates)';
const simSurfing =
  'Murata SimSurfing, 2025-05-05, 25 °C, as kept in github.com/CDFER/Ceramic-Capacitor-Derating@bdb5078';

const classTwo = { low: 0.85, high: 1.15, source: `${holyStone}: R is ±15 %` };
const tenYears = (perDecade: number): SourcedRange => ({
  low: 1 - 2 * perDecade,
  high: 1,
  source: `${holyStone}: up to ${perDecade * 100} % a decade; that two decades count is our assumption`,
});

/** By the name that a profile gives: `boot0: { dielectric: X7R }`. */
export const dielectrics = {
  C0G: {
    sold: { least: 1e-9, most: 100e-9 },
    bias: { low: 1, high: 1, source: 'ufcapacitors.com/5354: C0G has no DC bias effect' },
    temperature: { low: 0.997, high: 1.003, source: `${holyStone}: 30 ppm/°C, over 65 °C with room` },
    age: { low: 1, high: 1, source: `${holyStone}: NP0 does not age` },
  },
  X7R: {
    sold: { least: 100e-9, most: 10e-6 },
    bias: {
      low: 0.5,
      high: 0.97,
      source: `ufcapacitors.com/5354: a 10 µF 10 V 0805 part keeps 5 µF at 5 V, which is more than it gets here; ${simSurfing}: GRM31CR71H475KA12 (1206, 50 V) keeps 96 % at 3.25 V`,
    },
    temperature: classTwo,
    age: tenYears(0.04),
  },
  'X7R-1206': {
    sold: { least: 1e-6, most: 22e-6 },
    bias: {
      low: 0.93,
      high: 0.97,
      source: `ufcapacitors.com/5354: a 10 µF 10 V 1206 part keeps 9.3 µF at 5 V; ${simSurfing}: GRM31CR71H475KA12 keeps 96 % at 3.25 V`,
    },
    temperature: classTwo,
    age: tenYears(0.04),
  },
  X5R: {
    sold: { least: 1e-6, most: 47e-6 },
    bias: {
      low: 0.31,
      high: 0.68,
      source: `${simSurfing}: from GRM155R60J106ME05 (10 µF, 0402, 6.3 V) to GRT31CR61A226KE01 (22 µF, 1206, 10 V) at 3.0 to 3.3 V; GRM155R61A475MEAA, GRT188R61A106KE13, GRM21BR61E106KA73, GRM219R61E475KA73 and GRM188R61C475KE11 lie between`,
    },
    temperature: classTwo,
    age: tenYears(0.04),
  },
  Y5V: {
    sold: { least: 1e-6, most: 10e-6 },
    bias: {
      low: 0.07,
      high: 0.5,
      source:
        'Maxim tutorial 5527, as quoted: a 4.7 µF 6.3 V part has 0.33 µF at 5 V; the upper end is our assumption for a large case',
    },
    temperature: { low: 0.18, high: 1.22, source: `${holyStone}: V is +22 to -82 %, from -30 °C on` },
    age: tenYears(0.1),
  },
  electrolytic: {
    sold: { least: 1e-6, most: 100e-6 },
    bias: { low: 1, high: 1, source: 'our assumption: an aluminium oxide does not lose capacitance by its voltage' },
    temperature: { low: 0.7, high: 1.1, source: 'our assumption, from -40 to 85 °C: no document was read' },
    age: { low: 0.8, high: 1, source: 'our assumption: data sheets commonly end a life at -20 %' },
    leakage: {
      // 10 V rated: 0.01 of C times V.
      perFarad: 0.1,
      floor: 3e-6,
      source:
        'chemi-con.co.jp FAQ alLeakageCurrentVsTime: 770 µA for 2200 µF at 35 V, which is 0.01 CV; the floor of 3 µA and the 10 V are our assumption',
    },
  },
} as const satisfies Record<string, Dielectric>;

export type DielectricName = keyof typeof dielectrics;
export const dielectricNames = Object.keys(dielectrics) as readonly DielectricName[];

/** Of a capacitor whose profile does not name it: our assumption, because it is what most parts of some µF are. */
export const usualDielectric: DielectricName = 'X7R';

/**
 * Everything that a dielectric costs and gives, multiplied: the share of its capacitance that a part keeps. At best the bias
 * costs nothing: a ceramic has its full capacitance again where the voltage is low.
 */
export function keptShare(name: DielectricName): { readonly low: number; readonly high: number } {
  const { bias, temperature, age } = dielectrics[name];
  return { low: bias.low * temperature.low * age.low, high: temperature.high * age.high };
}
