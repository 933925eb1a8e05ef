import { basename } from 'node:path';
import { findChip } from '../../chips/find-chip.ts';
import type { RcBoard } from '../analysis/factors.ts';
import { parts } from '../pictures/draw-pins.ts';
import { formatValue } from '../pictures/format-value.ts';
import { parseProfile } from '../profile/parse-profile.ts';
import { capacitorText } from './proposals.ts';
import type { Candidate } from './search.ts';
import type { Wish } from './wish.ts';

/** A value as profiles have it: `4.7uF`, `47k`. */
const plain = (value: number, unit: 'Ω' | 'F' | 'V'): string =>
  formatValue(value, unit)
    .replace(' ', '')
    .replace('µ', 'u')
    .replace(/(?<=[kM])Ω$/, '')
    .replace('Ω', 'ohm');

/** A proposal as a board: the text of its profile, and what a job would read from it. */
export interface DesignedBoard {
  readonly text: string;
  readonly board: RcBoard;
}

/** @throws BootctlError `profile-invalid` for a file name that no profile can have */
export function designedBoard(
  wish: Wish,
  { candidate }: { readonly candidate: Candidate },
  file?: string,
): DesignedBoard {
  const path = file ?? `rc-${wish.family}.yaml`;
  const text = profileText(basename(path).replace(/\.ya?ml$/, ''), wish, candidate);
  const { boot0, ...rest } = parseProfile(text, path);
  return { text, board: { ...rest, boot0: boot0! } };
}

/** How the same proposals come again. */
const commandOf = ({ family, supply, adapter, jitter, margin, series, boardPullDown }: Wish): string =>
  [
    `bootctl rc design --family ${family} --supply ${plain(supply, 'V')}`,
    `--adapter ${jitter === undefined ? adapter : `${jitter}ms`} --margin ${Math.round(margin * 1000) / 10}% --series ${series}`,
    ...(boardPullDown === undefined ? [] : [`--pull-down ${plain(boardPullDown, 'Ω')}`]),
  ].join(' ');

const boot0Lines = ({ board: { boot0 }, current, dielectric }: Candidate): readonly string[] => [
  'boot0:',
  `  chargeResistor: ${plain(boot0.chargeResistor, 'Ω')} # from the collector, behind a ${parts.diode}: ${(current * 1e3).toFixed(1)} mA at most`,
  `  capacitor: ${plain(boot0.capacitor, 'F')} # from BOOT0 to ground`,
  `  dielectric: ${dielectric}`,
  `  bleedResistor: ${plain(boot0.bleedResistor, 'Ω')} # from BOOT0 to ground`,
  ...(boot0.boardPullDown === undefined
    ? []
    : [`  boardPullDown: ${plain(boot0.boardPullDown, 'Ω')} # what the board itself has there`]),
  `  diodeDrop: ${plain(boot0.diodeDrop, 'V')}`,
  `  tolerance: ${Math.round(boot0.tolerance * 100)}%`,
  `  supply: ${plain(boot0.supply, 'V')}`,
];

function profileText(id: string, wish: Wish, candidate: Candidate): string {
  const { boot0, nrst } = candidate.board;
  const chip = findChip(wish.family);
  const ohms = (value: number) => formatValue(value, 'Ω');
  return [
    `# ${commandOf(wish)}`,
    `# At worst BOOT0 holds for ${candidate.worst.hold.toFixed(1)} ms, and an entry needs ${candidate.worst.needed.toFixed(1)} ms: \`bootctl rc analyse\` has the rest.`,
    `id: ${id}`,
    `description: ${capacitorText(candidate)}, ${ohms(boot0.chargeResistor)} and ${ohms(boot0.bleedResistor)} on BOOT0, by rc design`,
    '',
    `target: { family: ${wish.family} } # ${chip?.name ?? ''}`.trimEnd(),
    '',
    'wiring:',
    `  nrst: { line: rts, asserted: 0 } # RTS through ${parts.nrst} and a ${parts.diode} (cathode to the adapter) to NRST`,
    `  boot0: { line: dtr, asserted: 1 } # DTR through ${parts.base} to the base of a ${parts.pnp}, ${parts.baseEmitter} from there to its emitter`,
    '',
    ...boot0Lines(candidate),
    '',
    'nrst:',
    `  capacitor: ${plain(nrst.capacitor, 'F')} # from NRST to ground; fitted on most boards`,
    `  pulse: ${nrst.pulse}ms`,
    '',
    ...(chip?.hasDfu === false
      ? [
          'usb: { connected: false } # the ROM of this line has no DFU',
          'usart: { connected: true } # RX and TX of the adapter at a USART of the ROM',
          '',
        ]
      : []),
    'methods: [rc-cap, lines, manual]',
    '',
    'application: { expect: none } # or how to see that yours runs: { expect: usb, vendorId: "0483", productId: "5740" }',
    '',
  ].join('\n');
}
