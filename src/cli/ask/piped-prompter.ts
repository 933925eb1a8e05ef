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
export class PipedPrompter implements Prompter {
  readonly asksAgain = false;
  readonly #context: CliContext;
  readonly #lines: AsyncGenerator<string>;
  /** Lines that were read. */
  #line = 0;

  constructor(context: CliContext) {
    this.#context = context;
    this.#lines = given(context);
  }

  async choose({ id, message, choices }: Choosing): Promise<string> {
    const answer = await this.#next(id, message);
    if (answer === '') return this.#accept(message, choices[0].value);
    const values = choices.map(({ value }) => value);
    const named = values.find((value) => value.toLowerCase() === answer.toLowerCase());
    const found = named ?? (/^\d+$/.test(answer) ? choices[Number(answer) - 1]?.value : undefined);
    if (found !== undefined) return this.#accept(message, found);
    return this.#refuse(id, answer, `${values.join(', ')}${didYouMean(answer, values)}`);
  }

  async type({ id, message, usual, check }: Typing): Promise<string> {
    const answer = (await this.#next(id, message)) || usual;
    const wrong = check?.(answer);
    return wrong === undefined ? this.#accept(message, answer) : this.#refuse(id, answer, wrong);
  }

  say(text: string): void {
    writeLines(this.#context.stderr, [text]);
  }

  async end(): Promise<void> {
    await this.#lines.return(undefined);
  }

  async #next(id: string, message: string): Promise<string> {
    const { value, done } = await this.#lines.next();
    this.#context.signal.throwIfAborted();
    this.#line++;
    if (!done) return value.trim();
    const text = `standard input has ended before the answer to question ${this.#line}, ${id}: ${message}`;
    throw new BootctlError('answers-ended', text, { details: { question: this.#line } });
  }

  #accept(message: string, answer: string): string {
    this.say(`${message} ${answer}`);
    return answer;
  }

  #refuse(id: string, found: string, allowed: string): never {
    const place = `line ${this.#line} of the answers: found ${JSON.stringify(found)} for ${id}`;
    throw new BootctlError('usage', `${place}; allowed: ${allowed}`, {
      hint: 'An empty line takes the first choice. Nothing was written.',
    });
  }
}
