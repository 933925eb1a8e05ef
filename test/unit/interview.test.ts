import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseQuantity } from '../../src/base/quantity.ts';
import { type BoardAnswers, boardDraft } from '../../src/board/interview/board-draft.ts';
import { partsOfTime, timeRange } from '../../src/board/interview/parts-of-time.ts';
import { presetNamed, presetNames, presetsFor } from '../../src/board/interview/presets.ts';
import { builtInProfile } from '../../src/board/profile/built-in-profile.ts';
import { draftText } from '../../src/board/profile/draft.ts';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';

describe('parts for a time constant', () => {
  test.each([
    // 47 kΩ and 4.7 µF are 220.9 ms; 47 kΩ and 1 µF are 47 ms; 33 kΩ and 10 µF are 330 ms; 30 kΩ and 33 µF 990 ms.
    ['221ms', { bleedResistor: '47k', capacitor: '4.7uF' }],
    ['47ms', { bleedResistor: '47k', capacitor: '1uF' }],
    ['330ms', { bleedResistor: '33k', capacitor: '10uF' }],
    ['1s', { bleedResistor: '30k', capacitor: '33uF' }],
  ])('%s', (time, parts) => {
    expect(partsOfTime(parseQuantity(time, 'time'))).toEqual(parts);
  });

  test('their product is the time, as near as E24 is; the resistor fits every STM32', () => {
    const times = fc.double({ min: Math.log(timeRange.least), max: Math.log(timeRange.most), noNaN: true });
    fc.assert(
      fc.property(times, (logarithm) => {
        const time = Math.exp(logarithm);
        const { bleedResistor, capacitor } = partsOfTime(time);
        const ohms = parseQuantity(bleedResistor, 'resistance');
        const product = ohms * parseQuantity(capacitor, 'capacitance') * 1000;
        // Neighbours of E24 are at most 11.2 % apart (IEC 60063: 2.7 and 3.0), and so is no time from a product by more than half.
        expect(Math.abs(Math.log(product / time))).toBeLessThan(Math.log(3 / 2.7) / 2);
        expect(ohms).toBeLessThanOrEqual(47e3);
        expect(ohms).toBeGreaterThanOrEqual(20e3);
      }),
      { seed: 17, numRuns: 300 },
    );
  });
});

const answers = (more: Partial<BoardAnswers>): BoardAnswers => ({
  id: 'mine',
  description: 'A board',
  preset: 'rc-cap',
  isSwapped: false,
  rc: { chargeResistor: '1k', capacitor: '4.7uF', bleedResistor: '47k' },
  nrstCapacitor: '100nF',
  hasUsart: true,
  hasUsb: true,
  application: { expect: 'none' },
  ...more,
});
const profileOf = (more: Partial<BoardAnswers>) => parseProfile(draftText(boardDraft(answers(more))), 'mine.yaml');

describe('the profile of the answers', () => {
  test.each(['rc-cap', 'two-line', 'direct', 'one-key', 'cross-coupled'] as const)(
    '%s has the wiring of the built-in profile',
    (preset) => {
      const rc = presetNamed(preset).hasCapacitor ? answers({}).rc : undefined;
      const { rc: _, ...others } = answers({ preset });
      const text = draftText(boardDraft({ ...others, ...(rc && { rc }) }));
      const profile = parseProfile(text, 'mine.yaml');
      const builtIn = builtInProfile(preset)!;
      expect(profile.wiring).toEqual(builtIn.wiring);
      expect(profile.idleEntersBootloader).toBe(builtIn.idleEntersBootloader);
      expect(profile.methods).toEqual(builtIn.methods);
      const swapped = parseProfile(
        draftText(boardDraft({ ...others, ...(rc && { rc }), isSwapped: true })),
        'mine.yaml',
      );
      expect(swapped.wiring['rts asserted, dtr released']).toEqual(builtIn.wiring['rts released, dtr asserted']);
      expect(swapped.wiring['rts released, dtr asserted']).toEqual(builtIn.wiring['rts asserted, dtr released']);
    },
  );

  test('texts of people and devices stay texts', () => {
    const texts = fc.string({ unit: 'grapheme-composite', maxLength: 12 }).filter((text) => text.trim() !== '');
    fc.assert(
      fc.property(texts, texts, (match, serialNumber) => {
        const profile = profileOf({ application: { expect: 'serial', match }, adapter: { serialNumber } });
        expect(profile.application).toMatchObject({ match });
        expect(profile.adapter).toEqual({ serialNumber });
      }),
      { seed: 17, numRuns: 200 },
    );
  });

  test('boards with a CH340 of their own have the one-key circuit first', () => {
    expect(presetsFor('1a86:7523')[0]?.name).toBe('one-key');
    expect(presetsFor('0403:6001')[0]?.name).toBe('rc-cap');
    expect(
      presetsFor(undefined)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual([...presetNames].toSorted());
  });
});
