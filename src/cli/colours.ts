import picocolors from 'picocolors';
import type { CliContext, TextOutput } from './context.ts';

export type Colours = Pick<ReturnType<typeof picocolors.createColors>, 'bold' | 'dim' | 'green' | 'red' | 'yellow'>;

/** Colours on a terminal that wants them (https://no-color.org), plain text elsewhere. */
export const coloursFor = ({ env }: Pick<CliContext, 'env'>, { isTTY }: TextOutput): Colours =>
  picocolors.createColors(isTTY && !env.NO_COLOR && env.TERM !== 'dumb');
