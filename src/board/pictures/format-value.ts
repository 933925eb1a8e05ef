/** A value with three digits and an SI prefix, as on a schematic: `4.7 µF`, `40 kΩ`. */
export function formatValue(value: number, unit: 'Ω' | 'F' | 'V'): string {
  const prefixes = [
    [1e6, 'M'],
    [1e3, 'k'],
    [1, ''],
    [1e-3, 'm'],
    [1e-6, 'µ'],
    [1e-9, 'n'],
    [1e-12, 'p'],
  ] as const;
  const digits = (scaled: number) => String(Number(scaled.toPrecision(3)));
  const [factor, prefix] = prefixes.find(([limit]) => value >= limit * 0.9995) ?? [1, ''];
  return `${digits(value / factor)} ${prefix}${unit}`;
}
