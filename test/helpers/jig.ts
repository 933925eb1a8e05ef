import { randomUUID } from 'node:crypto';
import { BootctlError } from '../../src/base/errors.ts';
import { bundledProgram } from '../../src/base/hardware-folder.ts';
import { version } from '../../src/base/version.ts';
import { builtInProfile } from '../../src/board/profile/built-in-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { forkProcess } from '../../src/host/system/forked-process.ts';
import { systemClock } from '../../src/host/system/system-clock.ts';
import { readImages } from '../../src/image/read-images.ts';
import type { JigPlan } from '../../src/jig/plan/jig-plan.ts';
import { SimulatedJig } from '../../src/jig/station/simulated-jig.ts';
import { Station, type StationEnd } from '../../src/jig/station/station.ts';
import type { StationSpec } from '../../src/jig/station/station-spec.ts';
import type { StationEvent } from '../../src/jig/station-view.ts';
import type {
  Claimed,
  ClaimRequest,
  GoldenRun,
  LotCounts,
  Records,
  RunEnd,
  RunSummary,
  SlotValue,
} from '../../src/records/records.ts';
import { firmware } from './command.ts';

interface KeptRun extends Claimed {
  readonly request: ClaimRequest;
  end: RunEnd | undefined;
}

/** Records in memory, with the rules of `Records` as far as a station can see them. */
export class MemoryRecords implements Records {
  readonly runs: KeptRun[] = [];
  readonly notes: string[] = [];
  readonly interrupted = [];
  /** Of another life of the station. */
  golden: readonly GoldenRun[] = [];
  values: readonly SlotValue[] = [];
  /** Thrown by the next calls. */
  trouble: BootctlError | undefined;

  claim(request: ClaimRequest): Claimed {
    if (this.trouble) throw this.trouble;
    const { serial, quantity, lot, again } = request;
    if (quantity !== undefined && this.counts(lot).passed >= quantity) throw new BootctlError('lot-complete', 'full');
    const before = this.runs.find(({ run }) => run === again);
    const isRange = serial !== undefined && 'first' in serial;
    const free = this.runs.filter(({ number }) => number !== undefined).length + (isRange ? serial.first : 0);
    if (isRange && !before && free > serial.last) throw new BootctlError('numbers-used-up', 'no number left');
    const number = before?.number ?? (isRange ? free : undefined);
    const text = before?.serial ?? (isRange ? serial.format(number!) : serial?.text);
    const claimed: Claimed = {
      run: request.run ?? randomUUID(),
      seq: this.runs.length + 1,
      serial: text,
      number,
      attempt: this.runs.filter((one) => text !== undefined && one.serial === text).length + 1,
    };
    this.runs.push({ ...claimed, request, end: undefined });
    return claimed;
  }

  finish(run: string, end: RunEnd): void {
    if (this.trouble) throw this.trouble;
    this.runs.find((one) => one.run === run)!.end = end;
  }

  serialOfChip(chipUid: string): string | undefined {
    return this.runs.find(({ request }) => request.chipUid === chipUid)?.serial;
  }

  note({ what }: { what: string }): void {
    if (this.trouble) throw this.trouble;
    this.notes.push(what);
  }

  counts(): LotCounts;
  counts(lot: string): LotCounts;
  counts(): LotCounts {
    const ended = this.runs.flatMap(({ end }) => end?.outcome ?? []);
    const of = (outcome: string) => ended.filter((one) => one === outcome).length;
    const runs = { pass: of('pass'), fail: of('fail'), error: of('error'), aborted: of('aborted') };
    return { units: this.runs.length, passed: runs.pass, firstPass: runs.pass, runs };
  }

  lastRuns(most: number): readonly RunSummary[] {
    return this.runs.slice(-most).map(({ run, seq, serial, attempt, request: { slot }, end }) => ({
      ...{ run, seq, slot, serial, attempt, outcome: end?.outcome, code: end?.code, started: 0, ended: 0 },
    }));
  }

  newestValues(): readonly SlotValue[] {
    return this.values;
  }

  lastGoldenRuns(): readonly GoldenRun[] {
    return this.golden;
  }

  serialsInUse(serials: readonly string[]): readonly string[] {
    return serials.filter((text) => this.runs.some(({ serial }) => serial === text));
  }

