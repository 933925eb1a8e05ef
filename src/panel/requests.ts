import { z } from 'zod';
import type { Milliseconds } from '../base/units.ts';
import type { RefusalReason } from '../jig/refusal-reason.ts';
import type { StationAnswer, StationRequest } from '../jig/station-view.ts';

// Nothing on a label or a badge is longer, and nothing that a person types.
const text = z.string().max(256);
const head = { id: z.string().regex(/^[\w-]{8,64}$/), operator: z.string().max(64) };

/** What a page may ask for: a request of the station, with the lead's PIN or badge where that is needed. */
const pageRequest = z.discriminatedUnion('request', [
  z.strictObject({ ...head, request: z.literal('scan'), code: text.min(1), slot: text.optional() }),
  z.strictObject({ ...head, request: z.enum(['start', 'again', 'abort']), slot: text }),
  z.strictObject({ ...head, request: z.literal('hold'), why: text, lead: text.optional() }),
  z.strictObject({ ...head, request: z.literal('clear'), slot: text.optional(), why: text, lead: text.optional() }),
]);

export interface PageRequest {
  readonly request: StationRequest;
  readonly lead: string | undefined;
}

/** Undefined for a body that is no request. */
export function readRequest(body: string): PageRequest | undefined {
  const { success, data } = pageRequest.safeParse(jsonOf(body));
  if (!success) return undefined;
  const lead = 'lead' in data ? data.lead : undefined;
  const given = Object.entries(data).filter(([key, value]) => key !== 'lead' && value !== undefined);
  return { request: Object.fromEntries(given) as unknown as StationRequest, lead };
}

export function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Needs the lead. */
export const needsLead = ({ request }: StationRequest): boolean => request === 'hold' || request === 'clear';

export const refusal = (reason: RefusalReason, code: string, message: string, hint: string): StationAnswer => ({
  ...{ ok: false, code, message, hint, reason },
});

const mostRemembered = 1_000;

/** Answers by the id of the request: one that comes twice, by a bouncing key or a lost answer, is done once. */
export function rememberAnswers(): (id: string, answer: () => StationAnswer) => StationAnswer {
  const answers = new Map<string, StationAnswer>();
  return (id, answer) => {
    const known = answers.get(id);
    if (known) return known;
    const given = answer();
    answers.set(id, given);
    if (answers.size > mostRemembered) answers.delete(answers.keys().next().value!);
    return given;
  };
}

/** How often something happens: full where it has been counted `most` times within the last `window`. */
export interface Rate {
  isFull(): boolean;
  count(): void;
}

export function limitRate(most: number, window: Milliseconds, now: () => Milliseconds): Rate {
  let times: Milliseconds[] = [];
  return {
    isFull() {
      times = times.filter((time) => time > now() - window);
      return times.length >= most;
    },
    count: () => times.push(now()),
  };
}
