import { BootctlError, isBootctlError } from '../../base/errors.ts';
import { type Patch, parsePatch } from '../../image/patch.ts';
import { type FieldValues, fieldsIn, fillTemplate, parseTemplate, type TemplatePart } from './template.ts';

/** A patch with fields in its value. */
export interface PatchTemplate {
  /** `patch 1`, for errors. */
  readonly origin: string;
  /** Address and type, as they were written: `0x0800FF00=text:`. */
  readonly head: string;
  readonly value: readonly TemplatePart[];
  readonly fields: readonly string[];
}

/**
 * Reads `ADDRESS=VALUE` with fields in the value. Address and type are the same for all units.
 * @throws BootctlError `image-patch`
 */
export function patchTemplate(text: string, origin: string): PatchTemplate {
  const [, head = '', value = ''] = /^([^=]*=\s*(?:[a-z]\w*:)?)(.*)$/s.exec(text) ?? [];
  if (head === '') throw new BootctlError('image-patch', `${origin}: a patch is ADDRESS=VALUE, and this one has no =`);
  try {
    const parts = parseTemplate(value);
    return { origin, head, value: parts, fields: fieldsIn(parts) };
  } catch (error) {
    if (error instanceof RangeError) throw new BootctlError('image-patch', `${origin}: ${error.message}`);
    throw error;
  }
}

const hint = 'Compare the data of this unit with `unit.patch` in jig.yaml; nothing was done to it.';

/**
 * The bytes of one unit. Messages never have a value in them: it may be a key.
 * @throws BootctlError `unit-refused` where a value is missing or does not fit
 */
export function unitPatch({ origin, head, value }: PatchTemplate, values: FieldValues): Patch {
  try {
    const text = fillTemplate(value, values);
    // Without a type in the head, a value such as `u8:1` would bring its own.
    if (!head.trimEnd().endsWith(':') && text.includes(':')) throw new RangeError('the value is no hexadecimal bytes');
    return parsePatch(head + text, origin);
  } catch (cause) {
    if (cause instanceof RangeError) throw new BootctlError('unit-refused', `${origin}: ${cause.message}`, { hint });
    if (cause instanceof BootctlError) throw new BootctlError('unit-refused', cause.message, { cause, hint });
    throw cause;
  }
}

/** Of a golden unit, which has a label and neither a number nor a row of a file: those patches that it has values for. */
export const goldenPatches = (templates: readonly PatchTemplate[], values: FieldValues): readonly Patch[] =>
  templates.flatMap((template) => {
    try {
      return [unitPatch(template, values)];
    } catch (error) {
      if (isBootctlError(error, 'unit-refused')) return [];
      throw error;
    }
  });

/** All patches of one unit, for `applyPatches`. @throws BootctlError `unit-refused` */
export const unitPatches = (templates: readonly PatchTemplate[], values: FieldValues): readonly Patch[] =>
  templates.map((template) => unitPatch(template, values));

/** Whether the patch has the id of the chip in it; one that cannot be read has not. */
export function hasChipId(text: string): boolean {
  try {
    return patchTemplate(text, 'patch').fields.includes('uid');
  } catch (error) {
    if (error instanceof BootctlError) return false;
    throw error;
  }
}
