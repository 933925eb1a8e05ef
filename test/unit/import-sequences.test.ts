import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { candidatesFor, idleNrst } from '../../src/board/import/sequence/circuits.ts';
import { classicReset, hardReset, parseResetSequence } from '../../src/board/import/sequence/esptool-sequence.ts';
import { fitCircuits } from '../../src/board/import/sequence/fit-circuit.ts';
import type { Move, Sequence } from '../../src/board/import/sequence/moves.ts';
import { parseGpioSequence } from '../../src/board/import/sequence/stm32flash-sequence.ts';
import { builtInProfile } from '../../src/board/profile/built-in-profile.ts';

describe("stm32flash's grammar", () => {
  // Expected by init.c (gpio_sequence) and stm32flash.1: a comma waits 100 ms, & does not, delimiters may be repeated.
  test('the example of init.c: -rts&dtr,,,rts,-dtr', () => {
    const { entry } = parseGpioSequence('-rts&dtr,,,rts,-dtr');
    expect(entry).toEqual([
      { set: { rts: 0 }, wait: 0 },
      { set: { dtr: 1 }, wait: 300 },
      { set: { rts: 1 }, wait: 100 },
      { set: { dtr: 0 }, wait: 0 },
    ]);
  });

  test('the example of the manual page, with GPIO', () => {
    const { entry, exit } = parseGpioSequence('4,-5,-3,3:-4,-3,3');
    expect(entry.map(({ set }) => set)).toEqual([{ gpio4: 1 }, { gpio5: 0 }, { gpio3: 0 }, { gpio3: 1 }]);
    expect(exit?.map(({ set }) => set)).toEqual([{ gpio4: 0 }, { gpio3: 0 }, { gpio3: 1 }]);
  });

  test('signals need no delimiter between them, and a wait may come first', () => {
    expect(parseGpioSequence('-dtr-rts,,rts').entry.map(({ wait }) => wait)).toEqual([0, 200, 0]);
    expect(parseGpioSequence(',,rts').entry[0]).toEqual({ set: {}, wait: 200 });
  });

  test('a break is known and moves nothing; -brk has no effect', () => {
    expect(parseGpioSequence('brk,-dtr,dtr')).toMatchObject({ breaks: true });
    expect(parseGpioSequence('-brk,-dtr,dtr')).toMatchObject({ breaks: false });
  });

  test.each([
    ['rts,x,dtr', 5, 'x'],
    ['rts,-,dtr', 6, ','],
    ['rts;dtr', 4, ';'],
    ['$gpio_str', 1, '$'],
    ['rts,-dtr,dtr:rts:dtr', 17, ':'],
    [':rts', 1, ':'],
    [',,,', 1, ','],
  ])('%s is refused at column %i', (text, column, found) => {
    expect(() => parseGpioSequence(text)).toThrow(
      expect.objectContaining({
        code: 'import-not-understood',
        details: { column },
        message: expect.stringContaining(`column ${column} of \`${text}\`: found ${JSON.stringify(found)}; expected`),
      }),
    );
  });

  test('whatever is typed is read or refused with a column inside it', () => {
    const texts = fc.string({
      unit: fc.constantFrom('rts', 'dtr', 'brk', '-', ',', '&', ':', '7', 'x'),
      maxLength: 12,
    });
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const { entry } = parseGpioSequence(text);
          expect(entry.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ code: 'import-not-understood' });
          const { column } = (error as { details: { column: number } }).details;
          expect(column).toBeGreaterThan(0);
          expect(column).toBeLessThanOrEqual(text.length + 1);
        }
      }),
      { seed: 17, numRuns: 500 },
    );
  });
});

describe("esptool's grammar", () => {
  test('the classic reset, as its documentation writes it out', () => {
    expect(parseResetSequence(classicReset)).toEqual([
      { set: { dtr: 0 }, wait: 0 },
      { set: { rts: 1 }, wait: 100 },
      { set: { dtr: 1 }, wait: 0 },
      { set: { rts: 0 }, wait: 50 },
      { set: { dtr: 0 }, wait: 0 },
    ]);
    expect(parseResetSequence('U1,0|W0.1')).toEqual([{ set: { dtr: 1, rts: 0 }, wait: 100 }]);
  });

  test.each([
    ['D0|R2|W0.1', 4, 'R2'],
    ['D0|R1|', 7, ''],
    ['U1', 1, 'U1'],
    ['D0|Wx', 4, 'Wx'],
  ])('%s is refused at column %i', (text, column) => {
    expect(() => parseResetSequence(text)).toThrow(
      expect.objectContaining({ code: 'import-not-understood', details: { column } }),
    );
  });
});

