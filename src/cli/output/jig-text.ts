import { count } from '../../base/text.ts';
import type {
  AdapterNote,
  FleetLinkView,
  SlotVerdict,
  SlotView,
  StationEvent,
  StationView,
} from '../../jig/station-view.ts';
import { linkIn } from '../../panel/words/link.ts';
import { sayIn } from '../../panel/words/words.ts';
import type { RunSummary } from '../../records/records.ts';
import type { Colours } from './colours.ts';

const verdictWords = { pass: 'PASS', fail: 'FAIL', error: 'ERROR', aborted: 'ABORTED' } as const;

/** Lines for what happens at a station, each behind the name of its slot; nothing where a person has seen it already. */
export class JigText {
  readonly #colours: Colours;
  readonly #states = new Map<string, string>();
  readonly #adapters = new Map<string, AdapterNote['is'] | undefined>();
  #station = '';
  #strangers = '';
  #fleet = '';

  constructor(colours: Colours) {
    this.#colours = colours;
  }

  lines(event: StationEvent): readonly string[] {
    switch (event.event) {
      case 'slot':
        return [...this.#adapterLines(event.slot), ...this.#slot(event.slot)];
      case 'station':
        return this.#stationLines(event.view);
      case 'alarm':
        return [`${event.slot ?? 'station'}  ${this.#colours.yellow(`alarm: ${event.message}`)}. ${event.hint}`];
      default:
        return [];
    }
  }

  #slot(slot: SlotView): readonly string[] {
    const { name, state, verdict, heldBy } = slot;
    const before = this.#states.get(name);
    const key = `${state} ${slot.run ?? ''}`;
    if (key === before) return [];
    this.#states.set(name, key);
    if (state === 'running') return [`${name}  ${unitOf(slot)} begins`];
    if (state === 'held') return [`${name}  ${this.#colours.yellow(`held: ${heldBy}`)}`];
    return state === 'verdict' && verdict ? [`${name}  ${this.#verdict(slot, verdict)}`] : [];
  }

  #adapterLines({ name, adapter }: SlotView): readonly string[] {
    if (adapter?.is === this.#adapters.get(name)) return [];
    this.#adapters.set(name, adapter?.is);
    return [`${name}  ${adapter ? this.#colours.yellow(adapterText(adapter)) : 'its adapter is there'}`];
  }

  #verdict(slot: SlotView, { outcome, code, message, hint, tookSeconds }: SlotVerdict): string {
    const colour = outcome === 'pass' ? this.#colours.green : this.#colours.red;
    const word = colour(verdictWords[outcome]);
    if (outcome === 'pass') return `${word}  ${unitOf(slot)}, ${tookSeconds.toFixed(2)} s`;
    return `${word}  ${unitOf(slot)}: ${message} [${code}]. ${hint}`;
  }

  #stationLines({ state, heldBy, strangers, simulated, fleet }: StationView): readonly string[] {
    const lines: string[] = [];
    if (this.#station === '' && simulated)
      lines.push('units, adapters and the operator are simulated: no hardware is used');
    const now = `${state} ${heldBy ?? ''}`;
    if (now !== this.#station) lines.push(heldBy === undefined ? `station is ${state}` : `station is held: ${heldBy}`);
    this.#station = now;
    const seen = strangers.map(({ place, what }) => `${what} at ${place}`).join(', ');
    if (seen !== this.#strangers && seen !== '') lines.push(`at no place of a slot, and left alone: ${seen}`);
    this.#strangers = seen;
    if (fleet) lines.push(...this.#fleetLines(fleet));
    return lines;
  }

  /** The number of unsent records changes with each run: a new line is for what a person would act on. */
  #fleetLines(fleet: FleetLinkView): readonly string[] {
    const { connection, waiting, clockSeconds = 0, detail } = fleet;
    const key = JSON.stringify([connection, waiting, Math.abs(clockSeconds) > 2, connection === 'connected' || detail]);
    if (key === this.#fleet) return [];
    this.#fleet = key;
    const line = linkIn(sayIn('en'), fleet, (at) => new Date(at).toTimeString().slice(0, 5)).join(', ');
    return [
      connection === 'connected' ? line : this.#colours.yellow(detail === undefined ? line : `${line} (${detail})`),
    ];
  }
}

/** Which kind of jig this is nobody but its file can say: on the bus a plugged-in adapter and a board with one look alike. */
const adapterText = ({ is, place }: AdapterNote): string =>
  is === 'missing'
    ? `nothing is plugged in at ${place}: plug its adapter in; if units bring theirs, write \`adapters: unit\` into jig.yaml`
    : `an adapter has come at ${place}, and no target: that begins nothing; if units bring theirs, write \`adapters: unit\` into jig.yaml`;

const unitOf = ({ serial, attempt }: SlotView): string =>
  [serial ?? 'a unit without a number', attempt !== undefined && attempt > 1 ? `attempt ${attempt}` : '']
    .filter(Boolean)
    .join(', ');

/** What a station has made. */
export function jigSummary({ lot, quantity, counts, simulated, fleet }: StationView): readonly string[] {
  const { units, passed, firstPass, runs } = counts;
  const share = units === 0 ? '' : ` (${((100 * firstPass) / units).toFixed(1)} % at once)`;
  const goal = quantity === undefined ? '' : ` of ${quantity}`;
  const others = (['fail', 'error', 'aborted'] as const).map((one) => `${runs[one]} ${one}`).join(', ');
  return [
    `Lot ${lot}${simulated ? ' (simulated)' : ''}: ${passed}${goal} good, of ${count(units, 'unit')}${share}`,
    `Runs: ${runs.pass} pass, ${others}`,
    ...(fleet && fleet.unsent > 0
      ? [`${count(fleet.unsent, 'record')} did not reach the fleet: the next start of the station sends them`]
      : []),
  ];
}

export const interruptedLine = ({ slot, serial, run }: RunSummary): string =>
  `${slot}  the run ${run} on ${serial ?? 'a unit without a number'} was interrupted when the station ended; it is closed as error`;