  [Symbol.dispose](): void {}
}

export const jigPlan = (changes: Partial<JigPlan> = {}, slots = 2): JigPlan => ({
  station: 'bench',
  lot: 'L1',
  quantity: undefined,
  image: [firmware],
  slots: Array.from({ length: slots }, (_, index) => ({
    ...{ name: `A${index + 1}`, adapter: `1-1.${index + 1}`, target: `1-2.${index + 1}` },
    ...{ power: undefined, profile: 'rc-cap' },
  })),
  adapters: 'jig',
  start: { on: ['insert'], settle: 5 },
  mode: 'parallel',
  together: slots,
  unit: {
    serial: { from: 'range', first: 1, last: 9_999, format: 'SN{number:06}' },
    ...{ identifies: false, patch: [], secret: [], again: 'refuse', failed: 'retry' },
  },
  gate: undefined,
  before: [],
  after: [],
  limits: [],
  retests: 2,
  hold: { failuresInARow: 3, golden: undefined },
  page: { host: '127.0.0.1', port: 0, token: undefined },
  records: ':memory:',
  ...changes,
});

/** Made up for each unit, and none of the simulator's own. */
export const chipOfUnit = (unit: number): string => `51${unit.toString(16).padStart(22, '0')}`;

export const slotProfile = (adapter: string, target: string): BoardProfile => {
  const profile = builtInProfile('rc-cap')!;
  return { ...profile, adapter: { path: adapter }, usb: { ...profile.usb, path: target } };
};

export interface JigRun {
  readonly station: Station;
  readonly records: MemoryRecords;
  readonly events: readonly StationEvent[];
  readonly ended: Promise<StationEnd>;
  readonly pids: () => readonly number[];
}

/** A simulated station with slot processes of their own; nothing is inserted without `operates`. */
export async function startJig({
  plan = jigPlan(),
  faults = [],
  oneOf = 4,
  operates = true,
  golden = {},
  lastGolden = [],
  changes = {},
}: {
  /** A simulated operator is at work. */
  readonly operates?: boolean;
  /** Of the life of the station before. */
  readonly lastGolden?: readonly GoldenRun[];
  /** Scenarios of golden units, by label. */
  readonly golden?: Readonly<Record<string, string>>;
  readonly plan?: JigPlan;
  readonly faults?: readonly string[];
  readonly oneOf?: number;
  readonly changes?: Partial<StationSpec>;
} = {}): Promise<JigRun> {
  const records = new MemoryRecords();
  records.golden = lastGolden;
  const { slots } = plan;
  const jig = new SimulatedJig({
    ...{ slots, adapters: plan.adapters, clock: systemClock, seed: 7, faults: { scenarios: faults, oneOf }, golden },
    ...{
      labelOf: (unit) => `SN${unit}`,
      chipOf: chipOfUnit,
      hand: { least: 0, most: 5 },
      onStuck: () => station.end({ aborts: false }),
    },
  });
  const pids: number[] = [];
  const station = new Station({
    plan,
    slots: slots.map(({ name, adapter, target }) => ({ name, adapter, target, profile: slotProfile(adapter, target) })),
    image: await readImages([{ path: firmware, name: 'blink' }], {}),
    ...{ planHash: 'plan', profileHash: 'profile', version: version(), records },
    units: {
      serialsFor: (label) => [
        label === undefined ? { first: 1, last: 9_999, format: (number) => `SN${number}` } : { text: label },
      ],
      labelOf: (code) => code,
      take: () => {},
      giveBack: () => {},
      storedDataOf: () => ({}),
      patchesOf: () => [],
    },
    askGate: undefined,
    bus: jig.bus,
    clock: systemClock,
    now: () => Date.now(),
    startProcess: (onMessage) => {
      const child = forkProcess(bundledProgram('slot'), onMessage);
      pids.push(child.pid!);
      return child;
    },
    simulated: 'virtual',
    simulatedUnit: jig.unitIn,
    wanted: undefined,
    ...changes,
  });
  const events: StationEvent[] = [];
  station.subscribe((event) => events.push(event));
  if (operates) jig.operate(station);
  station.start();
  return { station, records, events, ended: station.ended, pids: () => pids };
}
