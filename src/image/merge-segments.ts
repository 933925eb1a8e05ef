import type { Segment } from './firmware-image.ts';
import { RecordList } from './formats/record-list.ts';

/**
 * Sorts by address and joins parts that touch or overlap with equal content. Gaps stay gaps.
 * A joined run has the origin of its lowest part.
 * @throws BootctlError `image-overlap` where two parts claim an address with different bytes
 */
export function mergeSegments(segments: readonly Segment[], name: string): readonly Segment[] {
  const list = new RecordList(name, (position) => segments[position]!.origin);
  for (const [position, { address, data }] of segments.entries()) list.add(address, data, 0, data.length, position);
  return list.segments();
}
