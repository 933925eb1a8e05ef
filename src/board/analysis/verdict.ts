import type { Farads, Milliseconds } from '../../base/units.ts';
import { formatValue } from '../pictures/format-value.ts';
import type { Analysis } from './analyse.ts';
import { lacksDiode } from './boot0-driver.ts';
import { capacitorNames, type FactorName, type RcBoard } from './factors.ts';
import type { ManyBoards } from './many-boards.ts';

/** `every board`: also where all parts are at their worst. `some boards`: with the parts as labelled. `none`: not even so. */
export type Reach = 'every board' | 'some boards' | 'none';

export function reachOf({ nominal, worst, plan }: Analysis): Reach {
  if (!(nominal.times.margin >= 0)) return 'none';
  return worst.times.margin >= 0 && plan.refused === undefined ? 'every board' : 'some boards';
}

const ms = (time: Milliseconds): string => (time < 1e6 ? `${time.toFixed(1)} ms` : 'for ever');

/** The answer in one or two sentences: whether it works, by which figures, and what would help. */
export function verdictOf(board: RcBoard, analysis: Analysis, many: ManyBoards): string {
  const { plan } = analysis;
  const reach = reachOf(analysis);
  const says = {
    'every board': 'works, also with every part at its worst',
    'some boards': 'does not work on every board',
    none: 'does not work',
  };
  const diode = plan.method === 'rc-cap' && reach !== 'none' && lacksDiode(board) ? [withDiodeOnly] : [];
  const start = `${board.id}, ${plan.method}: ${says[reach]}.`;
  return [
    start,
    ...diode,
    ...(plan.method === 'rc-cap' ? holdSentences : chargeSentences)(board, analysis, many, reach),
  ].join(' ');
}

type Sentences = (board: RcBoard, analysis: Analysis, many: ManyBoards, reach: Reach) => readonly string[];

const holdSentences: Sentences = (board, analysis, many, reach) => {
  const { nominal, worst, plan } = analysis;
  const part = formatValue(board.boot0.capacitor, 'F');
  // The charge never gets to VIH: the planner has said why, and what helps.
  if (nominal.times.hold === 0 && plan.refused !== undefined) return [withoutMethod(plan.refused)];
  const { hold, needed } = nominal.times;
  if (reach === 'none') {
    return [
      `${part} hold BOOT0 for ${ms(hold)}, but the reset needs ${ms(needed)}` +
        ` (${ms(worst.times.hold)} and ${ms(worst.times.needed)} at worst).`,
      advice(analysis.fittingCapacitor),
    ];
  }
  const atWorst = `At worst ${part} hold BOOT0 for ${ms(worst.times.hold)}, and the reset needs ${ms(worst.times.needed)}`;
  if (reach === 'every board') return [`${atWorst}: ${ms(worst.times.margin)} are left.`, entered(many)];
  if (worst.times.margin >= 0) return [withoutMethod(plan.refused ?? ''), entered(many)];
  return [`${atWorst}.`, entered(many), blame(analysis), advice(analysis.fittingCapacitor)];
};

const chargeSentences: Sentences = (_board, analysis, many, reach) => {
  const { nominal, worst, plan } = analysis;
  if (plan.refused !== undefined) return [withoutMethod(plan.refused)];
  const time = reach === 'none' ? nominal.times.charge : worst.times.charge;
  return [
    `Its line holds BOOT0 through the whole reset; BOOT0 needs ${ms(time)} of ${ms(plan.charge)} to charge` +
      `${reach === 'none' ? '' : ' at worst'}.`,
    entered(many),
  ];
};

/** A profile need not name its diode, so that it may be there all the same. */
const withDiodeOnly =
  'But only with a diode before the charge resistor: the profile has no `diodeDrop`, and the pin that charges BOOT0 goes LOW afterwards and empties it.';

/** The planner's words begin with the method, which has been named. */
const withoutMethod = (text: string): string => text.replace(/^(rc-cap|lines): /, '');

const entered = ({ entered, boards }: ManyBoards): string =>
  `${thousands(entered)} of ${thousands(boards)} boards get in.`;

const thousands = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** Which part takes most, and how much of it is the capacitor's. */
function blame({ sensitivities }: Analysis): string {
  const [first] = sensitivities;
  return `Most is taken by the ${nounOf(first!.factor)}: ${ms(first!.cost)}.`;
}

const nounOf = (factor: FactorName): string =>
  capacitorNames.includes(factor) ? `${factor.replace('capacitor ', '')} of the capacitor` : factor;

const advice = (farads: Farads | undefined): string =>
  farads === undefined
    ? 'No capacitor of the E6 series up to 680 µF helps: let `bootctl rc design` choose the resistors as well.'
    : `Use a capacitor of ${formatValue(farads, 'F')} or more.`;
