import { InvalidArgumentError } from 'commander';
import type { Milliseconds } from '../../base/units.ts';

const units: Readonly<Record<string, Milliseconds>> = {
  ...{ ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 },
};

/** A time that a person waits or looks back. @throws InvalidArgumentError */
export function parseSpan(text: string): Milliseconds {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(text) ?? [];
  const time = Number(amount) * (units[unit] ?? 0);
  if (time > 0) return time;
  throw new InvalidArgumentError('A time has its unit, such as 90s, 10min, 2h or 30d.');
}
