import type { Bootloader } from '../../machines/bootloader.ts';
import { findChip } from '../chips/find-chip.ts';
import { type Memory, memoriesOf } from './bootloader/dfu-memories.ts';
import { idEvent, readUniqueId } from './bootloader/unique-id.ts';
import type { RecoverResult } from './job/events.ts';
import type { Work } from './job/job.ts';
import type { JobSpec } from './job/job-spec.ts';
import { runJob } from './run-job.ts';

/** What the bootloader of a target reports of it. */
export interface TargetInfo {
  /** Flash, option bytes, OTP, …, as the target names them; over USART the flash alone. */
  readonly memories: readonly Memory[];
  /** Rows of src/chips/rom-quirks.ts that fit its ROM. */
  readonly quirks: readonly string[];
  /** The 96 bits of the chip's unique id as 24 hex digits; null where its ROM does not show them. */
  readonly uniqueId: string | null;
}

export interface InfoResult extends RecoverResult {
  /** Null where the job has failed. */
  readonly info: TargetInfo | null;
}

/** Lists the target's memories, the option bytes, OTP and the rest beside the flash, and reads its unique id. */
export async function info(spec: JobSpec): Promise<InfoResult> {
  let found: TargetInfo | null = null;
  const work: Work = async ({ report, profile }, bootloader, _, signal) => {
    const { quirks } = bootloader;
    const memories = await memoriesIn(bootloader);
    for (const { setting, layout } of memories) {
      report({ event: 'target.memory', setting, name: layout.name, layout: layout.text });
    }
    report({ event: 'target.quirks', quirks });
    const reading = await readUniqueId(bootloader, profile.target?.family, signal);
    report(idEvent(reading));
    found = { memories, quirks, uniqueId: reading.id ?? null };
    const known = profile.target && findChip(profile.target.family);
    for (const { text, source } of known?.quirks ?? []) {
      report({ event: 'note', message: `known of ${known!.name}: ${text} (${source})` });
    }
  };
  const result = await runJob(spec, { work, after: 'restore' });
  return { ...result, info: found };
}

const memoriesIn = async (bootloader: Bootloader): Promise<readonly Memory[]> =>
  bootloader.kind === 'dfu' ? memoriesOf(bootloader) : [{ setting: 0, layout: bootloader.layout }];
