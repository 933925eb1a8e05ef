import { parse } from 'yaml';
import { targetSchema } from './schema.ts';
import type { Target } from './target.ts';

/** The facts in the text of a file of `hardware/targets`. @throws ZodError */
export function parseTarget(text: string): Target {
  const { dfu, ...rest } = targetSchema.parse(parse(text));
  return { ...rest, hasDfu: dfu };
}
