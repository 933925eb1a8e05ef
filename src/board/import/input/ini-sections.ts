import { parse } from 'ini';

export type Section = Readonly<Record<string, string>>;

/** From a blank on; at the start of a line `ini` knows them itself. */
const comment = /(^|\s)[;#].*$/;

/**
 * The sections of a file that Python's configparser reads: there a line that begins with a blank goes on with the value above it,
 * which `ini` does not know. Such lines are joined first. A dot in the name of a section is no path here.
 */
export function iniSections(text: string): ReadonlyMap<string, Section> {
  const lines: string[] = [];
  for (const whole of text.split(/\r?\n/)) {
    const line = whole.replace(comment, '').trimEnd();
    if (line.trim() === '') continue;
    const isContinued = /^\s/.test(line) && lines.length > 0 && !/^\s*\[/.test(lines.at(-1)!);
    if (isContinued) lines.push(`${lines.pop()} ${line.trim()}`);
    else lines.push(/^\s*\[/.test(line) ? line.replaceAll('.', '\\.') : line);
  }
  const sections = Object.entries(parse(lines.join('\n'))).filter(
    ([, value]) => typeof value === 'object' && value !== null,
  );
  return new Map(
    sections.map(([name, values]) => [
      name,
      Object.fromEntries(Object.entries(values as object).map(([key, value]) => [key, String(value)])),
    ]),
  );
}

/** The first line of the file with this key, and the column of its value. */
export function placeOfKey(text: string, key: string): { readonly line: string; readonly column: number } {
  const line = text.split(/\r?\n/).find((one) => one.replace(/\s*=.*$/, '').trim() === key) ?? key;
  const value = /=\s*/.exec(line);
  return { line: line.trimEnd(), column: value ? value.index + value[0].length + 1 : 1 };
}
