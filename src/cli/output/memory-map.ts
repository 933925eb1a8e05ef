import { address32, amount, size } from '../../base/text.ts';
import type { FirmwareImage, Segment } from '../../image/firmware-image.ts';
import { bytesWithin, type ImageErase } from '../../ops/image-facts.ts';
import type { Sector } from '../../protocol/dfuse/memory-layout.ts';
import type { Colours } from './colours.ts';

const barWidth = 32;
/** A cell of a sector that the image leaves, fills in part, and fills. */
const cells = { empty: ' ', part: '▒', full: '█' } as const;
/** More runs than fit a screen are drawn in part. */
const mostDrawn = 24;

/** The image's runs and the gaps between them, from the lowest address down. */
export function drawSegments({ segments }: FirmwareImage): readonly string[] {
  const longest = Math.max(...segments.map(({ data }) => data.length));
  const lines = segments.slice(0, mostDrawn).flatMap((segment, index) => {
    const previous = segments[index - 1];
    const gap = previous ? segment.address - previous.address - previous.data.length : 0;
    return [
      ...(gap > 0 ? [`${' '.repeat(12)}┊ ${amount(gap, 'bytes')} left alone`] : []),
      ...drawRun(segment, longest),
    ];
  });
  const hidden = segments.length - mostDrawn;
  return hidden > 0 ? [...lines, `${' '.repeat(12)}┊ and ${amount(hidden, 'more runs')}`] : lines;
}

function drawRun({ address, data, origin }: Segment, longest: number): readonly string[] {
  const width = Math.max(1, Math.round((data.length / longest) * barWidth));
  return [
    `${address32(address)} ├${'█'.repeat(width)}${' '.repeat(barWidth - width)}  ${amount(data.length, 'bytes')} (${origin})`,
    `${address32(address + data.length - 1)} ┘`,
  ];
}

/** A layout's sectors: where in each the image lies, and which would be erased; alike neighbours on one line. */
export function drawSectors(
  { segments }: FirmwareImage,
  sectors: readonly Sector[],
  { dim, yellow }: Pick<Colours, 'dim' | 'yellow'>,
): readonly string[] {
  const groups: { share: number; sectors: Sector[]; inside: readonly Segment[] }[] = [];
  for (const sector of sectors) {
    const end = sector.address + sector.size;
    const inside = segments.filter(({ address, data }) => address < end && sector.address < address + data.length);
    const share = bytesWithin(inside, sector.address, sector.size) / sector.size;
    const last = groups.at(-1);
    const isAlike = share === last?.share && (share === 0 || (share === 1 && sector.size === last.sectors[0]!.size));
    if (last && isAlike) last.sectors.push(sector);
    else groups.push({ share, sectors: [sector], inside });
  }
  return groups.map(({ share, sectors: alike, inside }) => {
    const place = `${address32(alike[0]!.address)}  ${sizesText(alike).padEnd(14)}  `;
    return share === 0
      ? dim(`${place}left alone`)
      : `${place}${bar(inside, alike[0]!)} ${percentOf(share)}  ${yellow('erased, then written')}`;
  });
}

/** What the erase takes, what of it is beside the image, and what stays. */
export function eraseSummary({ all, erased, besideBytes }: ImageErase): string {
  const bytes = erased.reduce((sum, sector) => sum + sector.size, 0);
  const beside =
    besideBytes === 0
      ? 'the image fills them'
      : `${amount(besideBytes, 'bytes')} of that are beside the image: \`--keep\` keeps them`;
  const left = amount(all.length - erased.length, 'sectors');
  return `Erased are ${erased.length} of ${amount(all.length, 'sectors')}, ${amount(bytes, 'bytes')}; ${beside}. ${left} ${left.startsWith('1 ') ? 'is' : 'are'} left alone.`;
}

const percentOf = (share: number): string => (share < 0.01 ? '<1 %' : `${Math.floor(share * 100)} %`).padStart(5);

/** `7 × 128 KB`, or the sum where sizes differ. */
function sizesText(sectors: readonly Sector[]): string {
  const [first, ...rest] = sectors;
  if (!first) return '';
  if (rest.length === 0) return size(first.size);
  const isUniform = rest.every((sector) => sector.size === first.size);
  return isUniform ? `${sectors.length} × ${size(first.size)}` : `${sectors.length} sectors`;
}

function bar(inside: readonly Segment[], { address, size: bytes }: Sector): string {
  const step = bytes / barWidth;
  const drawn = Array.from({ length: barWidth }, (_, index) => {
    const [from, to] = [Math.floor(address + index * step), Math.floor(address + (index + 1) * step)];
    const used = bytesWithin(inside, from, to - from);
    return used === 0 ? cells.empty : used === to - from ? cells.full : cells.part;
  });
  return `│${drawn.join('')}│`;
}
