import type { BoardProfile } from '../profile.ts';
import { label, type Point } from './svg.ts';

/** Elements of an SVG file, one a string. */
export type Drawing = readonly string[];

/** Sizes of a wiring drawing: adapter on the left, target on the right, parts between them. */
export const width = 900;
export const adapter = { left: 24, right: 150 };
export const target = { left: 730, right: 876 };
/** Heights of the rows: the pins of the target are at them. */
export const row = { nrst: 140, boot0: 300, tx: 410, rx: 436 };
/** Height of the ground wire: close under the last row. */
export const groundRow = (profile: BoardProfile): number => (profile.usart.connected ? 470 : 410);

/** Name of a pin inside a box, at the edge where its wire starts. */
export const pinName = ([x, y]: Point, name: string, side: 'left' | 'right', note?: string): Drawing => {
  const anchor = side === 'left' ? 'start' : 'end';
  const at = side === 'left' ? x + 10 : x - 10;
  return [
    label([at, y + 4.5], name, { anchor, style: 'strong' }),
    ...(note ? [label([at, y + 20], note, { anchor, style: 'small', colour: 'muted' })] : []),
  ];
};
