import { type ParseEntry, parse } from 'shell-quote';
import { oneLine } from '../../../base/text.ts';
import { notUnderstood } from './refusals.ts';

/** A word of a command line, and the column in it where the word begins (from 1). */
export interface Word {
  readonly text: string;
  readonly column: number;
}

/** A command line as it was read; `text` is what columns count. */
export interface CommandLine {
  readonly text: string;
  readonly words: readonly Word[];
}

/** A variable stays as it is written: where its value matters, the reader of that option refuses it. */
const asWritten = (name: string): string => `$${name}`;

const isOperator = (entry: ParseEntry): entry is Exclude<ParseEntry, string> => typeof entry !== 'string';

function operatorText(entry: Exclude<ParseEntry, string>): string {
  if ('comment' in entry) return `#${entry.comment}`;
  return 'pattern' in entry ? entry.pattern : entry.op;
}

/** A `${` that no `}` closes is the one thing that shell-quote itself refuses. */
function entriesOf(text: string): readonly ParseEntry[] {
  try {
    return parse(text, asWritten);
  } catch {
    const column = text.lastIndexOf('${') + 1;
    throw notUnderstood(oneLine(text), Math.max(column, 1), text.slice(column - 1), 'a variable with its }');
  }
}

/** A file pattern is a word like another: nothing here looks for files. A comment ends the line. */
function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  let from = 0;
  for (const entry of entriesOf(text)) {
    const isPattern = isOperator(entry) && 'pattern' in entry;
    const word = isOperator(entry) ? operatorText(entry) : entry;
    const found = text.indexOf(word, from);
    const column = (found < 0 ? from : found) + 1;
    if (isOperator(entry) && 'comment' in entry) break;
    if (isOperator(entry) && !isPattern) {
      throw notUnderstood(oneLine(text), column, word, 'one command, without what a shell would do with others');
    }
    words.push({ text: word, column });
    if (found >= 0) from = found + word.length;
  }
  return words;
}

/** As a person would type it: shell-quote's own way puts a backslash before each comma. */
const inQuotes = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * A command line from the arguments of `import`: one argument with blanks is a line as it stands in a script, several are its
 * words, as the shell has already cut them.
 */
export function commandLine(given: readonly string[]): CommandLine {
  const [only = ''] = given;
  if (given.length === 1) return { text: oneLine(only), words: wordsOf(only) };
  const words: Word[] = [];
  let text = '';
  for (const word of given) {
    if (text !== '') text += ' ';
    words.push({ text: word, column: text.length + 1 });
    text += inQuotes(word);
  }
  return { text: oneLine(text), words };
}

/** What may stand in front of a program's name and says nothing of a board. */
const wrappers = /^(sudo|env|exec|python[0-9.]*|-m|-E|@?\w+=.*)$/;

/** The words behind the program's name; all of them where the line begins with an option. @throws BootctlError `import-not-understood` */
export function afterProgram({ text, words }: CommandLine, program: RegExp, name: string): CommandLine {
  const [first] = words;
  if (!first) throw notUnderstood(text, 1, '', `a command line of ${name}`);
  const baseOf = (word: string) => word.replace(/^.*[/\\]/, '');
  const at = words.findIndex((word) => program.test(baseOf(word.text)));
  if (at < 0 && first.text.startsWith('-')) return { text, words };
  const odd = words.slice(0, at < 0 ? 1 : at).find((word) => !wrappers.test(baseOf(word.text)));
  if (odd) throw notUnderstood(text, odd.column, odd.text, `${name} and its options`);
  return { text, words: words.slice(at + 1) };
}
