import picocolors from 'picocolors';
import type { CliContext, TextOutput } from '../context.ts';

const names = ['bold', 'dim', 'green', 'red', 'yellow'] as const;

export type Colours = Readonly<Record<(typeof names)[number], (text: string) => string>>;

/**
 * Stands for the escape character in front of our own colours until the output writes them. Nothing that comes from outside
 * can contain it, so that whatever else is an escape character is shown as text.
 */
const ownEscape = `\u{fdd0}${Math.random().toString(36).slice(2)}`;
const ownSequence = new RegExp(`${ownEscape}(?=\\[\\d+m)`, 'g');

const palette = (isWanted: boolean): Colours => {
  const colours = picocolors.createColors(isWanted);
  const paint = (name: (typeof names)[number]) => {
    const [begin = '', end = ''] = colours[name]('\0').replaceAll('\u001b', ownEscape).split('\0');
    return (text: string) => `${begin}${text}${end}`;
  };
  return { bold: paint('bold'), dim: paint('dim'), green: paint('green'), red: paint('red'), yellow: paint('yellow') };
};

/** Colours on a terminal that wants them (https://no-color.org), plain text elsewhere. For `safeOutput` only. */
export const coloursFor = ({ env }: Pick<CliContext, 'env'>, { isTTY }: TextOutput): Colours =>
  palette(isTTY && !env.NO_COLOR && env.TERM !== 'dumb');

/** Text in which nothing else is an escape character any more, with our own colours as a terminal takes them (ECMA-48, SGR). */
export const withOwnColours = (text: string): string => text.replace(ownSequence, '\u001b');
