import { randomBytes } from 'node:crypto';
import type { Instant } from './records.ts';

/** UUID version 7 (RFC 9562, section 5.7): 48 bits of time, then chance. They sort by their time. */
export function identifier(now: Instant): string {
  const time = now.toString(16).padStart(12, '0');
  const chance = randomBytes(10);
  const hex = chance.toString('hex');
  const variant = (8 + (chance[9]! & 3)).toString(16);
  return [time.slice(0, 8), time.slice(8), `7${hex.slice(0, 3)}`, variant + hex.slice(3, 6), hex.slice(6, 18)].join(
    '-',
  );
}
