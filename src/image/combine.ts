import { type FirmwareImage, originAt, type Segment, segmentAt } from './firmware-image.ts';
import { withSegments } from './make-image.ts';
import { mergeSegments } from './merge-segments.ts';

/**
 * Several images as one: bootloader, application and data. The format, entry and suffix are those of the first.
 * @throws BootctlError `image-overlap` where two claim an address with different bytes, naming both files
 */
export function combineImages(images: readonly [FirmwareImage, ...FirmwareImage[]]): FirmwareImage {
  const [first, ...more] = images;
  if (more.length === 0) return first;
  const name = images.map((image) => image.name).join(' + ');
  const parts = images.flatMap((image) =>
    image.segments.map((segment) => ({ ...segment, origin: `${image.name} ${segment.origin}` })),
  );
  const otherAlternates = images.flatMap((image) => image.otherAlternates ?? []);
  const signed = images.flatMap((image) => image.signed ?? []);
  const notes = images.flatMap((image) => image.notes ?? []);
  return {
    ...withSegments(first, mergeSegments(parts, name)),
    name,
    ...(otherAlternates.length > 0 ? { otherAlternates } : {}),
    ...(signed.length > 0 ? { signed } : {}),
    ...(notes.length > 0 ? { notes } : {}),
  };
}

/** A run of addresses at which two images are not the same. */
export interface Difference {
  readonly kind: 'changed' | 'only in the first' | 'only in the second';
  readonly address: number;
  readonly length: number;
  /** Where the run starts in each file, as far as it is there. */
  readonly origins: readonly string[];
}

/** Where two images differ in bytes and addresses, by rising address; the formats do not matter. */
export function compareImages(first: FirmwareImage, second: FirmwareImage): readonly Difference[] {
  const borders = [...new Set([...bordersOf(first), ...bordersOf(second)])].sort((a, b) => a - b);
  const differences: Difference[] = [];
  for (const [index, address] of borders.entries()) {
    const end = borders[index + 1];
    if (end === undefined) break;
    const [a, b] = [segmentAt(first, address), segmentAt(second, address)];
    if (a && b) differences.push(...changesIn(a, b, address, end));
    else if (a)
      differences.push({ kind: 'only in the first', address, length: end - address, origins: [originAt(a, address)] });
    else if (b)
      differences.push({ kind: 'only in the second', address, length: end - address, origins: [originAt(b, address)] });
  }
  return joined(differences);
}

const bordersOf = ({ segments }: FirmwareImage): readonly number[] =>
  segments.flatMap(({ address, data }) => [address, address + data.length]);

function changesIn(a: Segment, b: Segment, from: number, to: number): readonly Difference[] {
  const changes: Difference[] = [];
  let start = -1;
  for (let at = from; at <= to; at++) {
    const differs = at < to && a.data[at - a.address] !== b.data[at - b.address];
    if (differs && start < 0) start = at;
    if (differs || start < 0) continue;
    const origins = [originAt(a, start), originAt(b, start)];
    changes.push({ kind: 'changed', address: start, length: at - start, origins });
    start = -1;
  }
  return changes;
}

/** Neighbours of the same kind as one. */
function joined(differences: readonly Difference[]): readonly Difference[] {
  const result: Difference[] = [];
  for (const difference of differences) {
    const last = result.at(-1);
    const continues = last?.kind === difference.kind && last.address + last.length === difference.address;
    if (last && continues) result[result.length - 1] = { ...last, length: last.length + difference.length };
    else result.push(difference);
  }
  return result;
}
