import type { Clock } from '../../bench/clock.ts';
import type { UsbBus } from '../../bench/usb-bus.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import type { Patch } from '../../image/patch.ts';
import type { Claimed, ClaimRequest, Instant, Purpose, Records } from '../../records/records.ts';
import type { JigPlan } from '../plan/jig-plan.ts';
import type { SimulatedUnit, StepUnit } from '../slot/slot-messages.ts';
import type { FieldValues } from '../unit-data/template.ts';
import type { StartSlotProcess } from './slot-worker.ts';

/** One slot with what its processes load: the profile has the places of the slot in it. */
export interface PlannedSlot {
  readonly name: string;
  readonly adapter: string;
  readonly target: string;
  readonly profile: BoardProfile;
}

/** Serial numbers and bytes of the units. */
export interface StationUnits {
  /** The label as it is meant. @throws BootctlError `unit-refused` where it is none of this lot's */
  labelOf(code: string): string;
  /** What may be claimed for a unit with this label, the first first. @throws BootctlError `unit-refused` */
  serialsFor(label: string | undefined): Iterable<ClaimRequest['serial']>;
  /** Nobody else is offered this one. */
  take(serial: string): void;
  /** Nothing of it is in a unit. */
  giveBack(serial: string): void;
  /** The row of the unit in the CSV file, for the records: of a secret column only its hash. */
  storedDataOf(claimed: Claimed): FieldValues;
  /** `chipUid`: of its chip, where that was read. Of a golden unit those that its label fills. @throws BootctlError `unit-refused` */
  patchesOf(
    claimed: Claimed,
    unit: { readonly purpose: Purpose; readonly chipUid: string | undefined },
  ): readonly Patch[];
}

/** Asks the gate of jig.yaml. @throws BootctlError `unit-refused` with its reason */
export type AskGate = (unit: Omit<StepUnit, 'run' | 'attempt' | 'number'>, signal: AbortSignal) => Promise<void>;

/** All that a station is made of. */
export interface StationSpec {
  readonly plan: JigPlan;
  readonly slots: readonly PlannedSlot[];
  readonly image: FirmwareImage;
  /** SHA-256 of jig.yaml, for the records. */
  readonly planHash: string;
  readonly profileHash: string;
  readonly version: string;
  readonly records: Records;
  readonly units: StationUnits;
  readonly askGate: AskGate | undefined;
  /** The station looks at the bus, and opens nothing. */
  readonly bus: Pick<UsbBus, 'list' | 'onChange'>;
  readonly clock: Clock;
  readonly now: () => Instant;
  readonly startProcess: StartSlotProcess;
  readonly simulated: 'virtual' | 'real' | undefined;
  /** What is in a slot of a simulated jig. */
  readonly simulatedUnit: (slot: string) => SimulatedUnit | undefined;
  /** Of a station in a fleet: units and numbers are those that it was granted. */
  readonly isGranted?: boolean;
  /** The station ends after so many good units. */
  readonly wanted: number | undefined;
}
