import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Pins, Wiring } from '../../src/board/circuit/plan.ts';
import { wiringFromPins, wiringKeys } from '../../src/board/circuit/wiring.ts';
import { circuitPictures } from '../../src/board/pictures/circuit-pictures.ts';
import { formatValue } from '../../src/board/pictures/format-value.ts';
import { pinDrive } from '../../src/board/pictures/pin-drive.ts';
import { label, smallWidth } from '../../src/board/pictures/svg.ts';
import { waveformPicture } from '../../src/board/pictures/waveform-picture.ts';
import { wiringPicture } from '../../src/board/pictures/wiring-picture.ts';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { referenceBoard } from '../helpers/circuits.ts';

const hardware = new URL('../../hardware/', import.meta.url).pathname;
const profiles = readdirSync(`${hardware}profiles`)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => parseProfile(readFileSync(`${hardware}profiles/${file}`, 'utf8'), file));
const expected = profiles.flatMap(circuitPictures);
const redraw = 'stale: run `npm run build && node hardware/circuits/draw.mjs`';

describe('the committed drawings', () => {
  test.each(expected)('$file is what the profile gives today', ({ file, svg }) => {
    expect(readFileSync(`${hardware}circuits/${file}`, 'utf8') === svg, redraw).toBe(true);
  });

  test('there is no other', () => {
    const committed = readdirSync(`${hardware}circuits`).filter((file) => file.endsWith('.svg'));
    expect(committed.sort(), redraw).toEqual(expected.map(({ file }) => file).sort());
  });
});

const rcCap = profiles.find(({ id }) => id === 'rc-cap')!;
const rows = (...pins: readonly (readonly [0 | 1, 0 | 1])[]): Wiring =>
  Object.fromEntries(
    wiringKeys.map((key, index) => [key, { boot0: pins[index]![0], nrst: pins[index]![1] }]),
  ) as Record<(typeof wiringKeys)[number], Pins>;

/** Edges of an area of this colour, and of the text that says how long it is. */
function window(svg: string, colour: 'margin' | 'window', word: string) {
  const [, path] = new RegExp(`<path d="M([^"]+)Z" class="f-${colour}"`).exec(svg)!;
  const xs = path!.split('L').map((point) => Number(point.split(' ')[0]));
  const [, x, anchor, text] = new RegExp(
    `<text x="([\\d.]+)" y="398" text-anchor="(\\w+)" class="[^"]*">(${word} [^<]+)<`,
  ).exec(svg)!;
  const width = smallWidth(text!);
  const left = Number(x) - { start: 0, middle: width / 2, end: width }[anchor as 'start' | 'middle' | 'end'];
  return { area: [Math.min(...xs), Math.max(...xs)] as const, text: [left, left + width] as const };
}

test.each(
  profiles
    .filter(({ methods, boot0 }) => methods.includes('rc-cap') && boot0)
    .map((profile) => [profile.id, profile] as const),
)('%s: what is written at a part of the hold window crosses none of its edges', (_, profile) => {
  const svg = waveformPicture(profile, 'rc-cap');
  const parts = [window(svg, 'margin', 'needed'), window(svg, 'window', 'margin')];
  const edges = parts.flatMap(({ area }) => area);
  for (const {
    text: [left, right],
  } of parts) {
    expect(edges.filter((edge) => left < edge && edge < right)).toEqual([]);
  }
  expect(parts[0]!.text[1]).toBeLessThan(parts[1]!.text[0]);
});

describe('pinDrive', () => {
  // Rows in the order idle, RTS, DTR, both; each [BOOT0, NRST].
  const esptool = rows([0, 1], [0, 0], [1, 1], [0, 1]);
  test.each([
    [
      'NRST on RTS',
      wiringFromPins({ line: 'rts', asserted: 0 }, { line: 'dtr', asserted: 1 }),
      'nrst',
      'follows',
      'rts',
      0,
    ],
    [
      'BOOT0 on DTR',
      wiringFromPins({ line: 'rts', asserted: 0 }, { line: 'dtr', asserted: 1 }),
      'boot0',
      'follows',
      'dtr',
      1,
    ],
    [
      'swapped lines',
      wiringFromPins({ line: 'dtr', asserted: 0 }, { line: 'rts', asserted: 1 }),
      'nrst',
      'follows',
      'dtr',
      0,
    ],
    [
      'BOOT0 high while idle',
      wiringFromPins({ line: 'rts', asserted: 0 }, { line: 'dtr', asserted: 0 }),
      'boot0',
      'follows',
      'dtr',
      0,
    ],
    ['cross-coupled NRST', esptool, 'nrst', 'crossed', 'rts', 0],
    ['cross-coupled BOOT0', esptool, 'boot0', 'crossed', 'dtr', 1],
  ] as const)('%s', (_what, wiring, pin, kind, line, asserted) => {
    expect(pinDrive(wiring, pin)).toEqual({ kind, line, asserted });
  });

  test('a pin that no line moves, and one that only both lines together move', () => {
    const wiring = rows([0, 1], [0, 1], [0, 1], [0, 0]);
    expect(pinDrive(wiring, 'boot0')).toEqual({ kind: 'constant', level: 0 });
    expect(pinDrive(wiring, 'nrst')).toEqual({ kind: 'other' });
  });
});

