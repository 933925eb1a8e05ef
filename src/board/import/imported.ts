import type { DraftEntry } from '../profile/draft.ts';

/** Tools whose settings can be read. */
export const toolNames = ['stm32flash', 'stm32loader', 'platformio', 'klipper', 'katapult', 'esptool'] as const;
export type ToolName = (typeof toolNames)[number];

/** A word of the tool, and what is said of it. */
export interface ImportNote {
  readonly about: string;
  readonly why: string;
}

/** What a tool's settings say of a board. */
export interface Imported {
  readonly description: string;
  readonly entries: readonly DraftEntry[];
  /** What the settings leave open and the profile says all the same. */
  readonly assumed: readonly ImportNote[];
  /** What no key of a profile carries, and what does that job instead. */
  readonly notCarried: readonly ImportNote[];
  /** The serial port that was named: one of the job, not of the board. */
  readonly port?: string;
}

/** What the person has said beside the tool's own words. */
export interface ImportChoices {
  /** Line of the target. */
  readonly family?: string;
  /** Which of several fitting circuits. */
  readonly circuit?: string;
  /** Chip whose lines the numbers of GPIO count, and the number of its first one. */
  readonly gpioChip?: string;
  readonly gpioBase?: number;
  /** Environment of a platformio.ini. */
  readonly environment?: string;
}
