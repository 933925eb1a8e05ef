import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DO,
  DONT,
  escapeData,
  subnegotiation,
  TelnetDecoder,
  type TelnetEvent,
  TelnetOptions,
  WILL,
  WONT,
} from '../../src/host/network/telnet.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex');
const told = (events: readonly TelnetEvent[]) =>
  events.map((event) =>
    event.kind === 'data'
      ? `data ${text(event.bytes)}`
      : event.kind === 'negotiation'
        ? `${event.verb} ${event.option}`
        : `sub ${event.option}: ${text(event.payload)}`,
  );

// RFC 854: IAC 255, DONT 254, DO 253, WONT 252, WILL 251, SB 250, SE 240, NOP 241. RFC 2217: COM-PORT-OPTION 44 (2c).
describe('what a server sends', () => {
  test.each([
    ['data alone', '7f 79', ['data 7f79']],
    ['a data byte 255 comes twice (RFC 854)', '41 ff ff 42', ['data 41ff42']],
    [
      'the options of one side and the other',
      'ff fb 00 ff fc 01 ff fd 2c ff fe 03',
      ['251 0', '252 1', '253 44', '254 3'],
    ],
    ['an answer of RFC 2217 between data', '41 ff fa 2c 69 08 ff f0 42', ['data 41', 'sub 44: 6908', 'data 42']],
    ['255 inside an answer comes twice (RFC 855)', 'ff fa 2c 65 00 00 ff ff 00 ff f0', ['sub 44: 650000ff00']],
    ['commands without an option say nothing', '41 ff f1 42 ff f9', ['data 4142']],
    [
      'an answer that is longer than any is cut',
      `ff fa 2c ${'61'.repeat(600)} ff f0 42`,
      [`sub 44: ${'61'.repeat(512)}`, 'data 42'],
    ],
  ])('%s', (_, bytes, events) => {
    expect(told(new TelnetDecoder().decode(hex(bytes)))).toEqual(events);
  });

  test('in single bytes it says the same', () => {
    const decoder = new TelnetDecoder();
    const events = [...hex('41 ff ff ff fa 2c 65 ff ff 01 ff f0 ff fd 2c 42')].flatMap((byte) =>
      told(decoder.decode(Uint8Array.of(byte))),
    );
    expect(events).toEqual(['data 41', 'data ff', 'sub 44: 65ff01', '253 44', 'data 42']);
  });
});

test('in any pieces it says the same, and what was escaped comes out as it was', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.array(fc.nat(40), { maxLength: 6 }), (data, cuts) => {
      const stream = Uint8Array.from([...escapeData(data), ...subnegotiation(44, [...data]), ...escapeData(data)]);
      const decoder = new TelnetDecoder();
      const ends = [...cuts.filter((cut) => cut < stream.length).sort((a, b) => a - b), stream.length];
      const events = ends.flatMap((end, index) => decoder.decode(stream.slice(ends[index - 1] ?? 0, end)));
      const passed = events.flatMap((event) => (event.kind === 'data' ? [...event.bytes] : []));
      expect(passed).toEqual([...data, ...data]);
      expect(told(events.filter(({ kind }) => kind !== 'data'))).toEqual([`sub 44: ${text(data)}`]);
    }),
  );
});

test('what is sent: data and subnegotiations have 255 twice', () => {
  expect(text(escapeData(hex('7f ff 00 ff')))).toBe('7fffff00ffff');
  expect(text(escapeData(hex('7f')))).toBe('7f');
  expect(text(subnegotiation(44, [1, 0, 0, 255, 0]))).toBe('fffa2c010000ffff00fff0');
});

describe('options (RFC 854: an answer is not answered)', () => {
  const options = () => new TelnetOptions({ us: [44], them: [0] });

  test('asks for all at once; agreement and refusal are not answered', () => {
    const open = options();
    expect(text(open.request())).toBe('fffb2cfffd00');
    expect(open.stateOf('us', 44)).toBe('asked');
    expect(open.answer(DO, 44)).toBeUndefined();
    expect(open.answer(DO, 44)).toBeUndefined();
    expect(open.stateOf('us', 44)).toBe('on');
    expect(open.answer(WONT, 0)).toBeUndefined();
    expect(open.stateOf('them', 0)).toBe('refused');
  });

  test('what was not asked for is refused, once a request', () => {
    const open = options();
    expect(text(open.answer(WILL, 1))).toBe('fffe01');
    expect(text(open.answer(DO, 24))).toBe('fffc18');
    expect(open.answer(WONT, 1)).toBeUndefined();
    expect(open.answer(DONT, 24)).toBeUndefined();
  });

  test('an option that is turned off and on again is answered each time', () => {
    const open = options();
    open.answer(DO, 44);
    expect(text(open.answer(DONT, 44))).toBe('fffc2c');
    expect(open.stateOf('us', 44)).toBe('off');
    expect(open.answer(DONT, 44)).toBeUndefined();
    expect(text(open.answer(DO, 44))).toBe('fffb2c');
    expect(open.stateOf('us', 44)).toBe('on');
  });
});
