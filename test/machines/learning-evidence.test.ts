import { describe, expect, test } from 'vitest';
import {
  heldBy,
  isRomKey,
  type Observation,
  shownBy,
  startLine,
  witnesses,
} from '../../machines/learning-evidence.policy.ts';
import { app, dfuRom, evidence, experiment, observation, usartRom } from '../helpers/experiments.ts';

const other = '1-4 046d:c077';
const rom = '1-1 0483:df11';
const reset = experiment(['rts', 50]);
const one = (over: Partial<Observation> = {}) => observation(reset, over);

test('devices that left while lines moved are the target’s, each once, but for those that come and go by themselves', () => {
  const log = [one({ left: [app, other] }), one({ left: [app, rom] }), one({ came: ['1-5 1234:5678'] })];
  expect(witnesses({ log, restless: [other] })).toEqual([app, rom]);
});

test('the ROM of every STM32 is 0483:df11 (AN2606), and nothing else is', () => {
  expect([rom, '1-1 0483:df110', '1-1 10483:df11', app].map(isRomKey)).toEqual([true, false, false, false]);
});

test('a state was held from the end of its edge to the end of the next', () => {
  const edges = [
    { from: 0, to: 3 },
    { from: 50, to: 54 },
    { from: 60, to: 67 },
  ];
  const held = heldBy(observation(experiment(['dtr', 50], ['rts', 10]), { edges }));
  expect(held.map(({ hold }) => hold)).toEqual([51, 13]);
  expect(held.map(({ lines }) => lines)).toEqual([
    { rts: 'released', dtr: 'asserted' },
    { rts: 'asserted', dtr: 'released' },
  ]);
});

describe('the line that an application says at its start', () => {
  test.each([
    { texts: [], line: null, why: 'nothing was heard' },
    { texts: ['hello\r\n'], line: null, why: 'once may be chance' },
    { texts: ['hello\r\n', 'hello\r\n'], line: 'hello', why: 'twice is none' },
    { texts: ['hello\r\n', 'hullo\r\n'], line: null, why: 'each is another one' },
    {
      texts: ['hello 1\nready', '\r\n hello 1 \rgo'],
      line: 'hello 1',
      why: 'the first line counts, without its blanks',
    },
    { texts: ['ab\nabc', 'ab\nabc'], line: 'abc', why: 'two characters tell nothing' },
    { texts: ['one\n', 'two\n', 'two\n', 'two\n', 'one\n'], line: 'two', why: 'the one that came most often' },
    { texts: [`${'x'.repeat(40)}1`, `${'x'.repeat(40)}2`], line: 'x'.repeat(40), why: '40 characters are enough' },
    { texts: ['', '', '\n'], line: null, why: 'no line is no line' },
  ])('$texts: $line, for $why', ({ texts, line }) => {
    expect(startLine({ log: texts.map((text) => one({ text })), chatter: '' })).toBe(line);
  });

  test('what is heard without a move is none', () => {
    const log = [one({ text: 'hello\n' }), one({ text: 'hello\n' })];
    expect(startLine({ log, chatter: 'oh, hello there' })).toBeNull();
    expect(startLine({ log, chatter: 'hell' })).toBe('hello');
  });
});

describe('what the target ran before', () => {
  const log = [one({ rom: dfuRom }), one({ rom: dfuRom }), one(), one()];
  test.each([
    { index: 0, began: ['rom', 'other'] },
    { index: 1, began: ['rom', 'other'] },
    { index: 2, began: ['rom'] },
    { index: 3, began: ['other'] },
  ])('of observation $index, the ROM being proven with 1: $began', ({ index, began }) => {
    expect(shownBy(evidence(log, { romSince: 1 }), index).began).toEqual(began);
  });

  test('nobody knows it while no ROM is proven', () => {
    for (const index of log.keys()) expect(shownBy(evidence(log), index).began).toEqual(['rom', 'other']);
  });
});

