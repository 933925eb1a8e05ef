import type { Analysis } from '../analysis/analyse.ts';
import { partsOf } from '../analysis/entry-times.ts';
import type { RcBoard, Values } from '../analysis/factors.ts';
import { thresholdAt } from '../circuit/corners.ts';
import { nrstVihFraction, pullDown } from '../circuit/rc.ts';

/** One copy of the circuit: ideal switch and diode, as the formulas have them; and NRST after its line has let go. */
function copyOf(name: string, board: RcBoard, values: Values, released: number): readonly string[] {
  const parts = partsOf(board, values);
  const { supply, diodeDrop, chargeResistor, capacitor, leakage } = parts;
  const vih = thresholdAt(board.boot0, 'vih', supply);
  const vil = thresholdAt(board.boot0, 'vil', supply);
  const nrst = values['NRST pull-up'];
  return [
    `vs_${name} s_${name} 0 ${supply}`,
    `sc_${name} s_${name} a_${name} charge 0 switch`,
    `vd_${name} a_${name} b_${name} ${diodeDrop}`,
    `rc_${name} b_${name} boot0_${name} ${chargeResistor}`,
    `cb_${name} boot0_${name} 0 ${capacitor} ic=0`,
    `rb_${name} boot0_${name} 0 ${parts.pullDown}`,
    `il_${name} 0 boot0_${name} ${leakage}`,
    `rn_${name} s_${name} nrst_${name} ${nrst}`,
    `cn_${name} nrst_${name} 0 ${board.nrst.capacitor * values['NRST capacitor']} ic=${supply}`,
    `sn_${name} nrst_${name} 0 reset 0 switch`,
    `.meas tran charge_${name} trig at=1m targ v(boot0_${name}) val=${vih} rise=1`,
    `.meas tran hold_${name}   trig at=${released}m targ v(boot0_${name}) val=${vih} fall=1`,
    `.meas tran clear_${name}  trig at=${released}m targ v(boot0_${name}) val=${vil} fall=1`,
    `.meas tran rise_${name}   trig at=${released + board.nrst.pulse}m targ v(nrst_${name}) val=${nrstVihFraction * supply} rise=last`,
  ];
}

/** The parts of the schematic, nominal: a PNP and a Schottky diode. */
const schematic = ({ boot0 }: RcBoard, released: number): readonly string[] => [
  `vdd   vdd 0 ${boot0.supply}`,
  `vdtr  dtr_s 0 PWL(0 ${boot0.supply} 1m ${boot0.supply} 1.001m 0 ${released}m 0 ${released}.001m ${boot0.supply})`,
  'rdtr  dtr_s dtr 50',
  'q1    k base vdd bc857',
  'rbase dtr base 10k',
  'rbe   vdd base 10k',
  'd1    k a_parts bat54',
  `rc_parts a_parts boot0_parts ${boot0.chargeResistor}`,
  `cb_parts boot0_parts 0 ${boot0.capacitor} ic=0`,
  `rb_parts boot0_parts 0 ${pullDown(boot0)}`,
  `.meas tran charge_parts trig at=1m targ v(boot0_parts) val=${boot0.vih} rise=1`,
  `.meas tran hold_parts   trig at=${released}m targ v(boot0_parts) val=${boot0.vih} fall=1`,
  `.meas tran clear_parts  trig at=${released}m targ v(boot0_parts) val=${boot0.vil} fall=1`,
];

/** A netlist for ngspice: the plan of `rc-cap` with the parts as labelled, at their worst, at their best, and of the schematic. */
export function spiceNetlist(board: RcBoard, { plan, nominal, worst, corners }: Analysis): string {
  const released = 1 + plan.charge;
  const slowest = Math.max(...corners.map(({ times }) => times.clear).filter(Number.isFinite));
  const end = Math.ceil(released + 1.2 * slowest);
  const step = Math.max(10, Math.round(end / 20));
  return [
    `${board.id}: BOOT0 and NRST while the plan of rc-cap runs`,
    '* Run: ngspice -b FILE',
    `* DTR is asserted from 1 ms to ${released} ms, RTS from there for ${plan.pulse} ms.`,
    '* labelled: parts as labelled; worst, best: every part at the end that is worst or best for the margin, ideal switch',
    '* parts: BC857 and BAT54, as labelled',
    '',
    '.model bc857  PNP(IS=2e-14 BF=250 BR=4 VAF=40 RC=1 RE=0.5 RB=10 CJE=10p CJC=5p TF=0.6n)',
    '.model bat54  D(IS=2e-7 N=1.03 RS=2 CJO=10p VJ=0.3 BV=30 EG=0.69 XTI=2)',
    '.model switch SW(VT=0.5 VH=0.1 RON=0.1 ROFF=1e9)',
    `vcharge charge 0 PWL(0 0 1m 0 1.001m 1 ${released}m 1 ${released}.001m 0)`,
    `vreset  reset 0 PWL(0 0 ${released}m 0 ${released}.001m 1 ${released + plan.pulse}m 1 ${released + plan.pulse}.001m 0)`,
    '',
    ...copyOf('labelled', board, nominal.values, released),
    '',
    ...copyOf('worst', board, worst.values, released),
    '',
    ...copyOf('best', board, corners.at(-1)!.values, released),
    '',
    ...schematic(board, released),
    '',
    `.tran ${step}u ${end}m 0 ${step}u uic`,
    '.end',
    '',
  ].join('\n');
}
