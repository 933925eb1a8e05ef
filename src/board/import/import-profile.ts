import { isBootctlError } from '../../base/errors.ts';
import { type DraftEntry, type DraftKey, draftText } from '../profile/draft.ts';
import { parseProfile } from '../profile/parse-profile.ts';
import type { BoardProfile } from '../profile.ts';
import type { ImportChoices, Imported, ImportNote, ToolName } from './imported.ts';
import { notPossible } from './input/refusals.ts';
import { type CommandLine, commandLine } from './input/words.ts';
import { importEsptool } from './tools/esptool.ts';
import { importKatapult } from './tools/katapult.ts';
import { importKlipper } from './tools/klipper.ts';
import { importPlatformio } from './tools/platformio.ts';
import { adapterOf } from './tools/port-name.ts';
import { importStm32flash } from './tools/stm32flash.ts';
import { importStm32loader } from './tools/stm32loader.ts';

/** What a tool's settings are read from: words of a command line, or the text of a file of the tool. */
export interface ImportInput {
  readonly words: readonly string[];
  readonly file?: { readonly name: string; readonly text: string };
}

type Reader = (line: CommandLine, choices: ImportChoices, file?: string) => Imported;

interface ToolRow {
  readonly read: Reader;
  /** Names of files that it may be read from instead of a command line. */
  readonly files?: RegExp;
  /** A word that is no command line, and that no shell has to cut. */
  readonly bare?: RegExp;
}

const readers: Readonly<Record<ToolName, ToolRow>> = {
  stm32flash: { read: importStm32flash },
  stm32loader: { read: importStm32loader },
  platformio: { read: importPlatformio, files: /\.ini$/ },
  klipper: { read: importKlipper, files: /(^|[/\\])\.?config[^/\\]*$|\.config$/ },
  katapult: { read: importKatapult, files: /(^|[/\\])\.?config[^/\\]*$|\.config$/ },
  esptool: { read: importEsptool, files: /\.(cfg|ini)$/, bare: /^[DRUW][\d.]/ },
};

function lineFor(tool: ToolName, words: readonly string[]): CommandLine {
  const [only = ''] = words;
  if (words.length === 1 && readers[tool].bare?.test(only)) return { text: only, words: [{ text: only, column: 1 }] };
  return commandLine(words);
}

/** Whether this word names a file of the tool, and no word of a command line. */
export const isToolFile = (tool: ToolName, word: string): boolean => readers[tool].files?.test(word) === true;

/** Whether a text from standard input is a file of the tool: a command line has one line. */
export const isToolText = (tool: ToolName, text: string): boolean =>
  readers[tool].files !== undefined && text.trim().includes('\n');

/** A profile made of a tool's settings. */
export interface ImportedProfile extends Omit<Imported, 'entries' | 'description'> {
  readonly text: string;
  readonly profile: BoardProfile;
  readonly carried: readonly { readonly key: DraftKey; readonly value: string; readonly from: string }[];
}

const targetEntry = (family: string): DraftEntry => ({
  key: 'target',
  lines: [`target: { family: ${family} }`],
  comment: 'from --family',
  from: `--family ${family}`,
});

const applicationEntry: DraftEntry = {
  key: 'application',
  lines: ['application: { expect: none }'],
  comment: 'no option says how to see that it runs; `{ expect: serial, match: "text" }` would',
};

const usbNote: ImportNote = {
  about: "the target's own USB",
  why: 'nothing is said of it: a DFU device is waited for as well; `usb: { connected: false }` spares that where the cable is not there',
};

const portDepends =
  'which port it is depends on the host: `--port`, or `adapter` in the profile with what `bootctl list` shows';

const noteText = (title: string, { about, why }: ImportNote): string => `${title}: ${about}: ${why}.`;

/** What the tool's reader found, and what follows from it for any tool. */
function completed({ description, entries: read, assumed, notCarried, port }: Imported, family: string | undefined) {
  const has = (key: DraftKey) => read.some((entry) => entry.key === key);
  const adapter = port === undefined ? { entries: [], assumed: [] } : adapterOf(port);
  return {
    description,
    entries: [
      ...read,
      ...adapter.entries,
      ...(family === undefined || has('target') ? [] : [targetEntry(family)]),
      ...(has('application') ? [] : [applicationEntry]),
    ],
    assumed: [...assumed, ...adapter.assumed, ...(has('usart') && !has('usb') ? [usbNote] : [])],
    notCarried: [
      ...notCarried,
      ...(port === undefined || adapter.entries.length > 0 ? [] : [{ about: port, why: portDepends }]),
    ],
    ...(port !== undefined && { port }),
  };
}

/** Settings can be read, and name what no board has: an application behind the end of the flash. */
function possible(text: string, file: string): BoardProfile {
  try {
    return parseProfile(text, file);
  } catch (error) {
    if (!isBootctlError(error, 'profile-invalid')) throw error;
    const [first = ''] = error.message.split('\n');
    throw notPossible(`the profile of these settings is refused: ${first.replace(/^\S+:\d+:\d+: /, '')}`);
  }
}

/**
 * The profile of a board from what another tool was told of it, with a comment on each line and whatever it does not carry.
 * @throws BootctlError `import-not-understood`, `import-not-possible`, `usage`
 */
export function importProfile(tool: ToolName, id: string, input: ImportInput, choices: ImportChoices): ImportedProfile {
  const line = lineFor(tool, input.words);
  const read = readers[tool].read(line, choices, input.file?.text);
  const { description, entries, ...lists } = completed(read, choices.family);
  const head = [
    `Imported by \`bootctl profile import --from ${tool}\` from: ${input.file?.name ?? line.text}`,
    ...lists.assumed.map((note) => noteText('ASSUMED', note)),
    ...lists.notCarried.map((note) => noteText('Not carried over', note)),
  ];
  const text = draftText({ id, description, head, entries });
  return {
    text,
    profile: possible(text, `${id}.yaml`),
    carried: entries.flatMap(({ key, lines, from }) =>
      from === undefined ? [] : [{ key, value: lines.join('\n'), from }],
    ),
    ...lists,
  };
}