describe('whether the target was reset', () => {
  /** `before` shows that the device is the target's. */
  const before = one({ left: [app] });
  test.each([
    { name: 'its device left', over: { left: [app] }, shown: true },
    { name: 'its device left and another one stayed', over: { left: [app], stayed: [rom] }, shown: true },
    { name: 'its device stayed', over: { stayed: [other, app] }, shown: false },
    { name: 'another device stayed', over: { stayed: [other] }, shown: undefined },
    { name: 'its device came', over: { came: [app] }, shown: undefined },
    { name: 'nothing was seen', over: {}, shown: undefined },
  ])('$name: $shown', ({ over, shown }) => {
    expect(shownBy(evidence([before, one(over)]), 1).reset).toBe(shown);
  });

  test('a device that comes and goes by itself says nothing', () => {
    const restless = { restless: [app] };
    expect(shownBy(evidence([before, one({ left: [app] })], restless), 1).reset).toBeUndefined();
    expect(shownBy(evidence([before, one({ stayed: [app] })], restless), 1).reset).toBeUndefined();
  });

  test.each([
    { name: 'a ROM that has started again', was: usartRom, over: { rom: usartRom }, shown: true },
    { name: 'a ROM that knows its call', was: usartRom, over: { rom: { ...usartRom, isFresh: false } }, shown: false },
    { name: 'no ROM any more', was: usartRom, over: {}, shown: true },
    { name: 'no ROM, where it was on USB and not seen to leave', was: dfuRom, over: {}, shown: undefined },
    { name: 'a ROM where none was', was: null, over: { rom: usartRom }, shown: undefined },
  ])('on the USART, $name: $shown', ({ was, over, shown }) => {
    const log = [one({ rom: usartRom }), one({ rom: was }), one(over)];
    expect(shownBy(evidence(log, { romSince: 0 }), 2).reset).toBe(shown);
    expect(shownBy(evidence(log), 2).reset).toBeUndefined();
  });
});

describe('what the target runs at the end', () => {
  const before = one({ left: [app, rom], rom: dfuRom });
  const shown = (over: Partial<Observation>, romSince: number | null) =>
    shownBy(evidence([before, one(over)], { romSince, startUp: 100 }), 1).ends;

  test.each([
    { name: 'the ROM', over: { rom: dfuRom }, proven: 'rom', unproven: undefined },
    { name: 'the ROM beside the application', over: { rom: dfuRom, came: [app] }, proven: 'rom', unproven: undefined },
    { name: 'its application, which came', over: { came: [other, app] }, proven: 'other', unproven: 'other' },
    { name: 'its application, which stayed', over: { stayed: [app, other] }, proven: 'other', unproven: 'other' },
    { name: 'another device', over: { came: [other] }, proven: undefined, unproven: undefined },
    { name: 'a device with the ids of a ROM', over: { came: [rom] }, proven: undefined, unproven: undefined },
    { name: 'nothing for 1.5 times as long as a start', over: { watched: 150 }, proven: 'other', unproven: undefined },
    { name: 'nothing for less', over: { watched: 149 }, proven: undefined, unproven: undefined },
  ])('$name: $proven where the ROM is proven, else $unproven', ({ over, proven, unproven }) => {
    expect(shown(over, 0)).toBe(proven);
    expect(shown(over, null)).toBe(unproven);
  });
});

describe('an application that speaks', () => {
  const hello = (heardAfter: number) => one({ text: 'hello\n', heardAfter });
  const shown = (over: Partial<Observation>) => shownBy(evidence([hello(80), hello(100), one(), one(over)]), 3);

  test('its line says that the target was reset and runs it', () => {
    expect(shown({ text: 'x\nhello\n', watched: 1_000 })).toMatchObject({ reset: true, ends: 'other', isMute: false });
  });

  test.each([
    { watched: 149, isMute: false },
    { watched: 150, isMute: true },
  ])('silence for $watched ms after starts of at most 100: mute $isMute', ({ watched, isMute }) => {
    expect(shown({ watched, text: 'noise' })).toMatchObject({ reset: undefined, ends: undefined, isMute });
  });

  test('one that never spoke cannot be mute', () => {
    expect(shownBy(evidence([one({ watched: 1_000 })]), 0).isMute).toBe(false);
  });
});
