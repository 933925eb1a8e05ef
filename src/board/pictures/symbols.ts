import type { Drawing } from './layout.ts';
import { ground } from './signs.ts';
import { area, box, type Colour, label, line, type Point, wire } from './svg.ts';

/** Resistor between two points of a row, value above; the body is 40 wide. */
export function resistor([x1, y]: Point, [x2]: Point, value: string, colour: Colour = 'ink'): Drawing {
  const left = (x1 + x2) / 2 - 20;
  return [
    wire([x1, y], [left, y], { colour }),
    wire([left + 40, y], [x2, y], { colour }),
    box([left, y - 7], [40, 14], 'ground', colour),
    label([left + 20, y - 13], value, { anchor: 'middle', style: 'small' }),
  ];
}

/** Resistor between two points of a column, value to the right or to the left of it. */
export function uprightResistor(
  [x, y1]: Point,
  [, y2]: Point,
  value: string,
  side: 'left' | 'right',
  colour: Colour = 'ink',
): Drawing {
  const top = (y1 + y2) / 2 - 17;
  const text: Point = side === 'right' ? [x + 13, top + 21] : [x - 13, top + 21];
  return [
    wire([x, y1], [x, top], { colour }),
    wire([x, top + 34], [x, y2], { colour }),
    box([x - 7, top], [14, 34], 'ground', colour),
    label(text, value, { anchor: side === 'right' ? 'start' : 'end', style: 'small' }),
  ];
}

/** Capacitor from a point down to ground, value to the left. */
export function capacitorToGround([x, y]: Point, length: number, value: string, colour: Colour = 'ink'): Drawing {
  const middle = y + length / 2;
  return [
    wire([x, y], [x, middle - 4], { colour }),
    wire([x - 12, middle - 4], [x + 12, middle - 4], { colour, look: 'bold' }),
    wire([x - 12, middle + 4], [x + 12, middle + 4], { colour, look: 'bold' }),
    wire([x, middle + 4], [x, y + length], { colour }),
    label([x - 17, middle + 4], value, { anchor: 'end', style: 'small' }),
    ...ground([x, y + length]),
  ];
}

/** Resistor from a point down to ground, value to the right. */
export const resistorToGround = ([x, y]: Point, length: number, value: string, colour: Colour = 'ink'): Drawing => [
  ...uprightResistor([x, y], [x, y + length], value, 'right', colour),
  ...ground([x, y + length]),
];

/** Schottky diode in a row with its anode at `anode` and its cathode at `cathode`; name below. */
export function schottky([x1, y]: Point, [x2]: Point, name: string, colour: Colour = 'ink'): Drawing {
  const way = x2 > x1 ? 1 : -1;
  const middle = (x1 + x2) / 2;
  const bar = middle + 8 * way;
  const base = middle - 8 * way;
  return [
    wire([x1, y], [base, y], { colour }),
    wire([bar, y], [x2, y], { colour }),
    area(
      [
        [base, y - 9],
        [base, y + 9],
        [bar, y],
      ],
      colour,
    ),
    line(
      [
        [bar - 4 * way, y - 6],
        [bar - 4 * way, y - 10],
        [bar, y - 10],
        [bar, y + 10],
        [bar + 4 * way, y + 10],
        [bar + 4 * way, y + 6],
      ],
      { colour },
    ),
    label([middle, y + 25], name, { anchor: 'middle', style: 'small' }),
  ];
}

/**
 * Bipolar transistor with its base at a point on the left, the other two 30 to the right and 22 above and below.
 * Of an NPN the emitter is below, of a PNP above.
 */
export function transistor(kind: 'npn' | 'pnp', [x, y]: Point, name: string, colour: Colour = 'ink'): Drawing {
  const bar = x + 12;
  const side = kind === 'npn' ? 1 : -1;
  const emitterLeg: readonly Point[] = [
    [bar, y + 7 * side],
    [x + 30, y + 22 * side],
  ];
  // The arrow is on the emitter and shows the current: out of an NPN, into a PNP.
  const arrow: readonly Point[] =
    kind === 'npn'
      ? [
          [x + 27, y + 19.5],
          [x + 18, y + 17.5],
          [x + 22.5, y + 10.5],
        ]
      : [
          [x + 14, y - 8.7],
          [x + 23, y - 10.5],
          [x + 18.5, y - 17.5],
        ];
  return [
    wire([x, y], [bar, y], { colour }),
    wire([bar, y - 15], [bar, y + 15], { colour, look: 'bold' }),
    wire([bar, y - 7 * side], [x + 30, y - 22 * side], { colour }),
    line(emitterLeg, { colour }),
    area(arrow, colour),
    label([x + 37, y + 4], name, { style: 'small' }),
  ];
}
