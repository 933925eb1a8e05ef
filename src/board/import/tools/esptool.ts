import type { DraftEntry } from '../../profile/draft.ts';
import type { ImportChoices, Imported, ImportNote } from '../imported.ts';
import { iniSections } from '../input/ini-sections.ts';
import { lastOf, ofTheJob, optionText, readOptions, type ToolOption, uncarried } from '../input/options.ts';
import { notPossible, notUnderstood } from '../input/refusals.ts';
import { afterProgram, type CommandLine } from '../input/words.ts';
import { chooseCircuit } from '../sequence/choose-circuit.ts';
import { circuitEntries } from '../sequence/circuit-entries.ts';
import { classicReset, hardReset, parseResetSequence } from '../sequence/esptool-sequence.ts';
import { lineWords } from '../sequence/line-words.ts';

const ofEsp = 'of an ESP chip, not of an STM32';
/** Global options (esptool docs, basic and advanced options). `-p` and `--before` are looked at. */
const options: readonly ToolOption[] = [
  { name: 'port', short: 'p', value: 'a port' },
  { name: 'before', value: 'a reset mode' },
  { name: 'after', value: 'a reset mode' },
  {
    name: 'baud',
    short: 'b',
    value: 'a baud rate',
    instead: "the rate of esptool's own loader; bootctl finds the fastest rate of the ROM by itself",
  },
  { name: 'chip', short: 'c', value: 'a chip', instead: ofEsp },
  { name: 'no-stub', instead: ofEsp },
  { name: 'override-vddsdio', value: 'a voltage', instead: ofEsp },
  { name: 'connect-attempts', value: 'a number', instead: '`--attempts`, or `attempts` in the profile' },
  { name: 'trace', short: 't', instead: '`--trace FILE`' },
  { name: 'verbose', short: 'v', instead: '`--verbose`' },
  { name: 'silent', short: 's', instead: '`--quiet`' },
];

const commands =
  /^(write|read|erase|verify|load|dump|image|elf2image|make|merge|chip|flash|run|version|get|soft)[-_a-z0-9]*$/;

const usart: DraftEntry = {
  key: 'usart',
  lines: ['usart: { connected: true }'],
  comment: 'esptool speaks over the adapter: TX and RX are taken to reach a USART of the ROM',
};

/** A command line of esptool, a `custom_reset_sequence`, or an esptool.cfg. @throws BootctlError `import-not-understood`, `import-not-possible`, `usage` */
export function importEsptool(whole: CommandLine, choices: ImportChoices, file?: string): Imported {
  if (file !== undefined) return fromConfiguration(file, choices);
  const [only, second] = whole.words;
  if (only && !second && /^[DRUW]/.test(only.text)) return fromSequence(only.text, choices);
  const line = afterProgram(whole, /^esptool(\.py|\.exe)?$/i, 'esptool');
  const command = line.words.findIndex(({ text }) => commands.test(text));
  const head = command < 0 ? line.words : line.words.slice(0, command);
  const given = readOptions({ text: line.text, words: head }, options);
  const [odd] = given.positionals;
  if (odd)
    throw notUnderstood(line.text, odd.column, odd.text, 'an option, or a command of esptool such as write_flash');
  const port = lastOf(given, 'port')?.value;
  const before = lastOf(given, 'before')?.value.replaceAll('_', '-') ?? 'default-reset';
  const rest: readonly ImportNote[] =
    command < 0
      ? []
      : [
          {
            about: line.words
              .slice(command)
              .map(({ text }) => text)
              .join(' '),
            why: ofTheJob('`bootctl recover IMAGE`'),
          },
        ];
  const board = resetBoard(before, given, choices);
  return {
    ...board,
    notCarried: [...board.notCarried, ...uncarried(given), ...rest],
    ...(port !== undefined && { port }),
  };
}

/** The board of `--before`. */
function resetBoard(before: string, given: ReturnType<typeof readOptions>, choices: ImportChoices): Imported {
  const after = lastOf(given, 'after');
  const leaves = after?.value.replaceAll('_', '-') ?? 'hard-reset';
  const notes: ImportNote[] =
    leaves === 'hard-reset'
      ? []
      : [
          {
            about: optionText(after!),
            why: 'bootctl starts the application by a reset, unless `enter` is to stay in the ROM',
          },
        ];
  if (before === 'default-reset') {
    const text = lastOf(given, 'before') ? optionText(lastOf(given, 'before')!) : 'the classic reset of esptool';
    const board = sequenceBoard(classicReset, text, choices);
    return { ...board, notCarried: [...board.notCarried, ...notes] };
  }
  const asked = lastOf(given, 'before')!;
  if (before === 'no-reset' || before === 'no-reset-no-sync') {
    const methods: DraftEntry = {
      key: 'methods',
      lines: ['methods: [manual]'],
      comment: `from ${optionText(asked)}: no line resets the board`,
      from: optionText(asked),
    };
    return {
      description: 'Imported from a command line of esptool',
      entries: [methods, usart],
      assumed: [],
      notCarried: notes,
    };
  }
  throw notPossible(`${optionText(asked)} is a reset of an ESP chip's own USB; an STM32 has nothing like it`);
}

/** A reset of one's own; after it esptool leaves by its usual one, if none is given for that. */
const fromSequence = (text: string, choices: ImportChoices, leaving = hardReset): Imported =>
  sequenceBoard(text, `custom_reset_sequence ${text}`, choices, leaving);

function sequenceBoard(sequence: string, text: string, choices: ImportChoices, leaving = hardReset): Imported {
  const { fit, assumed } = chooseCircuit(
    { entry: parseResetSequence(sequence), exit: parseResetSequence(leaving) },
    { text, usual: ['cross-coupled'], ...(choices.circuit !== undefined && { wanted: choices.circuit }) },
  );
  const made = circuitEntries(fit, text, lineWords.esptool, choices);
  return {
    description: 'Imported from a reset of esptool',
    entries: [...made.entries, usart],
    assumed: [...assumed, ...made.assumed],
    notCarried: made.notCarried,
  };
}

/** An esptool.cfg. */
function fromConfiguration(text: string, choices: ImportChoices): Imported {
  const section = iniSections(text).get('esptool');
  const [firstLine = ''] = text.split('\n', 1);
  if (!section)
    throw notUnderstood(firstLine.trim(), 1, firstLine.trim(), 'a file of esptool with the section [esptool]');
  const { custom_reset_sequence: sequence, custom_hard_reset_sequence: leaving, ...others } = section;
  const board =
    sequence === undefined
      ? sequenceBoard(classicReset, 'the classic reset of esptool', choices, leaving)
      : fromSequence(sequence, choices, leaving);
  const notes = Object.entries(others).map(([key, value]) => ({
    about: `${key} = ${value}`,
    why: 'a time or a count of esptool; bootctl plans its own from the circuit',
  }));
  return { ...board, notCarried: [...board.notCarried, ...notes] };
}
