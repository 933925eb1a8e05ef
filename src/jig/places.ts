import { partsOfPort } from '../bench/hub-ports.ts';
import { deviceOf, parseUsbPlace, type ResolvePlace, withInterface } from '../bench/usb-place.ts';
import type { JigPlan, SlotPlan } from './plan/jig-plan.ts';

/** A slot with the USB paths of its places on this host; undefined where the host has no such controller. */
export interface PlacedSlot {
  readonly slot: SlotPlan;
  /** The USB device. */
  readonly adapter: string | undefined;
  /** The same, with the interface of the port where jig.yaml names one: `1-3.2:1.1`. */
  readonly adapterPort: string | undefined;
  readonly target: string | undefined;
  /** The hub port that switches its power: `1-3#2`. */
  readonly power: string | undefined;
}

/** The slots of a plan where this host has them. Bus numbers may change at each start of it, and at no other time. */
export const placedSlots = ({ slots }: Pick<JigPlan, 'slots'>, resolve: ResolvePlace): readonly PlacedSlot[] =>
  slots.map((slot) => {
    const [adapterPort, target] = [resolve(slot.adapter), resolve(slot.target)];
    return {
      ...{ slot, adapter: adapterPort && deviceOf(adapterPort), adapterPort, target: target && deviceOf(target) },
      power: slot.power === undefined ? undefined : portAt(slot.power, resolve),
    };
  });

function portAt(text: string, resolve: ResolvePlace): string | undefined {
  const { hub, number } = partsOfPort(text);
  const path = resolve(hub);
  return path && `${deviceOf(path)}#${number}`;
}

/** A host made up for a simulated station: it has every controller that the plan names, in their order. */
export function madeUpPlaces(
  boards: readonly (Pick<SlotPlan, 'adapter' | 'target'> & Partial<Pick<SlotPlan, 'power'>>)[],
): ResolvePlace {
  const places = boards.flatMap(({ adapter, target, power }) =>
    [adapter, target, ...(power === undefined ? [] : [partsOfPort(power).hub])].map(parseUsbPlace),
  );
  const paths = places.flatMap((place) => (place && 'path' in place ? [Number.parseInt(place.path, 10)] : []));
  const controllers = [
    ...new Set(places.flatMap((place) => (place && 'controller' in place ? [place.controller] : []))),
  ];
  const firstBus = Math.max(0, ...paths) + 1;
  return (text) => {
    const place = parseUsbPlace(text);
    if (!place) return undefined;
    if ('path' in place) return withInterface(place.path, place);
    const index = controllers.indexOf(place.controller);
    return index < 0 ? undefined : withInterface(`${firstBus + index}-${place.ports}`, place);
  };
}
