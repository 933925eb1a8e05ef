import type { DraftEntry } from '../../profile/draft.ts';
import type { ImportChoices, Imported, ImportNote } from '../imported.ts';
import { lastOf, ofTheJob, optionText, readOptions, type ToolOption, uncarried } from '../input/options.ts';
import { notPossible, notUnderstood } from '../input/refusals.ts';
import { afterProgram, type CommandLine, type Word } from '../input/words.ts';
import { chooseCircuit } from '../sequence/choose-circuit.ts';
import { circuitEntries } from '../sequence/circuit-entries.ts';
import { lineWords } from '../sequence/line-words.ts';
import { parseGpioSequence } from '../sequence/stm32flash-sequence.ts';
import { usartEntry } from './rom-usart.ts';

const flag = (short: string, name: string, instead?: string, value?: string): ToolOption => ({
  name,
  short,
  shortOnly: true,
  ...(value !== undefined && { value }),
  ...(instead !== undefined && { instead }),
});

/**
 * Options of stm32flash (stm32flash.1 and main.c, stm32duino/stm32flash@8bc5ceb, version 0.6), and what bootctl has instead.
 */
const options: readonly ToolOption[] = [
  flag('a', 'bus-address', undefined, 'the address on the I2C bus'),
  flag('b', 'baud', undefined, 'a baud rate'),
  flag('m', 'mode', undefined, 'a format such as 8e1'),
  flag('i', 'sequence', undefined, 'a GPIO sequence'),
  flag('r', 'read', ofTheJob('`bootctl read FILE`'), 'a file'),
  flag('w', 'write', ofTheJob('`bootctl recover IMAGE`, or `bootctl flash IMAGE`'), 'a file'),
  flag('C', 'crc', ofTheJob('`bootctl verify IMAGE`')),
  flag('u', 'write-unprotect', ofTheJob('`--unprotect`')),
  flag('j', 'readout-protect', 'bootctl sets no readout protection'),
  flag('k', 'readout-unprotect', ofTheJob('`--unprotect`')),
  flag('o', 'erase-only', ofTheJob('`bootctl erase`')),
  flag('e', 'pages', 'bootctl erases the sectors that the image needs, and no others', 'a number of pages'),
  flag('v', 'verify', 'bootctl always reads back, unless `--no-verify` is given'),
  flag('n', 'retries', 'bootctl repeats by what has failed', 'a number'),
  flag('g', 'go', 'bootctl starts the application by a reset, or by the leave command of the ROM', 'an address'),
  flag('s', 'start-page', ofTheJob('`--address` with the address of the page'), 'a page'),
  flag('S', 'start', ofTheJob('`--address` and `--length`'), 'an address, and a length after a colon'),
  flag('F', 'frame', 'bootctl knows what each ROM takes in one command', 'lengths of frames'),
  flag('f', 'force-binary', ofTheJob('a raw binary is told by its content; `--address` says where it goes')),
  flag('h', 'help', 'nothing of a board'),
  flag('c', 'resume', ofTheJob('`--no-entry` takes a ROM that runs already')),
  flag('R', 'reset', 'bootctl leaves by a reset, and waits for the application'),
];

/** stm32flash opens these (serial_posix.c, serial_w32.c, i2c.c). */
const device = /^(\/dev\/\S+|COM\d+|\\\\\.\\COM\d+|\$\S+)$/i;

function refuseOtherBuses(given: ReturnType<typeof readOptions>, port: Word | undefined): void {
  const address = lastOf(given, 'bus-address');
  if (!address && !port?.text.startsWith('/dev/i2c')) return;
  throw notPossible(
    `${address ? optionText(address) : port!.text}: the ROM on an I2C bus; bootctl reaches a ROM over USB and over its USART`,
  );
}

function modeNote(given: ReturnType<typeof readOptions>): readonly ImportNote[] {
  const mode = lastOf(given, 'mode');
  if (!mode) return [];
  const isUsual = mode.value.toLowerCase() === '8e1';
  return [
    {
      about: optionText(mode),
      why: isUsual
        ? 'that is the format of every STM32 ROM (AN3155), and bootctl always uses it'
        : 'a ROM by AN3155 wants 8E1, which bootctl always uses; another format is that of the STM32W, or of an adapter without parity',
    },
  ];
}

const withoutSequence: DraftEntry = {
  key: 'methods',
  lines: ['methods: [manual]'],
  comment: 'without -i nothing moves NRST and BOOT0: a person starts the ROM',
};

/** A command line of stm32flash. @throws BootctlError `import-not-understood`, `import-not-possible`, `usage` */
export function importStm32flash(whole: CommandLine, choices: ImportChoices): Imported {
  const line = afterProgram(whole, /^stm32flash(\.exe)?$/i, 'stm32flash');
  return stm32flashBoard(line, choices);
}

/** The same without the program's name, as platformio.ini has it. */
export function stm32flashBoard(line: CommandLine, choices: ImportChoices): Imported {
  const given = readOptions(line, options);
  const [port, extra] = given.positionals;
  if (extra) throw notUnderstood(line.text, extra.column, extra.text, 'one device');
  if (port && !device.test(port.text)) {
    throw notUnderstood(
      line.text,
      port.column,
      port.text,
      'a device such as /dev/ttyUSB0 or COM3; a sequence stands after -i',
    );
  }
  refuseOtherBuses(given, port);
  const sequence = lastOf(given, 'sequence');
  const found = sequence && sequenceBoard(sequence.value, choices);
  return {
    description: 'Imported from a command line of stm32flash',
    entries: [...(found?.entries ?? [withoutSequence]), usartEntry('stm32flash', line, given)],
    assumed: found?.assumed ?? [],
    notCarried: [...(found?.notCarried ?? []), ...modeNote(given), ...uncarried(given)],
    ...(port && { port: port.text }),
  };
}

function sequenceBoard(text: string, choices: ImportChoices) {
  const { breaks, ...sequence } = parseGpioSequence(text);
  const { fit, assumed } = chooseCircuit(sequence, {
    text: `-i ${text}`,
    ...(choices.circuit !== undefined && { wanted: choices.circuit }),
  });
  const made = circuitEntries(fit, `-i ${text}`, lineWords.stm32flash, choices);
  const used = fit.candidate.own && new Set([fit.candidate.own.nrst.signal, fit.candidate.own.boot0?.signal]);
  const unused = used
    ? [...text.matchAll(/rts|dtr|\d+/g)]
        .map(([name]) => name)
        .filter((name) => !used.has(name as 'rts') && !used.has(`gpio${Number(name)}`))
    : [];
  return {
    entries: made.entries,
    assumed: [...assumed, ...made.assumed],
    notCarried: [
      ...made.notCarried,
      ...[...new Set(unused)].map((name) => ({
        about: `${name} in -i ${text}`,
        why: 'a profile has lines for NRST and BOOT0 only; BOOT1 and others have to be set on the board',
      })),
      ...(breaks ? [{ about: `brk in -i ${text}`, why: 'a break moves TX, which is no line of a board' }] : []),
    ],
  };
}
