import { amount, milliseconds, seconds } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import { adapterJitters } from '../../board/analysis/adapter-jitter.ts';
import type { ManyBoards } from '../../board/analysis/many-boards.ts';
import { capacitorText } from '../../board/design/proposals.ts';
import type { Candidate } from '../../board/design/search.ts';
import { assumptionsOf, type Wish } from '../../board/design/wish.ts';
import { parts } from '../../board/pictures/draw-pins.ts';
import { formatValue } from '../../board/pictures/format-value.ts';
import type { Chip } from '../../chips/chip.ts';
import { tableLines } from './table.ts';

/** A proposal, and how many drawn boards get in with it. */
export interface Proposed {
  readonly candidate: Candidate;
  readonly many: ManyBoards;
}

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

/** The table of the proposals, and what all of them have. */
export function designLines(
  wish: Wish,
  chip: Chip,
  fulfilling: number,
  proposed: readonly Proposed[],
): readonly string[] {
  const { supply, adapter, jitter, margin, series } = wish;
  const late = milliseconds(jitter ?? adapterJitters[adapter].jitter);
  const host = `adapter ${adapterJitters[adapter].name}: an edge may come ${late} late (${assumptionsOf(wish).jitter!.source})`;
  return [
    `${chip.name} at ${formatValue(supply, 'V')}; ${percent(margin)} of margin at worst; resistors of ${series}`,
    host,
    `${amount(fulfilling, 'choices')} of parts fulfil it, ranked by the sum of their places in margin, current and recovery. The best:`,
    '',
    ...tableLines(head, proposed.map(row)).map((line) => `  ${line}`),
    '',
    ...legend(proposed[0]!.candidate.worst.needed),
    '',
    ...schematicLines,
  ];
}

const head = ['#', 'capacitor', 'charge R', 'bleed R', 'hold', 'margin', 'get in', 'current', 'recovery'];

const row = ({ candidate, many }: Proposed, index: number): readonly string[] => {
  const { board, worst, ratio, current, recovery } = candidate;
  return [
    `${index + 1}`,
    capacitorText(candidate),
    formatValue(board.boot0.chargeResistor, 'Ω'),
    formatValue(board.boot0.bleedResistor, 'Ω'),
    milliseconds(worst.hold),
    `${milliseconds(worst.margin)}, ${Math.round(ratio * 100)} %`,
    percent(many.share),
    `${(current * 1e3).toFixed(1)} mA`,
    seconds(recovery),
  ];
};

const legend = (needed: Milliseconds): readonly string[] => [
  `  hold       BOOT0 is above VIH at worst; an entry then needs ${milliseconds(needed)}, and the rest is the margin`,
  '  get in     share of 10,000 boards whose parts are drawn over their ranges',
  '  current    through the transistor when the charge begins, at most',
  '  recovery   charge, reset, and until BOOT0 is surely low again',
  '  X7R-1206   X7R in a 1206 case or larger, for 10 V or more; a smaller case loses more by its DC bias: that is X7R',
];

/** Parts that are the same in each proposal: those of the reference circuit. */
const schematicLines = [
  'The rest is the same for all, as in hardware/circuits/rc-cap.md:',
  `  NRST   RTS - ${parts.nrst} - ${parts.diode} (cathode to the adapter) - NRST; 100 nF from NRST to ground`,
  `  BOOT0  DTR - ${parts.base} - base of a ${parts.pnp}; ${parts.baseEmitter} from base to emitter; emitter to the supply of the target`,
  `         collector - ${parts.diode} - charge resistor - node; capacitor and bleed resistor from the node to ground; node - ${parts.boot0} - BOOT0`,
];
