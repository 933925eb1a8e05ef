import { type ParseArgsConfig, parseArgs } from 'node:util';
import { didYouMean } from '../../../base/near-names.ts';
import type { ImportNote } from '../imported.ts';
import { notUnderstood } from './refusals.ts';
import type { CommandLine, Word } from './words.ts';

/** An option of a tool. */
export interface ToolOption {
  /** Its long name, or what it would be called; the key of its value. */
  readonly name: string;
  readonly short?: string;
  /** The tool has no long form of it. */
  readonly shortOnly?: true;
  /** What its value is, where it takes one. */
  readonly value?: string;
  /** Why no key of a profile carries it; absent for one that the tool's reader looks at. */
  readonly instead?: string;
}

/** An option as it was given. */
export interface GivenOption {
  readonly option: ToolOption;
  /** `-b`, `--baud`. */
  readonly as: string;
  readonly value: string;
  readonly column: number;
}

export interface GivenOptions {
  readonly given: readonly GivenOption[];
  readonly positionals: readonly Word[];
}

const flagOf = ({ name, short, shortOnly }: ToolOption): string => (shortOnly ? `-${short}` : `--${name}`);
const flagsOf = (options: readonly ToolOption[]): readonly string[] =>
  options.flatMap(({ name, short, shortOnly }) => [
    ...(short ? [`-${short}`] : []),
    ...(shortOnly ? [] : [`--${name}`]),
  ]);

/** argparse and click take the beginning of a long name for the whole where only one begins like that. */
function expanded(word: string, options: readonly ToolOption[]): string {
  const match = /^--([^=]+)(.*)$/s.exec(word);
  if (!match) return word;
  const [, begun = '', rest = ''] = match;
  // esptool writes its words with `-` now, and with `_` before version 5.
  const name = begun.replaceAll('_', '-');
  const fitting = options.filter((option) => !option.shortOnly && option.name.startsWith(name));
  const exact = fitting.find((option) => option.name === name);
  const whole = exact ?? (fitting.length === 1 ? fitting[0] : undefined);
  return whole ? `--${whole.name}${rest}` : word;
}

/** The options of a command line, as getopt and argparse cut them. @throws BootctlError `import-not-understood` */
export function readOptions({ text, words }: CommandLine, options: readonly ToolOption[]): GivenOptions {
  const config: NonNullable<ParseArgsConfig['options']> = {};
  for (const { name, short, value } of options) {
    config[name] = { type: value === undefined ? 'boolean' : 'string', ...(short && { short }) };
  }
  const args = words.map((word) => expanded(word.text, options));
  const { tokens } = parseArgs({ args, options: config, strict: false, allowPositionals: true, tokens: true });
  const given: GivenOption[] = [];
  const positionals: Word[] = [];
  for (const token of tokens) {
    const { column = text.length + 1 } = words[token.index] ?? {};
    if (token.kind === 'positional') positionals.push(words[token.index]!);
    if (token.kind !== 'option') continue;
    const option = options.find(({ name }) => name === token.name);
    const isLong = token.rawName.startsWith('--');
    if (!option || (isLong && option.shortOnly)) {
      const flags = flagsOf(options);
      throw notUnderstood(
        text,
        column,
        token.rawName,
        `an option of the tool${didYouMean(token.rawName, flags)}: ${flags.join(', ')}`,
      );
    }
    if (option.value !== undefined && token.value === undefined) {
      throw notUnderstood(text, text.length + 1, '', `${option.value} after ${token.rawName}`);
    }
    given.push({ option, as: token.rawName, value: token.value ?? '', column });
  }
  return { given, positionals };
}

/** The last one given under this name, as getopt's and argparse's callers have it. */
export const lastOf = ({ given }: GivenOptions, name: string): GivenOption | undefined =>
  given.findLast(({ option }) => option.name === name);

/** Why an option is none of a board. */
export const ofTheJob = (instead: string): string => `one of the job, not of the board: ${instead}`;

/** `-b 115200`. */
export const optionText = ({ as, value }: GivenOption): string => (value === '' ? as : `${as} ${value}`);

/** What was given and is of no use to a board, with the reason. */
export const uncarried = ({ given }: GivenOptions): readonly ImportNote[] =>
  given.flatMap((one) =>
    one.option.instead === undefined ? [] : [{ about: optionText(one), why: one.option.instead }],
  );

/** A whole number of this option. @throws BootctlError `import-not-understood` */
export function numberOf({ text }: CommandLine, given: GivenOption, least: number, most: number): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(given.value) ? Number(given.value) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw notUnderstood(
    text,
    given.column,
    given.value,
    `${flagOf(given.option)} with a number from ${least} to ${most}`,
  );
}
