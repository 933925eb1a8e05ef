/** An answer that is offered; the first one is the default. */
export interface Choice {
  readonly value: string;
  readonly label: string;
}

interface Question {
  /** Short name of it, for messages. */
  readonly id: string;
  readonly message: string;
}

/** One of several answers. */
export interface Choosing extends Question {
  readonly choices: readonly [Choice, ...Choice[]];
}

/** A text. `check` says what is wrong with one, or nothing. */
export interface Typing extends Question {
  /** The answer of an empty line. */
  readonly usual: string;
  readonly check?: (text: string) => string | undefined;
}

/** Who is asked: a person at a terminal, or the lines of a file or program. */
export interface Prompter {
  choose(question: Choosing): Promise<string>;
  type(question: Typing): Promise<string>;
  /**
   * Whether something can be asked a second time, with what was wrong about the first answer. Lines of a file would then answer other
   * questions than they were written for.
   */
  readonly asksAgain: boolean;
  /** Says something between two questions. */
  say(text: string): void;
  /** A prompter may hold its input open until this. */
  end(): Promise<void>;
}
