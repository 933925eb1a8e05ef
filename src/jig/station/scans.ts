import { refusedBy } from '../refusal-reason.ts';
import type { StationSlot } from './station-slot.ts';

/** States in which the code of the next unit can be taken. */
const open: readonly string[] = ['absent', 'settling', 'waiting', 'leaving', 'unseen', 'gone'];

const takeOut = (slot: string) =>
  refusedBy({ code: 'unit-still-in', slot }, 'unit-refused', 'The unit before is still in the slot', {
    hint: 'Take it out, then scan the next one.',
  });

/**
 * The slot that a scanned code is for: the one that is named, else the only one that waits for a scan, a slot with a unit
 * before an empty one. @throws BootctlError `usage`, `unit-refused`
 */
export function slotForScan(slots: readonly StationSlot[], named: string | undefined): StationSlot {
  if (named !== undefined) {
    const slot = slotNamed(slots, named);
    if (!open.includes(slot.state)) throw takeOut(named);
    return slot;
  }
  const free = slots.filter((slot) => open.includes(slot.state) && slot.context.label === undefined);
  const filled = free.filter(({ state }) => state === 'waiting');
  const candidates = filled.length > 0 ? filled : free;
  const [only, ...others] = candidates;
  if (only && others.length === 0) return only;
  if (!only)
    throw refusedBy({ code: 'none-waits' }, 'usage', 'No slot waits for a code', { hint: 'Take a unit out first.' });
  const names = candidates.map(({ name }) => name);
  throw refusedBy({ code: 'many-wait', slots: names.join(', ') }, 'usage', `${names.join(' and ')} wait for a code`, {
    hint: 'Scan the label of the slot first, or put in one unit after the other.',
  });
}

/** @throws BootctlError `usage` */
export function slotNamed(slots: readonly StationSlot[], name: string): StationSlot {
  const slot = slots.find((one) => one.name === name);
  if (slot) return slot;
  const names = slots.map((one) => one.name).join(', ');
  throw refusedBy({ code: 'slot-unknown', slot: name, slots: names }, 'usage', `There is no slot ${name}`, {
    hint: `The slots are ${names}.`,
  });
}
