import { escapeControls, oneLine } from '../../base/text.ts';
import type { CliContext, TextOutput } from '../context.ts';
import { withOwnColours } from './colours.ts';

/**
 * An output on which nothing acts on the terminal but our own colours, whoever wrote the text: names that a USB device gives
 * itself, texts of traces, profiles and images, what a serial line said (CWE-150). JSON stays what it is: what is escaped
 * can only stand in its strings, and is escaped as they escape it.
 */
const safeOutput = (terminal: TextOutput): TextOutput => ({
  write: (text) => terminal.write(withOwnColours(escapeControls(text))),
  get isTTY() {
    return terminal.isTTY;
  },
  get columns() {
    return terminal.columns;
  },
  terminal,
});

/** The context of a command: it has no other way to write to the terminal than safe ones. */
export function safeContext(context: CliContext): CliContext {
  const { ask, stdout, stderr } = context;
  const safeAsk = ask && { ask: (question: string) => ask(escapeControls(question)) };
  return { ...context, stdout: safeOutput(stdout), stderr: safeOutput(stderr), ...safeAsk };
}

/** Writes each text as one line: a line break inside one would begin a line that looks like ours. */
export const writeLines = (output: TextOutput, lines: readonly string[]): void =>
  output.write(`${lines.map(oneLine).join('\n')}\n`);
