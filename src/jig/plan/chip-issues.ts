import { valueIssue, type YamlIssue } from '../../base/yaml-file/yaml-file.ts';
import type { BoardProfile } from '../../board/profile.ts';
import { findChip } from '../../chips/find-chip.ts';
import { hasChipId } from '../unit-data/unit-patches.ts';
import type { JigPlan } from './jig-plan.ts';

/** Where jig.yaml asks for the id of the chip. */
export function placeOfChipId({ unit }: Pick<JigPlan, 'unit'>): readonly PropertyKey[] {
  const patch = unit.patch.findIndex(hasChipId);
  return patch < 0 ? ['unit', 'identify'] : ['unit', 'patch', patch];
}

/** Boards whose chip certainly shows no id: every unit would be refused. */
export const chipIssues = (plan: JigPlan, profiles: readonly BoardProfile[]): readonly YamlIssue[] =>
  plan.unit.identifies
    ? profiles.flatMap((profile) => {
        const why = whyNoId(profile);
        return why === undefined ? [] : [valueIssue(placeOfChipId(plan), `the id of the chip cannot be read: ${why}`)];
      })
    : [];

function whyNoId({ id, target, usb, usart }: BoardProfile): string | undefined {
  const isUsartAlone = usb.connected === false;
  if (target === undefined) {
    if (isUsartAlone && usart.connected) return undefined; // its ROM says there what it is of
    return `the profile ${id} names no line, and a ROM does not say over DFU which one it is of: add \`target\``;
  }
  const chip = findChip(target.family);
  if (!chip?.uniqueId) return `no document that bootctl knows says where it is in a ${chip?.name ?? target.family}`;
  return chip.uniqueId.hazard && `in a ${chip.name} ${chip.uniqueId.hazard}`;
}
