import { readFile } from 'node:fs/promises';
import { BootctlError } from '../base/errors.ts';
import type { Trace } from './trace-event.ts';
import { type Checked, checkEvent, checkHeader } from './trace-schema.ts';

/** Most problems that one message lists. Further problems of a broken file add nothing. */
const mostProblems = 5;

/**
 * A trace as text: NDJSON, the header first. A last line that was cut off is left out.
 * @throws BootctlError `trace-malformed`, with the numbers of the bad lines
 */
export function parseTrace(text: string, name: string): Trace {
  const lines = text.split('\n');
  // The text after the last line break is empty, or an incomplete line whose writer was killed.
  const rest = lines.pop() ?? '';
  const isCut = rest !== '' && !isJson(rest);
  if (rest !== '' && !isCut) lines.push(rest);
  const [first, ...others] = lines;
  if (first === undefined) throw malformed(name, isCut ? 'line 1: the header is cut off' : 'the file is empty');
  const header = checkLine(first, checkHeader);
  if ('problem' in header) throw malformed(name, `line 1: ${header.problem}`);
  const events = others.map((line) => checkLine(line, checkEvent));
  const problems = events.flatMap((event, at) => ('problem' in event ? [`line ${at + 2}: ${event.problem}`] : []));
  if (problems.length > 0) throw malformed(name, problemText(problems));
  return {
    header: header.value,
    events: events.flatMap((event) => ('value' in event ? [event.value] : [])),
    isCut,
  };
}

/** Reads a trace file. @throws BootctlError `trace-unreadable`, `trace-malformed` */
export async function readTrace(path: string, name = path): Promise<Trace> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new BootctlError('trace-unreadable', `Cannot read the trace ${name}: ${reasonOf(error)}`, { cause: error });
  }
  return parseTrace(text, name);
}

const checkLine = <T>(line: string, check: (value: unknown) => Checked<T>): Checked<T> =>
  isJson(line) ? check(JSON.parse(line)) : { problem: 'not JSON' };

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function problemText(problems: readonly string[]): string {
  const more = problems.length - mostProblems;
  return `${problems.slice(0, mostProblems).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

const malformed = (name: string, problem: string): BootctlError =>
  new BootctlError('trace-malformed', `${name} is not a bootctl trace that can be read: ${problem}`);

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
