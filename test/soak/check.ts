import type { BoardState, Run, Story } from './evidence.ts';
import { targetAfter, targetBefore } from './evidence.ts';
import { flashBase } from './silicon.ts';

/** Something that has to be true of every job, whatever happens. */
export interface Check {
  readonly name: string;
  /** What has to be true. */
  readonly says: string;
  /** Where that is promised. */
  readonly source: string;
  /** Of one run, or of the whole story: what is wrong; undefined where it holds, or has nothing to be about. */
  readonly run?: (run: Run) => string | undefined;
  readonly story?: (story: Story) => string | undefined;
}

export const has = ({ argv }: Run, option: string): boolean => argv.includes(option);
export const writesImage = ({ world: { command, pieces } }: Run): boolean =>
  (command === 'flash' || command === 'recover') && pieces.length > 0;
export const resultOf = ({ result }: Run): Readonly<Record<string, unknown>> => result ?? {};
export const errorOf = (run: Run): { readonly code?: string; readonly message?: string; readonly hint?: string } =>
  (resultOf(run).error as object | null) ?? {};
export const hex = (address: number): string => `0x${address.toString(16).padStart(8, '0')}`;

/** First address at which the flash does not hold the image. */
export function firstMissing(run: Run, flash: Buffer): number | undefined {
  for (const { address, data } of run.image) {
    const found = flash.subarray(address - flashBase, address - flashBase + data.length);
    if (found.equals(data)) continue;
    return address + data.findIndex((byte, index) => byte !== found[index]);
  }
  return undefined;
}

/** The real sectors that hold a byte of the image, or of the range that is to be erased. */
export function askedSectors(run: Run): Run['sectors'] {
  const { world, image, sectors } = run;
  const { command, range } = world;
  const runs = writesImage(run) ? image.map(({ address, data }) => ({ address, length: data.length })) : [];
  const erased = command === 'erase' && range ? [{ address: flashBase + range.offset, length: range.length }] : [];
  return sectors.filter((sector) =>
    [...runs, ...erased].some(
      ({ address, length }) => address < sector.address + sector.size && sector.address < address + length,
    ),
  );
}

/** First address of the flash at which two states differ, where `isMeant` says yes. */
export function firstChange(
  before: BoardState,
  after: BoardState,
  isMeant: (address: number) => boolean = () => true,
): number | undefined {
  if (before.flash.equals(after.flash)) return undefined;
  for (let offset = 0; offset < before.flash.length; offset++) {
    if (before.flash[offset] !== after.flash[offset] && isMeant(flashBase + offset)) return flashBase + offset;
  }
  return undefined;
}

export const isIn = (areas: readonly { readonly address: number; readonly size: number }[], address: number): boolean =>
  areas.some((area) => area.address <= address && address < area.address + area.size);

/** Whether the run was to lift readout protection, which takes all of the flash. */
export const mayEraseAll = (run: Run): boolean => has(run, '--unprotect') && targetBefore(run).isReadoutProtected;

/** Bytes of the image are not what stands around it. */
export const imageAreas = ({ image }: Run) => image.map(({ address, data }) => ({ address, size: data.length }));

export const isTargetTouched = (run: Run): boolean => !targetBefore(run).flash.equals(targetAfter(run).flash);

/** On wires that garble bytes, and flash that does not hold them, nobody can know without reading back. */
export const isUnsound = ({ world: { scenario, rom }, faults }: Run): boolean =>
  ['stuck-bit', 'write-protected', 'noisy-usart'].includes(scenario) || rom !== 'usual' || faults.length > 0;

/** What a run has done to the world outside of it; undefined where nothing. */
export function moved(run: Run): string | undefined {
  const done = disturbed(run);
  if (done !== undefined) return done;
  if (run.requests.length > 0) return `a request went to ${run.requests[0]!.path}`;
  return run.openedUsb.length === 0 ? undefined : `the USB device at ${run.openedUsb[0]} was opened`;
}

/** The same without what only reads: the opening of a USB device, and requests to the host. */
export function disturbed(run: Run): string | undefined {
  const lines = run.truth.find(({ what, board }) => what === 'lines' && board === 'target');
  if (lines) return `lines have moved at ${lines.t} ms`;
  const request = run.requests.find(({ isOut }) => isOut);
  if (request) return `a request went to ${request.path}`;
  return run.bytesSent > 0 ? 'bytes were sent on a serial port' : undefined;
}
