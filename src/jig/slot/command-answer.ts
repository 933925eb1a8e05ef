import { BootctlError } from '../../base/errors.ts';
import type { Figure } from './slot-messages.ts';

/** What a program of jig.yaml has said on its standard output: nothing, or one JSON value. */
export interface CommandAnswer {
  readonly isOk: boolean;
  /** Why not. */
  readonly reason: string | undefined;
  readonly figures: readonly Figure[];
}

/**
 * `{"ok": false, "reason": "…", "measurements": {"vbat": 3.31, "current": {"value": 12, "unit": "mA"}}}`; each part may be
 * absent. @throws BootctlError `step-failed` where it is something else
 */
export function commandAnswer(text: string): CommandAnswer {
  if (text.trim() === '') return { isOk: true, reason: undefined, figures: [] };
  const answer = parsed(text);
  if (!isMapping(answer)) throw unusable('no JSON object');
  const { ok = true, reason, measurements = {} } = answer;
  if (typeof ok !== 'boolean') throw unusable('`ok` that is neither true nor false');
  if (!isMapping(measurements)) throw unusable('`measurements` that is no object');
  const figures = Object.entries(measurements).map(([name, value]) => figureOf(name, value));
  return { isOk: ok, reason: typeof reason === 'string' ? reason : undefined, figures };
}

function figureOf(name: string, given: unknown): Figure {
  const { value, unit = '' } = isMapping(given) ? given : { value: given };
  if (typeof value !== 'number' || !Number.isFinite(value) || typeof unit !== 'string') {
    throw unusable(`\`${name}\` in \`measurements\` that is no number`);
  }
  return { name, value, unit };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unusable('no JSON');
  }
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const unusable = (what: string): BootctlError =>
  new BootctlError('step-failed', `its standard output has ${what}`, {
    hint: 'Let it print nothing, or one object such as {"ok": true, "measurements": {"vbat": 3.31}}.',
  });
