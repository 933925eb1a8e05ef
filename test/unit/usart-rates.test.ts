import { expect, test } from 'vitest';
import { ratesWorthTrying } from '../../src/ops/bootloader/usart-rates.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { deviationOf } from '../../src/sim/chip/rom-usart-line.ts';

/** An entry of half a second, an adapter that can all of them; 11 bits a byte. */
const question = { baudRate: 115_200, adapter: 3_000_000, allowed: undefined, bytes: 1_000_000, entry: 500 } as const;

test.each([
  { name: 'a megabyte takes 95 s: all three', change: {}, rates: [921_600, 460_800, 230_400] },
  { name: 'a loss of 1.0 s pays for one try and the way back', change: { bytes: 105_000 }, rates: [230_400] },
  { name: 'a little less pays for none', change: { bytes: 104_000 }, rates: [] },
  { name: 'two tries are the two that are likelier to work', change: { bytes: 160_000 }, rates: [460_800, 230_400] },
  { name: 'a slow way in has to be worth it', change: { entry: 5_000 }, rates: [] },
  { name: 'a CP2102', change: { adapter: 500_000 }, rates: [460_800, 230_400] },
  { name: 'an adapter that nobody knows', change: { adapter: undefined }, rates: [] },
  { name: 'the profile allows no more', change: { allowed: 230_400 }, rates: [230_400] },
  { name: 'the profile keeps its rate', change: { allowed: 115_200 }, rates: [] },
  { name: 'a rate that is fast already', change: { baudRate: 460_800 }, rates: [921_600] },
  { name: 'a rate below what ST has tested', change: { baudRate: 57_600 }, rates: [] },
  {
    name: 'the same, and the profile allows more',
    change: { baudRate: 57_600, allowed: 460_800 },
    rates: [460_800, 230_400],
  },
])('$name: $rates', ({ change, rates }) => {
  expect(ratesWorthTrying({ ...question, ...change })).toEqual(rates);
});

test('the simulated ROM misses a rate by more the higher it is: by rounding, and by edges that it sees late', () => {
  // 24 MHz / 115200 = 208.33: 208 cycles are 115384.6 baud, 0.16 % too fast; without jitter that is all.
  expect(deviationOf({ clock: 24_000_000, jitter: 0 }, 115_200)).toBeCloseTo(0.0016, 4);
  // Eight cycles late in eight bits of 52 cycles each are another 1.9 %.
  expect(deviationOf({ clock: 24_000_000, jitter: 8 }, 460_800)).toBeCloseTo(0.0016 + 0.0192, 4);
  for (const { usart } of Object.values(romPersonalities)) {
    expect(deviationOf(usart.autoBaud, 115_200)).toBeLessThan(0.025); // AN3155 §2.2 has tested it
  }
});
