import { BootctlError } from '../../base/errors.ts';
import type { ResolvePlace } from '../../bench/usb-place.ts';
import { overrideProfile } from '../../board/profile/override-profile.ts';
import { hostPlaces } from '../../host/usb/tree.ts';
import { madeUpPlaces, placedSlots } from '../../jig/places.ts';
import type { Jig } from '../../jig/plan/read-jig.ts';
import { withPower } from '../../jig/slot-power.ts';
import type { PlannedSlot } from '../../jig/station/station-spec.ts';

/**
 * The slots of a jig with their places on this host, which are all that tells their adapters and targets apart.
 * @throws BootctlError `jig-invalid` for a controller that this host does not have
 */
export function plannedSlots({ plan, profiles }: Jig, isSimulated: boolean): readonly PlannedSlot[] {
  const places: ResolvePlace = isSimulated ? madeUpPlaces(plan.slots) : hostPlaces();
  return placedSlots(plan, places).map(({ slot: { name, ...named }, adapter, adapterPort, target, power }) => {
    if (adapter === undefined || adapterPort === undefined || target === undefined) {
      const place = adapter === undefined ? named.adapter : named.target;
      throw new BootctlError('jig-invalid', `Slot ${name}: this computer has no controller ${place}`, {
        hint: '`bootctl jig check` shows the controllers of this computer.',
      });
    }
    const profile = overrideProfile(withPower(profiles.get(name)!, power), { usbPath: target });
    return { name, adapter, target, profile: { ...profile, adapter: { path: adapterPort } } };
  });
}
