import type { StationReason } from '../../../machines/station-reason.ts';
import type { ToldReason } from '../../fleet/live/fleet-view.ts';
import type { StationAnswer } from '../../jig/station-view.ts';
import { en } from './en.ts';
import type { Say, WordKey } from './words.ts';

/** Why something is held or raises an alarm, in the language of the operator. */
export const reasonIn = (say: Say, reason: StationReason): string =>
  say(`reason.${reason.code}`, valuesOf(say, reason));

/** The same of a station that may be of another version; undefined where its reason is none of ours. */
export function toldReasonIn(say: Say, reason: ToldReason | undefined): string | undefined {
  if (!reason || !Object.hasOwn(en, `reason.${reason.code}`)) return undefined;
  try {
    const text = reasonIn(say, reason as unknown as StationReason);
    return /\{[\w-]+\}/.test(text) ? undefined : text;
  } catch {
    return undefined; // one of its values is of another kind
  }
}

/** Why what was asked for is not done, and what to do instead; of a rare refusal what the station says, in English. */
export const refusalIn = (say: Say, { message, hint, reason }: StationAnswer & { readonly ok: false }): string =>
  reason ? say(`refusal.${reason.code}`, { ...reason }) : [message, hint].filter(Boolean).join('. ');

/** What the lead does about it. */
export const remedyIn = (say: Say, reason: StationReason): string =>
  say(`remedy.${reason.code}`, valuesOf(say, reason));

function valuesOf(say: Say, reason: StationReason): Readonly<Record<string, string | number>> {
  switch (reason.code) {
    case 'golden-due':
      return { labels: reason.labels.join(', ') };
    case 'golden-wrong': {
      const { label, expected, found } = reason;
      return { label, expected: shownAs(say, expected), found: shownAs(say, found) };
    }
    case 'drift': {
      const { slot, figure, unit, now, limit, runs } = reason;
      const text = (value: number) => `${Number(value.toPrecision(3))}${unit === '' ? '' : ` ${unit}`}`;
      return { slot, figure: figureIn(say, figure), now: text(now), limit: text(limit), runs };
    }
    case 'grant-used-up':
    case 'grant-awaited':
    case 'lot-given-out':
      return { ...reason, what: say(`link.${reason.what}`) };
    default:
      return { ...reason };
  }
}

/** Error codes are the same everywhere. */
const shownAs = (say: Say, result: string): string => (result === 'pass' ? say('word.pass') : result);

const figures: Readonly<Record<string, WordKey>> = {
  enter: 'figure.enter',
  holdMargin: 'figure.holdMargin',
  program: 'figure.program',
  applicationSeen: 'figure.applicationSeen',
};

/** What a step of jig.yaml measures has its own name. */
const figureIn = (say: Say, name: string): string => (Object.hasOwn(figures, name) ? say(figures[name]!) : name);
