interface QuantityKind {
  /** Words for messages: `a time`. */
  readonly name: string;
  /** Power of ten that each unit stands for; the result is in ohms, farads, milliseconds, volts or a fraction. */
  readonly units: Readonly<Record<string, number>>;
  readonly example: string;
}

/** Quantities of a profile and their units. Both Unicode forms of µ and Ω count, since keyboards differ. */
export const quantityKinds = {
  resistance: {
    name: 'a resistance',
    units: {
      R: 0,
      ohm: 0,
      Ω: 0,
      '\u2126': 0,
      k: 3,
      kohm: 3,
      kΩ: 3,
      'k\u2126': 3,
      M: 6,
      Mohm: 6,
      MΩ: 6,
      'M\u2126': 6,
    },
    example: '47k',
  },
  capacitance: {
    name: 'a capacitance',
    units: { pF: -12, nF: -9, uF: -6, '\u00b5F': -6, '\u03bcF': -6, mF: -3, F: 0 },
    example: '4.7uF',
  },
  time: {
    name: 'a time',
    units: { us: -3, '\u00b5s': -3, '\u03bcs': -3, ms: 0, s: 3 },
    example: '50ms',
  },
  voltage: { name: 'a voltage', units: { mV: -3, V: 0 }, example: '3.3V' },
  percentage: { name: 'a percentage', units: { '%': -2 }, example: '20%' },
} as const satisfies Record<string, QuantityKind>;

export type QuantityName = keyof typeof quantityKinds;

/** Regular expression of a quantity's text: a decimal number, at most one space, a unit. */
export const quantityPattern = (kind: QuantityName): RegExp =>
  new RegExp(`^(\\d+(?:\\.\\d+)?) ?(${Object.keys(quantityKinds[kind].units).join('|')})$`);

/** Describes the accepted values of this quantity, for messages. */
export function quantityAllowed(kind: QuantityName): string {
  const { name, units, example }: QuantityKind = quantityKinds[kind];
  const plain = Object.keys(units).filter((unit) => /^[\x20-\x7e]+$/.test(unit));
  return `${name} with its unit (${plain.join(', ')}), such as ${example}`;
}

/**
 * Value of a quantity in ohms, farads, milliseconds, volts, or as a fraction.
 * @throws RangeError naming what was found and what is allowed
 */
export function parseQuantity(text: string, kind: QuantityName): number {
  const match = quantityPattern(kind).exec(text);
  if (!match) throw new RangeError(`found ${JSON.stringify(text)}; allowed: ${quantityAllowed(kind)}`);
  const units: QuantityKind['units'] = quantityKinds[kind].units;
  // Joined as text, so that 4.7uF is exactly 4.7e-6.
  return Number(`${match[1]}e${units[match[2]!]}`);
}
