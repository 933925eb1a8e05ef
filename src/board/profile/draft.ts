import { stringify } from 'yaml';
import { oneLine } from '../../base/text.ts';

/** Keys of a profile in the order in which a person reads them. */
const draftKeys = [
  'target',
  'adapter',
  'wiring',
  'boot0',
  'nrst',
  'usart',
  'usb',
  'methods',
  'softJump',
  'application',
] as const;
export type DraftKey = (typeof draftKeys)[number];

/** One key of a profile that is being written: its lines of YAML, and why they stand there. */
export interface DraftEntry {
  readonly key: DraftKey;
  readonly lines: readonly string[];
  readonly comment: string;
  /** What of somebody's settings it carries; absent where it is ours. */
  readonly from?: string;
}

/** A profile before it is a file. */
export interface Draft {
  readonly id: string;
  readonly description: string;
  /** Sentences at the head of the file. */
  readonly head: readonly string[];
  readonly entries: readonly DraftEntry[];
}

const width = 120;

/** A comment of as many lines as it needs. */
function commentLines(text: string): readonly string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of oneLine(text).split(' ')) {
    if (line.length + 1 + word.length > width && line !== '#') {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

/** Behind a single short line, else above the block. */
function entryLines({ lines, comment }: DraftEntry): readonly string[] {
  const [first = '', ...others] = lines;
  const behind = `${first} # ${oneLine(comment)}`;
  return others.length === 0 && behind.length <= width ? [behind] : [...commentLines(comment), ...lines];
}

/** A scalar as YAML writes it: in quotes where it needs them. */
export const scalar = (value: string): string => stringify(value, { lineWidth: 0 }).trimEnd();

/** Text in double quotes: serial numbers and ids stay text, whatever they look like. */
export const quoted = (value: string): string => JSON.stringify(value);

/** The text of the file. */
export function draftText({ id, description, head, entries }: Draft): string {
  const blocks = draftKeys.flatMap((key) => entries.filter((entry) => entry.key === key).map(entryLines));
  const title = [`id: ${scalar(id)}`, `description: ${scalar(oneLine(description))}`];
  return [[...head.flatMap(commentLines), ...title], ...blocks].map((lines) => `${lines.join('\n')}\n`).join('\n');
}
