import { count } from '../../base/text.ts';
import type { TreeDevice } from '../../bench/usb-tree.ts';
import type { Finding } from '../../ops/doctor/doctor-check.ts';
import { type JigCheck, type JigFacts, ok, warning } from './jig-finding.ts';
import { fullSpeedControl, jobSpeed, nearestTranslator } from './translators.ts';

/** Targets that one translator serves without making each other slower. */
const mostOnOneTranslator = Math.floor(fullSpeedControl / jobSpeed);

/** What the hubs between the host and the slots are: a translator to full speed for each port, or one for all. */
export const hubs: JigCheck = (facts) =>
  facts.tree.devices.filter(({ isHub }) => isHub).flatMap((hub) => hubFinding(hub, facts));

function hubFinding(hub: TreeDevice, facts: JigFacts): readonly Finding[] {
  const names = facts.slots.flatMap(({ slot, adapter, target }) =>
    [adapter, target].some((path) => path?.startsWith(`${hub.path}.`)) ? [slot.name] : [],
  );
  if (names.length === 0) return [];
  const kind = hub.translators === undefined ? `${hub.speed} Mbit/s` : `${hub.translators}-TT`;
  const seen = `hub at ${hub.path}: ${kind}, ${count(hub.ports ?? 0, 'port')}; behind it ${names.join(', ')}`;
  const shared = hub.translators === 'multi' ? 0 : translatedBy(hub, facts);
  const atOnce = Math.min(shared, facts.jig.plan.together);
  if (atOnce <= mostOnOneTranslator) return [ok(seen)];
  const advice = `${atOnce} targets share its one translator, and more than ${mostOnOneTranslator} make each other slower: use a multi-TT hub, or \`together: ${mostOnOneTranslator}\`.`;
  return [warning(seen, advice)];
}

/** Targets whose full speed this hub translates: no other hub of high speed is nearer to them. */
const translatedBy = (hub: TreeDevice, { slots, tree }: JigFacts): number =>
  slots.filter(({ target }) => target !== undefined && nearestTranslator(target, tree) === hub).length;
