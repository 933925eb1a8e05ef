import { bundledProgram } from '../../base/hardware-folder.ts';
import { sha256Hex } from '../../base/sha256.ts';
import { version } from '../../base/version.ts';
import type { UsbBus } from '../../bench/usb-bus.ts';
import { forkProcess } from '../../host/system/forked-process.ts';
import { runJsonCommand } from '../../host/system/json-command.ts';
import { systemClock } from '../../host/system/system-clock.ts';
import type { Jig } from '../../jig/plan/read-jig.ts';
import { gateOf } from '../../jig/station/gate.ts';
import { Station } from '../../jig/station/station.ts';
import type { PlannedSlot, StationSpec } from '../../jig/station/station-spec.ts';
import { stationUnits } from '../../jig/station/station-units.ts';
import type { Records } from '../../records/records.ts';
import { versionOf } from '../../records/simulated-runs.ts';
import type { CliContext } from '../context.ts';
import { writeLines } from '../output/safe-output.ts';
import { plannedSlots } from './jig-slots.ts';
import { simulatedGolden } from './simulated-golden.ts';
import { simulatedJig } from './simulated-jig.ts';

export interface JigRunOptions {
  readonly simulate?: true;
  readonly seed?: number;
  readonly units?: number;
  readonly page: boolean;
  readonly json?: true;
}

export interface JigStationRequest extends Pick<StationSpec, 'wanted' | 'isGranted'> {
  readonly context: CliContext;
  readonly jig: Jig;
  readonly options: JigRunOptions;
  readonly records: Records;
  /** Of this computer; absent where units are simulated. */
  readonly bus: Pick<UsbBus, 'list' | 'onChange'> | undefined;
}

/** A station of this computer, or a simulated one with its operator. */
export interface JigStation {
  readonly station: Station;
  /** The operator begins to work, where there is one. */
  readonly operate: () => void;
}

/** The station of a jig.yaml, not started yet. @throws BootctlError `jig-invalid` */
export async function jigStation(request: JigStationRequest): Promise<JigStation> {
  const { context, jig, options, records, bus, wanted, isGranted = false } = request;
  const { plan } = jig;
  const slots = plannedSlots(jig, options.simulate === true);
  const onStuck = () => station.end({ aborts: false });
  const golden = options.simulate && (await goldenBoards(context, jig, slots));
  const simulated = golden && simulatedJig(jig, slots, { ...options, onStuck, golden: golden.scenarios });
  const station: Station = new Station({
    ...specOf(jig, slots, options, records),
    ...{ wanted, isGranted },
    plan: golden ? { ...plan, hold: { ...plan.hold, golden: golden.plan } } : plan,
    bus: simulated ? simulated.bus : bus!,
    simulatedUnit: (slot) => (simulated ? simulated.unitIn(slot) : undefined),
  });
  return {
    station,
    operate: () => {
      if (simulated) simulated.operate(station);
    },
  };
}

/** Says which golden units of the jig no simulated board can be. */
async function goldenBoards({ stderr }: CliContext, { plan, image }: Jig, slots: readonly PlannedSlot[]) {
  const profiles = [...new Map(slots.map(({ profile }) => [profile.id, profile])).values()];
  const golden = await simulatedGolden(plan.hold.golden, profiles, image);
  const units = plan.hold.golden?.units ?? {};
  for (const label of golden.missing)
    writeLines(stderr, [`bootctl: golden unit ${label} is left out: no simulated board shows ${units[label]}`]);
  return golden;
}

const specOf = (jig: Jig, slots: readonly PlannedSlot[], options: JigRunOptions, records: Records) => {
  const { plan, image, text, rows } = jig;
  return {
    slots,
    image,
    planHash: sha256Hex(text),
    profileHash: sha256Hex(JSON.stringify(slots.map(({ profile }) => profile))),
    version: versionOf(version(), options.simulate === true),
    records,
    units: stationUnits(plan, rows, Date.now, (serials) => records.serialsInUse(serials)),
    askGate: gateOf(plan.gate, runJsonCommand),
    clock: systemClock,
    now: Date.now,
    startProcess: (onMessage) => forkProcess(bundledProgram('slot'), onMessage),
    simulated: options.simulate ? (options.page ? 'real' : 'virtual') : undefined,
  } satisfies Partial<StationSpec>;
};
