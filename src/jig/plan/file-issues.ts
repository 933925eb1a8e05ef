import { basename } from 'node:path';
import { valueIssue, type YamlIssue } from '../../base/yaml-file/yaml-file.ts';
import { findProfile } from '../../board/profile/find-profile.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import { parseImageArgument } from '../../image/image-argument.ts';
import { type ImageFile, readImages } from '../../image/read-images.ts';
import { checkImage } from '../../ops/engine/check-image.ts';
import { knownOf } from '../../ops/engine/image-target.ts';
import type { JigPlan } from './jig-plan.ts';
import { lateRefusalOf, refusalOf } from './refusal.ts';

/** What was read, and what stands against it. */
export interface Found<T> {
  readonly found: T;
  readonly issues: readonly YamlIssue[];
}

/** Each slot's profile by the slot's name. `usesOwn` says whether jig.yaml names one for that slot alone. */
export function slotProfiles(
  plan: JigPlan,
  places: { readonly cwd: string; readonly userFolder?: string },
  usesOwn: (slot: string) => boolean,
): Found<ReadonlyMap<string, BoardProfile>> {
  const read = new Map<string, BoardProfile>();
  const found = new Map<string, BoardProfile>();
  const issues: YamlIssue[] = [];
  for (const { name, profile } of plan.slots) {
    if (profile === '') continue; // said already
    const message = refusalOf(() => {
      const own = read.get(profile) ?? findProfile(profile, places);
      read.set(profile, own);
      found.set(name, own);
    });
    const path = usesOwn(name) ? ['slots', name, 'profile'] : ['profile'];
    if (message !== undefined) issues.push(valueIssue(path, message.replaceAll('\n', '; ')));
  }
  return { found, issues };
}

/** The image of the lot, without the bytes of a unit. A fault of one file is at its place in the list. */
export async function lotImage(
  plan: JigPlan,
  profiles: readonly BoardProfile[],
): Promise<Found<FirmwareImage | undefined>> {
  const files = plan.image.map((text): ImageFile => {
    const { path, ...address } = parseImageArgument(text);
    return { path, name: basename(path), ...address };
  });
  const [first, ...rest] = files;
  if (!first) return { found: undefined, issues: [] };
  const known = profiles[0] ? knownOf(profiles[0]) : {};
  const issues: YamlIssue[] = [];
  for (const [index, file] of files.entries()) {
    const message = await lateRefusalOf(() => readImages([file], known));
    if (message !== undefined) issues.push(valueIssue(files.length > 1 ? ['image', index] : ['image'], message));
  }
  if (issues.length > 0) return { found: undefined, issues };
  let image: FirmwareImage | undefined;
  const message = await lateRefusalOf(async () => {
    image = await readImages([first, ...rest], known);
    for (const profile of profiles) checkImage(image, profile, {});
  });
  return { found: image, issues: message === undefined ? [] : [valueIssue(['image'], message)] };
}
