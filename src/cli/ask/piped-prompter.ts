import { BootctlError } from '../../base/errors.ts';
import { didYouMean } from '../../base/near-names.ts';
import type { CliContext } from '../context.ts';
import { writeLines } from '../output/safe-output.ts';
import type { Choosing, Prompter, Typing } from './prompter.ts';

async function* given({ inputLines, standardInput }: CliContext): AsyncGenerator<string> {
  if (inputLines) return yield* inputLines();
  const text = Buffer.from(await standardInput()).toString('utf8');
  if (text !== '') yield* text.replace(/\n$/, '').split('\n');
}

/**
 * Answers from standard input, one a line, as a script or a file has them; an empty line is the first choice. Question and answer go to
 * standard error. What is no answer is refused at once, since the lines behind it were written for other questions.
 */
export function pipedPrompter(context: CliContext): Prompter {
  const { signal, stderr } = context;
  const lines = given(context)[Symbol.asyncIterator]();
  let line = 0;
  const next = async (id: string, message: string): Promise<string> => {
    const { value, done } = await lines.next();
    signal.throwIfAborted();
    line++;
    if (done) {
      throw new BootctlError(
        'answers-ended',
        `standard input has ended before the answer to question ${line}, ${id}: ${message}`,
        {
          details: { question: line },
        },
      );
    }
    return value.trim();
  };
  const accept = (message: string, answer: string): string => {
    writeLines(stderr, [`${message} ${answer}`]);
    return answer;
  };
  const refuse = (id: string, found: string, allowed: string): never => {
    throw new BootctlError(
      'usage',
      `line ${line} of the answers: found ${JSON.stringify(found)} for ${id}; allowed: ${allowed}`,
      {
        hint: 'An empty line takes the first choice. Nothing was written.',
      },
    );
  };
  return {
    asksAgain: false,
    async choose({ id, message, choices }: Choosing) {
      const answer = await next(id, message);
      if (answer === '') return accept(message, choices[0].value);
      const values = choices.map(({ value }) => value);
      const found =
        choices[Number(answer) - 1]?.value ?? values.find((value) => value.toLowerCase() === answer.toLowerCase());
      return found === undefined
        ? refuse(id, `${answer}`, `${values.join(', ')}${didYouMean(answer, values)}`)
        : accept(message, found);
    },
    async type({ id, message, usual, check }: Typing) {
      const answer = (await next(id, message)) || usual;
      const wrong = check?.(answer);
      return wrong === undefined ? accept(message, answer) : refuse(id, answer, wrong);
    },
    say: (text) => writeLines(stderr, [text]),
    end: async () => {
      await lines.return?.(undefined);
    },
  };
}
