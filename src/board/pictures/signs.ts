import type { Drawing } from './layout.ts';
import { box, type Colour, dot, label, type Point, wire } from './svg.ts';

/** Ground sign below a point. */
export const ground = ([x, y]: Point): Drawing => [
  wire([x - 9, y], [x + 9, y]),
  wire([x - 5, y + 4], [x + 5, y + 4]),
  wire([x - 1.5, y + 8], [x + 1.5, y + 8]),
];

/** Supply sign above a point. */
export const supply = ([x, y]: Point, volts: string): Drawing => [
  wire([x, y], [x, y - 10]),
  wire([x - 9, y - 10], [x + 9, y - 10]),
  label([x, y - 16], volts, { anchor: 'middle', style: 'small' }),
];

/** Name of a net at the left end of a wire that comes from somewhere else in the drawing. */
export const netName = ([x, y]: Point, name: string, colour: Colour): Drawing => [
  box([x - 44, y - 10], [40, 20], 'panel', colour, 10),
  label([x - 24, y + 4.5], name, { anchor: 'middle', style: 'small', colour }),
  wire([x - 4, y], [x, y], { colour }),
];

/** Wires that meet. */
export const junction = (point: Point, colour: Colour = 'ink'): string => dot(point, colour);
