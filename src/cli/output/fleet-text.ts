import { amount, capitalised, count } from '../../base/text.ts';
import type { FleetLot, FleetSlot, FleetStation, FleetView, SlotDrift } from '../../fleet/live/fleet-view.ts';
import { tableLines } from './table.ts';

/** A fleet for a person: tables of stations, lots and slots, and what has to be looked at. */
export function fleetLines({ lost, stations, lots, drifts, alarms, quarantine }: FleetView): readonly string[] {
  const gone = lost
    ? [`The database is gone since ${timeOf(lost.since)}: ${lost.message}. What follows is old.`, '']
    : [];
  const put = quarantine.newest.map(
    ({ station, seq, at, why }) => `  ${timeOf(at)}  ${station}, record ${seq}: ${why}`,
  );
  return [
    ...gone,
    ...(stations.length === 0 ? ['No station has joined.'] : stationLines(stations)),
    ...part('', lots.length === 0 ? [] : tableLines(lotHead, lots.map(lotRow))),
    ...part('Hold margin of BOOT0:', drifts.length === 0 ? [] : tableLines(driftHead, drifts.map(driftRow))),
    ...part(
      'Alarms that nobody has cleared:',
      alarms.map(({ at, code, why, station, lot }) => `  ${timeOf(at)}  ${of(station, lot)}${why} [${code}]`),
    ),
    ...part(`${capitalised(count(quarantine.count, 'record'))} put aside, because they contradict what is known:`, put),
  ];
}

const part = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', ...(title === '' ? [] : [title]), ...lines];

const of = (station: string | undefined, lot: string | undefined): string =>
  [station, lot === undefined ? undefined : `lot ${lot}`]
    .filter((one) => one !== undefined)
    .map((one) => `${one}: `)
    .join('');

/** `2026-11-29 14:02:05Z`. */
const timeOf = (at: number): string => new Date(at).toISOString().replace('T', ' ').replace(/\.\d+/, '');

const stationHead = ['Station', 'is', 'lot', 'slots', 'unsent', 'arrived', 'clock', 'version'];

const stationLines = (stations: readonly FleetStation[]): readonly string[] => [
  ...tableLines(stationHead, stations.map(stationRow)),
  ...stations.flatMap(({ name, heldBy }) => (heldBy === undefined ? [] : [`${name} is held: ${heldBy}`])),
];

function stationRow(station: FleetStation): readonly string[] {
  const { name, lot = '', slots, unsent, received, clockOffset, version = '' } = station;
  const clock = clockOffset === undefined ? '' : `${clockOffset < 0 ? '' : '+'}${(clockOffset / 1_000).toFixed(1)} s`;
  return [name, howIs(station), lot, slots.map(slotText).join(', '), String(unsent), String(received), clock, version];
}

function howIs({ isConnected, lastHeard, heldBy, mustReport, state }: FleetStation): string {
  const line = isConnected
    ? (state ?? 'connected')
    : lastHeard === undefined
      ? 'never heard'
      : `silent since ${timeOf(lastHeard)}`;
  return [
    heldBy === undefined ? [] : 'held',
    state === 'held' && isConnected ? [] : line,
    mustReport ? 'must report' : [],
  ]
    .flat()
    .join(', ');
}

const slotText = ({ name, state, outcome, code }: FleetSlot): string =>
  [name, state === 'verdict' ? outcome : state, code].filter((one) => one !== undefined).join(' ');

const lotHead = ['Lot', 'is', 'good', 'of', 'allotted', 'units', 'yield', 'first pass', 'stations'];

function lotRow({
  id,
  state,
  heldBy,
  good,
  quantity,
  allotted,
  units,
  firstPass,
  stations,
}: FleetLot): readonly string[] {
  const share = (part: number) => (units === 0 ? '' : `${((100 * part) / units).toFixed(1)} %`);
  return [
    ...[id, heldBy === undefined ? state : `${state}: ${heldBy}`, String(good), String(quantity), String(allotted)],
    ...[String(units), share(good), share(firstPass), stations.join(', ')],
  ];
}

const driftHead = ['Station', 'slot', 'runs', 'mean', 'Cpk', 'drift', ''];

function driftRow({ station, slot, n, mean, cpk, perHundredRuns, crossesIn, isAlarm }: SlotDrift): readonly string[] {
  const drift = perHundredRuns === undefined ? '' : `${perHundredRuns.toFixed(2)} ms in 100 runs`;
  const crosses = crossesIn === undefined ? '' : `at its limit in ${amount(crossesIn, 'runs')}`;
  return [
    station,
    slot,
    String(n),
    `${mean.toFixed(2)} ms`,
    cpk?.toFixed(2) ?? '',
    drift,
    isAlarm ? `ALARM: ${crosses}` : crosses,
  ];
}
