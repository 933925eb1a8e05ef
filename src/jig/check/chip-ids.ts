import type { BoardProfile } from '../../board/profile.ts';
import { findChip } from '../../chips/find-chip.ts';
import type { Finding } from '../../ops/doctor/doctor-check.ts';
import { placeOfChipId } from '../plan/chip-issues.ts';
import { type JigCheck, ok, warning } from './jig-finding.ts';

/** Where units are known by their chips: whether the ROMs are known to show the ids. */
export const chipIds: JigCheck = ({ jig }) => {
  const { plan, profiles, lineAt } = jig;
  if (!plan.unit.identifies) return [];
  return [...new Map([...profiles.values()].map((profile) => [profile.id, profile])).values()].map((profile) =>
    shown(profile, (message) => lineAt(placeOfChipId(plan), message)),
  );
};

function shown({ id, usb, target }: BoardProfile, line: (message: string) => string): Finding {
  if (usb.connected === false) return ok(`${id}: its ROM reads the id of the chip over USART (AN3155 §3.4)`);
  const chip = target && findChip(target.family);
  const name = chip?.name ?? id;
  if (chip?.uniqueId?.overDfu === 'answered')
    return ok(`${id}: the ROM of an ${name} shows the id of the chip over USB`);
  return warning(
    line(
      chip?.uniqueId?.overDfu === 'refused'
        ? `the ROM of an ${name} was seen to refuse the id of the chip over USB`
        : `nobody has published whether the ROM of an ${name} shows the id of the chip over USB`,
    ),
    'Look with `bootctl info` at one board. Over USART it can be read: `usart: { connected: true }` and `usb: { connected: false }` in the profile.',
  );
}