/** `one-key`, or which pin follows which line. */
const named = ({ possible }: ReturnType<typeof fitCircuits>) =>
  possible.map(({ candidate: { name, own } }) =>
    own ? `${own.nrst.signal}=NRST@${own.nrst.atOne} ${own.boot0?.signal}=BOOT0@${own.boot0?.atOne}` : name,
  );

describe('the circuit behind a sequence', () => {
  test.each([
    // RIOT-OS/RIOT makefiles/boards/stm32.inc.mk, STM32FLASH_RESET_INVERT: RST at DTR and BOOT0 at RTS of a TTL adapter.
    ['-rts,dtr,-dtr:rts,dtr,-dtr', ['dtr=NRST@0 rts=BOOT0@0']],
    // FYSETC Cheetah, README: CH340 on the board. Also MarlinFirmware/Marlin STM32F103RC_fysetc.py.
    ['rts,-dtr,dtr', ['one-key']],
    ['rts,-dtr,dtr:-dtr,-rts', ['one-key']],
    // micro-nova AmpliPi preamp_flash.sh: GPIO 4 is NRST, GPIO 5 BOOT0.
    ['5,-4,4', ['gpio4=NRST@1 gpio5=BOOT0@1']],
    // MMDVM_HS install_fw_hshat.sh: BOOT0 is GPIO 20, NRST GPIO 21.
    ['20,-21,21:-20,21', ['gpio21=NRST@1 gpio20=BOOT0@1']],
    // stm32flash.1: GPIO 3 is reset, 4 BOOT0, 5 BOOT1.
    ['4,-5,-3,3:-4,-3,3', ['gpio3=NRST@1 gpio4=BOOT0@1']],
    // PinkFluffyUnic0rn/stm32flash README: line 12 is BOOT0, line 11 the reset pin; transistors between.
    ['-12,11,-11:12,11,-11', ['gpio11=NRST@0 gpio12=BOOT0@0']],
    // Talw3g/linear_act_controller upload.sh: DTR and RTS cross as esptool's do.
    ['rts&-dtr,,-rts&dtr,,', ['cross-coupled', 'rts=NRST@0 dtr=BOOT0@1']],
  ])('%s', (text, circuits) => {
    expect(named(fitCircuits(parseGpioSequence(text)))).toEqual(circuits);
  });

  test.each([
    // The manual page's own example, and RIOT's for an adapter that does not invert: NRST is 0 while DTR is released.
    '-rts,-dtr,dtr:rts,-dtr,dtr',
    'rts,-dtr,dtr:-rts,-dtr,dtr',
  ])('%s holds the board in reset while the port is closed', (text) => {
    const { possible, heldIdle } = fitCircuits(parseGpioSequence(text));
    expect([possible.length, heldIdle.length]).toEqual([0, 1]);
  });

  test('the classic reset of esptool: two transistors, or each pin on its own line; not the one-key circuit', () => {
    const fits = fitCircuits({ entry: parseResetSequence(classicReset), exit: parseResetSequence(hardReset) });
    expect(named(fits).toSorted()).toEqual(['cross-coupled', 'rts=NRST@0 dtr=BOOT0@1']);
  });

  test('the tables are those of the built-in profiles', () => {
    for (const name of ['one-key', 'cross-coupled'] as const) {
      const candidate = candidatesFor(['rts', 'dtr']).find((one) => one.name === name);
      expect(candidate?.table).toEqual(builtInProfile(name)?.wiring);
    }
  });

  test('a circuit is found again in a sequence that is written for it', () => {
    const all = candidatesFor(['rts', 'dtr']).filter((candidate) => idleNrst(candidate) === 1);
    expect(all.length).toBe(8);
    for (const candidate of all) {
      const { possible } = fitCircuits(sequenceFor(candidate));
      expect(possible.map((fit) => fit.candidate.name)).toContain(candidate.name);
    }
  });
});

/** By brute force: states that pull NRST low, that start the ROM, and that start the application. */
function sequenceFor(candidate: ReturnType<typeof candidatesFor>[number]): Sequence {
  const states = [0, 1, 2, 3].map((bits) => ({ rts: (bits & 1) as 0 | 1, dtr: (bits >> 1) as 0 | 1 }));
  const at = (nrst: 0 | 1, boot0?: 0 | 1): Move => {
    const found = states.find((state) => {
      const signals = new Map(Object.entries(state)) as Parameters<typeof candidate.nrst>[0];
      return candidate.nrst(signals) === nrst && (boot0 === undefined || candidate.boot0(signals) === boot0);
    });
    if (!found) return { set: { rts: 0, dtr: 0 }, wait: 100 }; // the lines let go together: the circuit decides;
    return { set: found, wait: 100 };
  };
  return { entry: [at(0), at(1, 1)], exit: [at(0), at(1, 0)] };
}
