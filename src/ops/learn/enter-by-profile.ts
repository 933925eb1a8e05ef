import type { Bootloader } from '../../../machines/bootloader.ts';
import type { BoardProfile } from '../../board/profile.ts';
import { possibleChips } from '../../chips/contradictions.ts';
import { chipKeys, findChip } from '../../chips/find-chip.ts';
import { memoriesOf } from '../bootloader/dfu-memories.ts';
import type { RecoverResult } from '../job/events.ts';
import type { Work } from '../job/job.ts';
import type { JobSpec } from '../job/job-spec.ts';
import { runJob } from '../run-job.ts';
import { keyOf } from './bus-record.ts';

/** What a ROM has said of itself, entered by the profile that was learned. */
export interface NamedRom {
  readonly over: Bootloader['kind'];
  readonly place: string;
  readonly evidence: string;
  /** Lines of STM32 that it may be of. */
  readonly possible: readonly string[];
  /** Devices on the bus while it runs. */
  readonly beside: readonly string[];
}

export interface EntryByProfile {
  readonly result: RecoverResult;
  /** Null where it was not reached. */
  readonly rom: NamedRom | null;
}

/** The same board, whose ROM is looked for over one interface only, without asking a person. */
function onlyOver(profile: BoardProfile, over: Bootloader['kind'], place: string | null): BoardProfile {
  const methods = profile.methods.filter((method) => method !== 'manual');
  const { vendorId, productId } = profile.usb;
  const usb = { vendorId, productId };
  return over === 'dfu'
    ? {
        ...profile,
        methods,
        usb: { ...usb, ...(place !== null && { path: place }) },
        usart: { ...profile.usart, connected: false },
      }
    : {
        ...profile,
        methods,
        usb: { ...usb, connected: false },
        application: { expect: 'none' },
        usart: { ...profile.usart, connected: true },
      };
}

/** Enters by the profile, asks the ROM what it is, and starts the application again: the proof of what was learned. */
export async function enterByProfile(
  spec: JobSpec,
  over: Bootloader['kind'],
  place: string | null,
): Promise<EntryByProfile> {
  let rom: NamedRom | null = null;
  const work: Work = async ({ bench }, bootloader) => {
    const beside = (await bench.usb.list()).map(keyOf);
    rom = { over, place: bootloader.place, beside, ...(await named(bootloader)) };
  };
  const profile = onlyOver(spec.profile, over, place);
  const result = await runJob({ ...spec, profile, interactive: false }, { work, after: 'restore' });
  return { result, rom: result.ok ? rom : null };
}

async function named(bootloader: Bootloader): Promise<Pick<NamedRom, 'evidence' | 'possible'>> {
  const { product, layout } = bootloader;
  if (bootloader.kind === 'usart') {
    const names = product.split(' or ');
    const possible = chipKeys().filter((key) => names.includes(findChip(key)!.name));
    return { possible, evidence: `the product id that the ROM gives on the USART is that of ${product}` };
  }
  const memories = await memoriesOf(bootloader);
  const optionBytes = memories.find((memory) => /option ?bytes?/i.test(memory.layout.name))?.layout.sectors[0]?.address;
  const possible = possibleChips({ sectors: layout.sectors, optionBytes });
  return { possible, evidence: `the ROM names its memory ${layout.text}` };
}
