import { address32, amount, size } from '../../base/text.ts';
import type { FirmwareImage, Segment } from '../../image/firmware-image.ts';
import type { Sector } from '../../protocol/dfuse/memory-layout.ts';

const barWidth = 32;
/** Eighths of a cell, from empty to full. */
const blocks = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
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

/** A layout's sectors: how much of each the image fills, and which would be erased; alike neighbours on one line. */
export function drawSectors({ segments }: FirmwareImage, sectors: readonly Sector[]): readonly string[] {
  const groups: { share: number; sectors: Sector[] }[] = [];
  for (const sector of sectors) {
    const used = segments.reduce((sum, segment) => sum + overlap(segment, sector), 0);
    const share = used / sector.size;
    const last = groups.at(-1);
    const isAlike = share === last?.share && (share === 0 || (share === 1 && sector.size === last.sectors[0]!.size));
    if (last && isAlike) last.sectors.push(sector);
    else groups.push({ share, sectors: [sector] });
  }
  return groups.map(({ share, sectors: alike }) => {
    const what = share === 0 ? 'left alone' : `${bar(share)} ${percentOf(share)}  erased, then written`;
    return `${address32(alike[0]!.address)}  ${sizesText(alike).padEnd(14)}  ${what}`;
  });
}

const percentOf = (share: number): string => (share < 0.01 ? '<1 %' : `${Math.floor(share * 100)} %`).padStart(5);

const overlap = ({ address, data }: Segment, sector: Sector): number =>
  Math.max(0, Math.min(address + data.length, sector.address + sector.size) - Math.max(address, sector.address));

/** `7 × 128 KB`, or the sum where sizes differ. */
function sizesText(sectors: readonly Sector[]): string {
  const [first, ...rest] = sectors;
  if (!first) return '';
  if (rest.length === 0) return size(first.size);
  const isUniform = rest.every((sector) => sector.size === first.size);
  return isUniform ? `${sectors.length} × ${size(first.size)}` : `${sectors.length} sectors`;
}

function bar(share: number): string {
  const eighths = Math.max(1, Math.round(share * barWidth * 8));
  const full = '█'.repeat(Math.floor(eighths / 8));
  return `│${(full + (eighths % 8 === 0 ? '' : blocks[eighths % 8])).padEnd(barWidth)}│`;
}
