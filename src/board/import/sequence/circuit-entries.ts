import type { DraftEntry } from '../../profile/draft.ts';
import { scalar } from '../../profile/draft.ts';
import type { ImportChoices, ImportNote } from '../imported.ts';
import { notPossible } from '../input/refusals.ts';
import { idleBoot0, type OwnLine, tableRows } from './circuits.ts';
import type { Fit } from './fit-circuit.ts';
import type { LineWords } from './line-words.ts';
import { isModemLine } from './moves.ts';

export interface CircuitEntries {
  readonly entries: readonly DraftEntry[];
  readonly assumed: readonly ImportNote[];
  readonly notCarried: readonly ImportNote[];
}

/**
 * Linux numbers the lines of chips from 512 on (GPIO_DYNAMIC_BASE, commit 7b61212f2a07 "gpiolib: Get rid of ARCH_NR_GPIOS"): there
 * the first line of a Raspberry Pi is 512, where it was 0 before.
 */
const dynamicBase = 512;

/** The line of a chip behind a number of /sys/class/gpio. */
function gpioPlace(number: number, { gpioChip = 'gpiochip0', gpioBase }: ImportChoices) {
  const base = gpioBase ?? (number >= dynamicBase ? dynamicBase : 0);
  if (number < base) throw notPossible(`GPIO ${number} lies below the ${base} of --gpio-base`);
  return { chip: gpioChip, base, offset: number - base };
}

/** `{ line: rts, asserted: 0 }`, or the same of a GPIO. */
function pinText(pin: 'nrst' | 'boot0', { signal, atOne }: OwnLine, choices: ImportChoices): string {
  if (isModemLine(signal)) return `{ line: ${signal}, asserted: ${atOne} }`;
  const { chip, offset } = gpioPlace(Number(signal.slice('gpio'.length)), choices);
  const asserted = pin === 'nrst' ? 0 : 1;
  const inverted = atOne === 0 ? ', inverted: true' : '';
  return `{ line: gpio, chip: ${scalar(chip)}, offset: ${offset}, asserted: ${asserted}${inverted} }`;
}

function wiringLines({ candidate }: Fit, choices: ImportChoices): readonly string[] {
  const { own, table } = candidate;
  if (table) {
    const rows = tableRows(table).map(([key, { boot0, nrst }]) => `    ${key}: { boot0: ${boot0}, nrst: ${nrst} }`);
    return ['wiring:', '  table:', ...rows];
  }
  return [
    'wiring:',
    `  nrst: ${pinText('nrst', own!.nrst, choices)}`,
    `  boot0: ${own!.boot0 ? pinText('boot0', own!.boot0, choices) : '{ line: none }'}`,
    ...(idleBoot0(candidate) === 1 ? ['  idleEntersBootloader: accepted'] : []),
  ];
}

/** The RC circuit of the built-in profile cross-coupled, where each value is explained. */
const referenceBoot0 =
  'boot0: { chargeResistor: 1k, capacitor: 4.7uF, bleedResistor: 47k, diodeDrop: 0.3V, tolerance: 20%, supply: 3.3V }';

function rcEntries({ pulse }: Fit, from: string): CircuitEntries {
  return {
    entries: [
      {
        key: 'boot0',
        lines: [referenceBoot0],
        comment: 'ASSUMED: parts of the built-in profile cross-coupled; put those of the board here',
      },
      {
        key: 'methods',
        lines: ['methods: [rc-cap, manual]'],
        comment: 'no state of these lines has BOOT0 = 1 with NRST = 0: a capacitor carries it',
      },
    ],
    assumed: [
      {
        about: 'the capacitor on BOOT0 and its resistors',
        why: 'the parts are those of the built-in profile cross-coupled; the circuit of an ESP board has none at its boot pin, and bootctl needs one there',
      },
    ],
    notCarried:
      pulse > 0
        ? [
            {
              about: `the ${pulse} ms of NRST in ${from}`,
              why: 'the capacitor holds BOOT0 for less: the pulse is planned from its parts',
            },
          ]
        : [],
  };
}

const methodsOf = (fit: Fit): DraftEntry => {
  const { own } = fit.candidate;
  return own && !own.boot0
    ? {
        key: 'methods',
        lines: ['methods: [manual]'],
        comment: 'no line moves BOOT0: a person holds it, and the line resets',
      }
    : { key: 'methods', lines: ['methods: [lines, manual]'], comment: 'by the lines; then, at a terminal, by hand' };
};

function gpioNotes({ candidate: { own } }: Fit, choices: ImportChoices): readonly ImportNote[] {
  const pins = [own?.nrst, own?.boot0].flatMap((line) => (line && !isModemLine(line.signal) ? [line.signal] : []));
  if (pins.length === 0 || (choices.gpioChip !== undefined && choices.gpioBase !== undefined)) return [];
  const numbers = pins.map((signal) => Number(signal.slice('gpio'.length)));
  const places = numbers.map((number) => gpioPlace(number, choices));
  const { chip, base } = places[0]!;
  const offsets = places.map(({ offset }) => offset).join(' and ');
  return [
    {
      about: `GPIO ${numbers.join(' and ')} as ${offsets} of ${chip}`,
      why: `stm32flash numbers the GPIO of all chips of the host together, and ${chip} is taken to begin at ${base}; \`gpiodetect\` and /sys/class/gpio show it, \`--gpio-chip\` and \`--gpio-base\` say otherwise`,
    },
  ];
}

/** What the fitting circuit puts into a profile. `from` is the option that it comes from, `words` what the tool means by it. */
export function circuitEntries(fit: Fit, from: string, words: LineWords, choices: ImportChoices): CircuitEntries {
  const wiring: DraftEntry = {
    key: 'wiring',
    lines: wiringLines(fit, choices),
    comment: `from ${from}: ${words.remark}`,
    from,
  };
  const idle: ImportNote[] =
    idleBoot0(fit.candidate) === 1
      ? [
          {
            about: 'idleEntersBootloader: accepted',
            why: 'BOOT0 is 1 while the port is closed: a board that is powered up then starts its ROM',
          },
        ]
      : [];
  if (fit.candidate.name.startsWith('cross-coupled')) {
    const rc = rcEntries(fit, from);
    return { ...rc, entries: [wiring, ...rc.entries], assumed: [...rc.assumed, ...idle] };
  }
  const pulse: DraftEntry[] =
    fit.pulse > 0 && fit.asks
      ? [
          {
            key: 'nrst',
            lines: [`nrst: { pulse: ${fit.pulse}ms }`],
            comment: `from ${from}: NRST is low for so long`,
            from,
          },
        ]
      : [];
  return {
    entries: [wiring, ...pulse, methodsOf(fit)],
    assumed: [...idle, ...gpioNotes(fit, choices)],
    notCarried: [],
  };
}
