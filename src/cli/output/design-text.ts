import { amount, milliseconds, seconds } from '../../base/text.ts';
import { adapterJitters } from '../../board/analysis/adapter-jitter.ts';
import type { ManyBoards } from '../../board/analysis/many-boards.ts';
import { capacitorText } from '../../board/design/proposals.ts';
import type { Candidate } from '../../board/design/search.ts';
import type { Wish } from '../../board/design/wish.ts';
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
  const host = `${adapterJitters[adapter].name}, whose edges may come ${milliseconds(jitter ?? adapterJitters[adapter].jitter)} late`;
  return [
    `${chip.name} at ${formatValue(supply, 'V')}; ${host}; ${percent(margin)} of margin at worst; resistors of ${series}`,
    `${amount(fulfilling, 'choices')} of parts fulfil it, ranked by the sum of their places in margin, charge current and recovery. The best, each with another capacitor:`,
    '',
    ...tableLines(head, proposed.map(row)).map((line) => `  ${line}`),
    '',
    ...schematicLines,
    '',
    'X7R-1206: X7R in a 1206 case or larger, for 10 V or more. A smaller case loses more by its DC bias: that is X7R.',
    'Margin: what is left of the hold at worst, and its share of what is needed. Recovery: charge, reset, and until BOOT0 is surely low again.',
  ];
}

const head = [
  ...['#', 'capacitor', 'charge resistor', 'bleed resistor', 'holds at worst', 'needed', 'margin'],
  ...['boards that get in', 'charge current', 'recovery'],
];

const row = ({ candidate, many }: Proposed, index: number): readonly string[] => {
  const { board, worst, ratio, current, recovery } = candidate;
  return [
    `${index + 1}`,
    capacitorText(candidate),
    formatValue(board.boot0.chargeResistor, 'Ω'),
    formatValue(board.boot0.bleedResistor, 'Ω'),
    milliseconds(worst.hold),
    milliseconds(worst.needed),
    `${milliseconds(worst.margin)}, ${Math.round(ratio * 100)} %`,
    percent(many.share),
    `${(current * 1e3).toFixed(1)} mA`,
    seconds(recovery),
  ];
};

/** Parts that are the same in each proposal: those of the reference circuit. */
const schematicLines = [
  'The rest is the same for all, as in hardware/circuits/rc-cap.md:',
  `  NRST   RTS - ${parts.nrst} - ${parts.diode} (cathode to the adapter) - NRST; 100 nF from NRST to ground`,
  `  BOOT0  DTR - ${parts.base} - base of a ${parts.pnp}; ${parts.baseEmitter} from base to emitter; emitter to the supply of the target`,
  `         collector - ${parts.diode} - charge resistor - node; capacitor and bleed resistor from the node to ground; node - ${parts.boot0} - BOOT0`,
];
