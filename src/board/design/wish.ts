import type { Ohms, Volts } from '../../base/units.ts';
import { type AdapterName, adapterJitters } from '../analysis/adapter-jitter.ts';
import type { Assumptions, RcBoard } from '../analysis/factors.ts';
import type { SeriesName } from '../circuit/preferred-values.ts';
import { resolveProfile } from '../profile/resolve-profile.ts';
import type { ProfileFile } from '../profile/schema.ts';

/** What a person wants of a circuit that does not exist yet. */
export interface Wish {
  /** What the board itself has from BOOT0 to ground. */
  readonly boardPullDown?: Ohms;
  /** Key of a row of hardware/targets. */
  readonly family: string;
  readonly supply: Volts;
  readonly adapter: AdapterName;
  /** Measured of the adapter, instead of what the table has. */
  readonly jitter?: number;
  /** Of the worst hold over what the entry then needs: 0.5 is half as much again. */
  readonly margin: number;
  /** Of the resistors. Capacitors are sold in E6. */
  readonly series: SeriesName;
}

export const assumptionsOf = ({ adapter, jitter }: Wish): Assumptions => ({
  jitter:
    jitter === undefined
      ? { ms: adapterJitters[adapter].jitter, source: adapterJitters[adapter].source }
      : { ms: jitter, source: 'measured, as given' },
});

/** Parts that every proposal has, as in the reference circuit (hardware/circuits/rc-cap.md). */
const common = {
  /** BAT54: 0.32 V at 1 mA at most (Diotec, Rectron). */
  diodeDrop: 0.3,
  /** Class M, the cheapest. */
  tolerance: 0.2,
} as const;

/** The board of a wish, with parts on BOOT0 that the search replaces. */
export function boardOf({ family, supply, boardPullDown }: Wish): RcBoard {
  const file: ProfileFile = {
    id: 'design',
    target: { family },
    wiring: { nrst: { line: 'rts', asserted: 0 }, boot0: { line: 'dtr', asserted: 1 } },
    boot0: {
      chargeResistor: 1e3,
      capacitor: 1e-6,
      bleedResistor: 47e3,
      supply,
      ...(boardPullDown !== undefined && { boardPullDown }),
      ...common,
    },
    methods: ['rc-cap', 'lines', 'manual'],
  };
  const { boot0, ...rest } = resolveProfile(file);
  return { ...rest, boot0: boot0! };
}
