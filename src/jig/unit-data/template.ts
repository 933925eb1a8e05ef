/** A part of a text with fields: text as it is, or a field with the form of its value. */
export type TemplatePart =
  | { readonly text: string }
  | {
      readonly field: string;
      /** `{number:06}`: zeros in front, up to so many digits. */
      readonly digits?: number;
      /** `{serial:16}`: zero bytes behind, up to so many bytes. */
      readonly bytes?: number;
    };

/** Texts of the fields of one unit. */
export type FieldValues = Readonly<Record<string, string>>;

const field = /^\{([A-Za-z_][\w .-]*?)(?::(0?)([1-9]\d{0,2}))?\}/;

/**
 * The parts of a text with fields such as `{serial}`, `{number:06}` and `{serial:16}`; `{{` and `}}` are braces.
 * @throws RangeError with what is wrong
 */
export function parseTemplate(text: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let literal = '';
  const flush = () => {
    if (literal !== '') parts.push({ text: literal });
    literal = '';
  };
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const match = field.exec(rest);
    if (rest.startsWith('{{') || rest.startsWith('}}')) {
      literal += rest[0];
      at += 2;
    } else if (match) {
      flush();
      parts.push(fieldOf(match));
      at += match[0].length;
    } else if (rest.startsWith('{') || rest.startsWith('}')) {
      throw new RangeError(
        `the ${rest[0]} at character ${at + 1} belongs to no field such as {serial} or {number:06}; {{ and }} are braces`,
      );
    } else {
      literal += rest[0];
      at += 1;
    }
  }
  flush();
  return parts;
}

function fieldOf([, name = '', zero, size]: RegExpExecArray): TemplatePart {
  if (size === undefined) return { field: name };
  return zero === '0' ? { field: name, digits: Number(size) } : { field: name, bytes: Number(size) };
}

/** Names of the fields of a template, each once. */
export const fieldsIn = (parts: readonly TemplatePart[]): readonly string[] => [
  ...new Set(parts.flatMap((part) => ('field' in part ? [part.field] : []))),
];

/**
 * The text with the values in it.
 * @throws RangeError where a value is missing, or does not fit into the size of its field; it never has the value in it
 */
export const fillTemplate = (parts: readonly TemplatePart[], values: FieldValues): string =>
  parts.map((part) => ('text' in part ? part.text : sized(part, values))).join('');

function sized(part: Extract<TemplatePart, { readonly field: string }>, values: FieldValues): string {
  const { field: name, digits, bytes } = part;
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value === undefined) throw new RangeError(`{${name}} has no value`);
  if (digits !== undefined) {
    if (!/^\d+$/.test(value)) throw new RangeError(`{${name}:0${digits}} takes digits only`);
    if (value.length > digits)
      throw new RangeError(`{${name}:0${digits}} has room for ${digits} digits, and its value has ${value.length}`);
    return value.padStart(digits, '0');
  }
  if (bytes === undefined) return value;
  const length = Buffer.byteLength(value, 'utf8');
  if (length > bytes)
    throw new RangeError(`{${name}:${bytes}} has room for ${bytes} bytes, and its value has ${length}`);
  return value + '\0'.repeat(bytes - length);
}
