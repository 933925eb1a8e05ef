import { BootctlError } from '../../base/errors.ts';
import { oneLine } from '../../base/text.ts';
import type { CliContext, PersonStreams } from '../context.ts';
import { writeLines } from '../output/safe-output.ts';
import type { Prompter } from './prompter.ts';

/**
 * A person at a terminal, asked on standard error: standard output has only the result. Texts of devices are made harmless here, since
 * the library writes past the safe outputs.
 */
export async function terminalPrompter({ signal, stderr }: CliContext, streams: PersonStreams): Promise<Prompter> {
  const { isCancel, select, text } = await import('@clack/prompts');
  const common = { ...streams, signal };
  const answer = (value: unknown): string => {
    signal.throwIfAborted();
    // The library has the terminal in raw mode, where Ctrl-C is no signal.
    if (isCancel(value)) throw new BootctlError('aborted', 'Interrupted at a question');
    return String(value).trim();
  };
  return {
    asksAgain: true,
    async choose({ message, choices }) {
      const options = choices.map(({ value, label }) => ({ value, label: oneLine(label) }));
      return answer(await select({ ...common, message: oneLine(message), options }));
    },
    async type({ message, usual, check }) {
      const validate = (value: string | undefined) => check?.((value ?? '').trim() || usual);
      const shown = usual === '' ? {} : { placeholder: oneLine(usual), defaultValue: usual };
      return answer(await text({ ...common, message: oneLine(message), ...shown, validate })) || usual;
    },
    say: (line) => writeLines(stderr, [line]),
    end: async () => {},
  };
}
