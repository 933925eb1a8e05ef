import type { Milliseconds } from '../base/units.ts';
import { canReset, planApplicationReset } from '../board/circuit/application-reset.ts';
import type { LinePlan, Rung } from '../board/circuit/plan.ts';
import { usesModemLines } from '../board/circuit/wiring.ts';
import { ladderFor } from '../board/ladder.ts';
import { noWiring } from '../board/profile/resolve-wiring.ts';
import type { BoardProfile } from '../board/profile.ts';
import type { Chip, ChipLayout } from '../chips/chip.ts';
import { findChip } from '../chips/find-chip.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import { parseMemoryLayout, type Sector } from '../protocol/dfuse/memory-layout.ts';
import { checkImage, checkPlace, overrideText } from './engine/check-image.ts';
import { coverageOf, worstTime } from './engine/coverage.ts';
import { namedNotes } from './engine/image-notes.ts';
import { withRestored } from './engine/restored-image.ts';
import { detectionTimeout } from './entry/awaited.ts';
import { carriesBytesOnly, refuseWithoutLines } from './job/adapter/network-adapter.ts';
import { boardOf, type PresentOnly } from './job/present-only.ts';
import type { RecoverSpec } from './recover.ts';

/** The specification of a job that opens no bench. */
export type PlanSpec = Omit<RecoverSpec, 'bench'>;

/** What a job would do, as far as it is known without opening anything. */
export interface JobPlan {
  readonly profile: BoardProfile;
  readonly target: Chip | undefined;
  readonly port: string | undefined;
  readonly timeout: Milliseconds;
  readonly ladder: readonly Rung[];
  /** How the lines start the application; absent where they cannot. */
  readonly reset?: LinePlan;
  readonly image: FirmwareImage | undefined;
  /** Refusals that `--force` overrides, and what else a person should know of the image, as sentences. */
  readonly notes: readonly string[];
  /** The job takes the bootloader that is there. */
  readonly presentOnly?: PresentOnly;
  /** Absent where no layout of the target is known. */
  readonly erase?: PlannedErase;
}

/** What the image erases on the first known layout of the target that has room for it. */
export interface PlannedErase {
  readonly layout: ChipLayout;
  readonly sectors: readonly Sector[];
  /** By the typical times of the flash, where it holds nothing of the image. */
  readonly estimate: Milliseconds;
  /** Sectors of the whole flash. */
  readonly of: number;
}

/** Everything that is known of a job before it opens anything. @throws BootctlError of kind `usage`, as the job itself would */
export function plan(spec: PlanSpec): JobPlan {
  const { image: own, restore, port, timeout, interactive = false } = spec;
  const { profile: whole, only } = boardOf(spec);
  refuseWithoutLines(port, whole);
  const profile = carriesBytesOnly(port) && usesModemLines(whole) ? { ...whole, wiring: noWiring } : whole;
  const chip = profile.target && findChip(profile.target.family);
  const notes = own ? [...checkImage(own, profile, spec).map(overrideText), ...namedNotes(own, profile)] : [];
  if (restore) checkPlace(restore.image, profile);
  const image = own && restore ? withRestored(own, restore.image) : own;
  const erase = image && chip && eraseOf(image, chip.layouts);
  return {
    profile,
    target: chip,
    port,
    timeout: detectionTimeout({ timeout, profile }),
    ladder: ladderFor(profile, interactive),
    ...(canReset(profile) ? { reset: planApplicationReset(profile.wiring, profile.nrst, profile.boot0) } : {}),
    image,
    notes,
    ...(only ? { presentOnly: only } : {}),
    ...(erase ? { erase } : {}),
  };
}

/** By the first known layout that has room for the image; the layout that the target itself names decides in the end. */
function eraseOf(image: FirmwareImage, layouts: readonly ChipLayout[]): PlannedErase | undefined {
  for (const layout of layouts) {
    const known = parseMemoryLayout(layout.string);
    try {
      const coverage = coverageOf(image, known);
      return { layout, sectors: coverage.sectors, estimate: worstTime(coverage), of: known.sectors.length };
    } catch {
      // a smaller part of the line
    }
  }
  return undefined;
}