describe('wiringPicture', () => {
  test('names every value of the circuit', () => {
    const svg = wiringPicture(rcCap);
    for (const value of ['1 kΩ', '4.7 µF ±20 %', '47 kΩ', '100 nF', 'pull-up 40 kΩ'])
      expect(svg).toContain(`>${value}<`);
  });

  test('draws the USART only where it is connected', () => {
    expect(wiringPicture(rcCap)).not.toContain('>TX<');
    expect(wiringPicture({ ...rcCap, usart: { connected: true, baudRate: 115_200 } })).toContain('>TX<');
  });

  test('says so where it knows no circuit', () => {
    const svg = wiringPicture({ ...rcCap, wiring: rows([0, 1], [0, 1], [0, 1], [0, 0]) });
    expect(svg).toContain('no line moves BOOT0');
    expect(svg).toContain('NRST: the board&apos;s own circuit, see the table'.replace('&apos;', "'"));
  });

  test('leaves out a diode and a capacitor that are not fitted', () => {
    const { boot0, ...rest } = rcCap;
    const bare: BoardProfile = {
      ...rest,
      boot0: { ...boot0!, diodeDrop: 0 },
      nrst: { ...rcCap.nrst, capacitor: 0 },
    };
    expect(wiringPicture(bare).match(/BAT54/g)).toHaveLength(1);
    expect(wiringPicture(bare)).not.toContain('100 nF');
  });
});

describe('waveformPicture', () => {
  test('marks the window of rc-cap: 134.9 ms held, 10 ms pulse + 7.2 ms rise needed', () => {
    // 44.65 kOhm * 3.76 uF * ln(2.83 V / 1.24 V) with 1 uA drawn, at VDD 3.2 V; 10 ms + 50 kOhm * 120 nF * ln(1 / 0.3): by hand
    const svg = waveformPicture(rcCap, 'rc-cap');
    expect(svg).toContain('>needed 17.2 ms<');
    expect(svg).toContain('>margin 117.6 ms<');
    expect(svg).toContain('above VIH for 134.9 ms in the worst corner');
  });

  test('a plan without a window has none', () => {
    expect(waveformPicture(rcCap, 'lines')).not.toContain('>needed ');
  });

  test('refuses a method that the wiring cannot do', () => {
    const cross = profiles.find(({ id }) => id === 'cross-coupled')!;
    expect(() => waveformPicture(cross, 'lines')).toThrow(/lines needs BOOT0 = 1 with NRST = 0/);
  });
});

test.each([
  [4.7e-6, 'F', '4.7 µF'],
  [100e-9, 'F', '100 nF'],
  [40e3, 'Ω', '40 kΩ'],
  [999.9, 'Ω', '1 kΩ'],
  [3.3, 'V', '3.3 V'],
  [1e6, 'Ω', '1 MΩ'],
  [0, 'F', '0 F'],
] as const)('%d %s is written %s', (value, unit, text) => {
  expect(formatValue(value, unit)).toBe(text);
});

test('text from a profile cannot break out of the file', () => {
  expect(label([0, 0], '<script>"&')).toContain('&lt;script&gt;&quot;&amp;');
});

test('lines of the host are drawn as such, and not as RTS and DTR of an adapter', () => {
  const own = { kind: 'gpio', chip: 'gpiochip0', isOpenDrain: true } as const;
  const hostLines = {
    rts: { ...own, offset: 21, idle: 1 },
    dtr: { ...own, offset: 20, idle: 0, isOpenDrain: false },
  } as const;
  const wiring = wiringFromPins({ line: 'rts', asserted: 0 }, { line: 'dtr', asserted: 1 });
  const { boot0: _none, ...board } = referenceBoard({ wiring, hostLines, methods: ['lines'] });
  const all = circuitPictures(board)
    .map(({ svg }) => svg)
    .join('');
  expect(all).not.toMatch(/RTS|DTR|asserts both lines|LOW = asserted/);
  for (const text of ['GPIO21', 'GPIO20', 'open drain', 'push-pull', 'this host']) expect(all).toContain(text);
  const commands = {
    rts: { kind: 'command', pin: 'nrst', by: 'powerCycle', pulse: ['uhubctl', '-a', 'cycle'], timeout: 1 },
  } as const;
  const powered = circuitPictures({ ...board, hostLines: { ...hostLines, ...commands } });
  expect(powered[0]!.svg).toContain('program: uhubctl -a cycle');
});
