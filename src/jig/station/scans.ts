import { BootctlError } from '../../base/errors.ts';
import type { StationSlot } from './station-slot.ts';

/** States in which the code of the next unit can be taken. */
const open: readonly string[] = ['absent', 'settling', 'waiting', 'leaving', 'unseen', 'gone'];

const takeOut = () =>
  new BootctlError('unit-refused', 'The unit before is still in the slot', {
    hint: 'Take it out, then scan the next one.',
  });

/**
 * The slot that a scanned code is for: the one that is named, else the only one that waits for a scan, a slot with a unit
 * before an empty one. @throws BootctlError `usage`, `unit-refused`
 */
export function slotForScan(slots: readonly StationSlot[], named: string | undefined): StationSlot {
  if (named !== undefined) {
    const slot = slotNamed(slots, named);
    if (!open.includes(slot.state)) throw takeOut();
    return slot;
  }
  const free = slots.filter((slot) => open.includes(slot.state) && slot.context.label === undefined);
  const filled = free.filter(({ state }) => state === 'waiting');
  const candidates = filled.length > 0 ? filled : free;
  const [only, ...others] = candidates;
  if (only && others.length === 0) return only;
  throw new BootctlError(
    'usage',
    only ? `${candidates.map(({ name }) => name).join(' and ')} wait for a code` : 'No slot waits for a code',
    { hint: only ? 'Scan the label of the slot first, or put in one unit after the other.' : 'Take a unit out first.' },
  );
}

/** @throws BootctlError `usage` */
export function slotNamed(slots: readonly StationSlot[], name: string): StationSlot {
  const slot = slots.find((one) => one.name === name);
  if (slot) return slot;
  throw new BootctlError('usage', `There is no slot ${name}`, {
    hint: `The slots are ${slots.map((one) => one.name).join(', ')}.`,
  });
}
