import { amount } from '../../base/text.ts';
import type { LotAccount } from '../../fleet/lot/lot-account.ts';
import { tableLines } from './table.ts';

/** All lots for a terminal. */
export const lotsTable = (lots: readonly LotAccount[]): readonly string[] =>
  lots.length === 0
    ? ['There is no lot; `bootctl fleet lot create lot.yaml` makes one.']
    : tableLines(
        ['lot', 'state', 'good', 'allotted', 'of', 'stations', 'changed (UTC)', 'by', 'why'],
        lots.map((lot) => {
          const last = lot.changes.at(-1);
          return [
            ...[lot.id, lot.state, String(lot.good), String(lot.allotted), String(lot.quantity)],
            lot.stations.flatMap(({ station, isAssigned }) => (isAssigned ? [station] : [])).join(', '),
            ...(last ? [timeOf(last.at), last.person] : ['', '']),
            lot.heldBy ?? '',
          ];
        }),
      );

/** One lot for a terminal. */
export const lotLines = (lot: LotAccount): readonly string[] => [
  `${lot.id}: ${lot.state}${lot.heldBy === null ? '' : `, ${lot.heldBy}`}`,
  `  ${amount(lot.quantity, 'units')}: ${lot.good} good, ${lot.allotted - lot.good} more allotted to stations, ${lot.quantity - lot.allotted} to nobody yet`,
  ...numberLines(lot),
  ...tableLines(
    ['station', 'units allotted', 'good', 'numbers', 'unsent records'],
    lot.stations.map(({ station, isAssigned, units, good, numbers, unsent }) => [
      `${station}${isAssigned ? '' : ' (no longer)'}`,
      ...[String(units), String(good), String(numbers), unsent === null ? 'not heard yet' : String(unsent)],
    ]),
  ).map((line) => `  ${line}`),
  ...tableLines(
    ['changed (UTC)', 'what', 'by', 'why'],
    lot.changes.map(({ at, what, person, why }) => [timeOf(at), what, person, why]),
  ).map((line) => `  ${line}`),
  '',
];

function numberLines({ numbers }: LotAccount): readonly string[] {
  if (!numbers) return [];
  const { first, last, inGoodUnits, inOtherUnits, atStations, free } = numbers;
  return [
    `  numbers ${first} to ${last}: ${inGoodUnits} in good units, ${inOtherUnits} in units that are not good, ${atStations} more granted to stations, ${free} free`,
  ];
}

const timeOf = (at: number): string => new Date(at).toISOString().replace('T', ' ').slice(0, 19);
