import { z } from 'zod';
import type { FleetStation, ToldReason } from './fleet-view.ts';

/** Longer texts of a station are cut: whatever a label or a station says, the page of the fleet stays readable. */
const longestText = 200;
const mostSlots = 64;

const text = z.string().transform((value) => value.slice(0, longestText));
const optionalText = text.optional().catch(undefined);

const slot = z.object({
  name: text,
  state: z.enum(['absent', 'settling', 'waiting', 'claiming', 'running', 'judging', 'recording', 'verdict', 'held']),
  serial: optionalText,
  heldBy: optionalText,
  verdict: z
    .object({ outcome: z.enum(['pass', 'fail', 'error', 'aborted']), code: optionalText })
    .optional()
    .catch(undefined),
});

const reason = z
  .object({ code: text })
  .catchall(z.union([text, z.number(), z.array(text).max(mostSlots)]))
  .optional()
  .catch(undefined);

/** What of a StationView a fleet shows; a station of another version may have more, or less. */
const beatView = z.object({
  lot: optionalText,
  state: z.enum(['starting', 'ready', 'draining', 'held', 'stopped']).optional().catch(undefined),
  heldBy: optionalText,
  heldReason: reason,
  slots: z.array(z.unknown()).catch([]),
});

/** What a station says of itself with its beat. What cannot be read is left out: it decides nothing. */
export function readBeatView(value: unknown): Pick<FleetStation, 'lot' | 'state' | 'heldBy' | 'heldReason' | 'slots'> {
  const { data } = beatView.safeParse(value);
  if (!data) return { lot: undefined, state: undefined, heldBy: undefined, heldReason: undefined, slots: [] };
  const slots = data.slots.slice(0, mostSlots).flatMap((one) => {
    const read = slot.safeParse(one).data;
    if (!read) return [];
    const { name, state, serial, heldBy, verdict } = read;
    const ended = state === 'verdict' ? verdict : undefined;
    return [{ name, state, outcome: ended?.outcome, code: ended?.code, serial, heldBy }];
  });
  const { lot, state, heldBy, heldReason } = data;
  return { lot, state, heldBy, heldReason: heldReason as ToldReason | undefined, slots };
}
