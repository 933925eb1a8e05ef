/** Mean and standard deviation of a sample (n − 1). */
export interface Sample {
  readonly n: number;
  readonly mean: number;
  /** Undefined for a single value. */
  readonly deviation: number | undefined;
  readonly min: number;
  readonly max: number;
}

/** Of at least one value. */
export function sampleOf(values: readonly number[]): Sample {
  const n = values.length;
  const min = values.reduce((least, value) => Math.min(least, value));
  const max = values.reduce((most, value) => Math.max(most, value));
  // Equal values add up to not quite a multiple of themselves, which would be a deviation.
  const mean = min === max ? min : values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { n, mean, deviation: n > 1 ? Math.sqrt(squares / (n - 1)) : undefined, min, max };
}

export interface Limits {
  readonly low: number | undefined;
  readonly high: number | undefined;
}

/** Of a mean: values that differ by less are the same, and differ by how they were computed. */
const noise = 1e-9;

/**
 * From the mean to the nearer limit, in units of three standard deviations; undefined without a limit, for a single value, and
 * where all values are the same.
 */
export function capability({ mean, deviation }: Sample, { low, high }: Limits): number | undefined {
  if (deviation === undefined || deviation <= Math.abs(mean) * noise) return undefined;
  const distances = [low === undefined ? [] : mean - low, high === undefined ? [] : high - mean].flat();
  return distances.length === 0 ? undefined : Math.min(...distances) / (3 * deviation);
}

/** A straight line through values in their order (least squares). */
export interface Trend {
  /** Change from one value to the next. */
  readonly slope: number;
  /** On the line, at the last value. */
  readonly now: number;
  /** The slope in units of its own standard error: how far it is from chance. Infinite where all values lie on the line. */
  readonly certainty: number;
}

/** Undefined for less than three values. */
export function trendOf(values: readonly number[]): Trend | undefined {
  const n = values.length;
  if (n < 3) return undefined;
  const middle = (n - 1) / 2;
  const { mean } = sampleOf(values);
  // The sum of (x - middle)² for x from 0 to n - 1.
  const spread = (n * (n * n - 1)) / 12;
  const slope = values.reduce((sum, value, x) => sum + (x - middle) * (value - mean), 0) / spread;
  const rest = values.reduce((sum, value, x) => sum + (value - mean - slope * (x - middle)) ** 2, 0);
  const error = Math.sqrt(rest / (n - 2) / spread);
  const certainty = slope === 0 ? 0 : Math.abs(slope) / error;
  return { slope, now: mean + slope * middle, certainty };
}

/** In how many values more the line reaches the limit that it runs towards; 0 where it is beyond, undefined where it runs towards none. */
export function crossing({ slope, now }: Trend, { low, high }: Limits): number | undefined {
  const limit = slope < 0 ? low : high;
  if (limit === undefined || slope === 0) return undefined;
  return Math.max(0, Math.ceil((limit - now) / slope));
}
