import { z } from 'zod';
import { strict, text, wholeNumber } from '../../base/yaml-file/checked-values.ts';
import { madeOf } from '../../jig/plan/schema.ts';
import { name, period } from '../../jig/plan/values.ts';

/** Schema of lot.yaml; its output has times in ms, without defaults. */
export const lotSchema = strict(
  {
    id: name('Name of the lot: it stands in every record'),
    quantity: wholeNumber('No more good units than this, at all stations together', 1),
    lease: period(
      'A station that hears nothing of the database goes on for this long at most; default 12h',
    ).exactOptional(),
    profile: text('the id or file of a profile', 'Profile of all slots'),
    ...madeOf,
  },
  'What is made at several stations',
);

/** A lot.yaml after the schema has checked it. */
export type LotFile = z.output<typeof lotSchema>;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Files of a definition lie in one folder of a station. */
const fileName = z.string().regex(/^[^/\\]+$/);

/** Schema of a definition. What it shares with jig.yaml is checked when a station reads it as a jig.yaml. */
export const definitionSchema = z.strictObject({
  format: z.literal(1),
  id: z.string(),
  quantity: z.int().min(1),
  leaseSeconds: z.int().min(1),
  profile: z.strictObject({ name: z.string().regex(/^[\w.-]+$/), text: z.string() }),
  images: z.array(z.strictObject({ name: fileName, address: z.string().exactOptional(), sha256 })).min(1),
  programs: z.array(z.strictObject({ name: fileName, sha256 })),
  unit: z.unknown().exactOptional(),
  gate: z.unknown().exactOptional(),
  before: z.unknown().exactOptional(),
  after: z.unknown().exactOptional(),
  limits: z.unknown().exactOptional(),
  retests: z.unknown().exactOptional(),
  hold: z.record(z.string(), z.unknown()).exactOptional(),
});
