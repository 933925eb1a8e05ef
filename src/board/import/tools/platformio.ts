import { findChip } from '../../../chips/find-chip.ts';
import { lineOfPart } from '../../../chips/line-of-part.ts';
import type { DraftEntry } from '../../profile/draft.ts';
import type { ImportChoices, Imported, ImportNote } from '../imported.ts';
import { iniSections, placeOfKey, type Section } from '../input/ini-sections.ts';
import { notPossible, notUnderstood } from '../input/refusals.ts';
import { type CommandLine, commandLine } from '../input/words.ts';
import { importEsptool } from './esptool.ts';
import { importStm32flash, stm32flashBoard } from './stm32flash.ts';
import { importStm32loader } from './stm32loader.ts';

/** Keys that say how a board is reached. All others say what is built, or how it is looked at. */
const looked = [
  'platform',
  'board',
  'board_build.mcu',
  'upload_protocol',
  'upload_port',
  'upload_flags',
  'upload_command',
  'upload_speed',
  'extra_scripts',
  'extends',
];

/** Protocols of platform-ststm32 that no line of an adapter has a part in (docs: "upload_protocol"; boards/*.json). */
const otherWays: Readonly<Record<string, string>> = {
  stlink: 'a debug probe',
  jlink: 'a debug probe',
  'cmsis-dap': 'a debug probe',
  blackmagic: 'a debug probe',
  mbed: 'the drive of a debug probe',
  hid: 'the HID bootloader in the flash',
  mchck: 'a bootloader in the flash',
};

/** platform-ststm32's builder/main.py: `stm32flash -g … -b 115200 -w` for the protocol serial. */
const ownFlags = ['-b', '115200'];

/** A platformio.ini. @throws BootctlError `import-not-understood`, `import-not-possible`, `usage` */
export function importPlatformio(line: CommandLine, choices: ImportChoices, file?: string): Imported {
  if (file === undefined) {
    const [first] = line.words;
    throw notUnderstood(
      line.text,
      first?.column ?? 1,
      first?.text ?? '',
      'a platformio.ini, or - for one on standard input',
    );
  }
  const { name, section } = environmentOf(file, choices.environment);
  const { platform, upload_port: port } = section;
  if (platform !== undefined && !/ststm32/.test(platform)) {
    const place = placeOfKey(file, 'platform');
    throw notUnderstood(place.line, place.column, platform, 'ststm32, the platform of STM32');
  }
  const target = targetOf(section, choices);
  const found = byProtocol(file, section, choices, target.line);
  return {
    ...found,
    description: `Imported from ${name} of a platformio.ini`,
    entries: [...target.entries, ...found.entries],
    notCarried: [...target.notes, ...found.notCarried, ...unused(section)],
    ...(port === undefined ? {} : { port }),
  };
}

/** Keys that say nothing of how the ROM is reached. */
function* unused(section: Section): Generator<ImportNote> {
  const { board = 'the firmware', extra_scripts: scripts, upload_speed: speed } = section;
  if (scripts !== undefined) {
    yield {
      about: `extra_scripts = ${scripts}`,
      why: 'a script may replace the upload: look in it for a line of stm32flash, and import that',
    };
  }
  if (speed !== undefined) {
    yield { about: `upload_speed = ${speed}`, why: 'bootctl finds the fastest rate of the ROM by itself' };
  }
  const rest = Object.keys(section).filter((key) => !looked.includes(key));
  if (rest.length > 0) yield { about: rest.join(', '), why: `they say how ${board} is built and looked at` };
}

/** The environment that is meant, with what it takes from `[env]` and from the sections that it extends. */
function environmentOf(file: string, wanted: string | undefined): { readonly name: string; readonly section: Section } {
  const sections = iniSections(file);
  const names = [...sections.keys()].filter((name) => name.startsWith('env:')).map((name) => name.slice('env:'.length));
  const [byDefault, ...more] = (sections.get('platformio')?.default_envs ?? '').split(/[\s,]+/).filter(Boolean);
  const name = wanted ?? (names.length === 1 ? names[0] : more.length === 0 ? byDefault : undefined);
  if (name === undefined || !names.includes(name)) {
    const found = wanted ?? (names.length === 0 ? 'no [env:…]' : `${names.length} environments`);
    throw notUnderstood(
      'platformio.ini',
      1,
      found,
      names.length === 0 ? 'a file with environments' : `one of them by \`--environment\`: ${names.join(', ')}`,
    );
  }
  const whole = { ...sections.get('env'), ...extended(sections, `env:${name}`, []) };
  const value = (text: string): string =>
    text.replace(
      /\$\{([^}]+)\.([^.}]+)\}/g,
      (written, of: string, key: string) =>
        sections.get(of)?.[key] ?? (of === 'this' ? whole[key] : undefined) ?? written,
    );
  return {
    name: `[env:${name}]`,
    section: Object.fromEntries(Object.entries(whole).map(([key, text]) => [key, value(text)])),
  };
}

function extended(sections: ReadonlyMap<string, Section>, name: string, way: readonly string[]): Section {
  const own = sections.get(name) ?? {};
  const parents = (own.extends ?? '').split(/[\s,]+/).filter((parent) => parent !== '' && !way.includes(parent));
  return { ...Object.assign({}, ...parents.map((parent) => extended(sections, parent, [...way, name]))), ...own };
}

/** The line of the target, by the name of the board or of its chip. */
function targetOf(
  section: Section,
  choices: ImportChoices,
): { readonly entries: readonly DraftEntry[]; readonly notes: readonly ImportNote[]; readonly line?: string } {
  const [key, named] =
    section['board_build.mcu'] === undefined
      ? (['board', section.board] as const)
      : (['board_build.mcu', section['board_build.mcu']] as const);
  const line = choices.family ?? (named === undefined ? undefined : lineOfPart(named));
  if (named === undefined) return { entries: [], notes: [], ...(line !== undefined && { line }) };
  const from = `${key} = ${named}`;
  if (line === undefined)
    return { entries: [], notes: [{ about: from, why: 'its name says no line; `--family` does, such as F103_md' }] };
  return {
    entries: [{ key: 'target', lines: [`target: { family: ${line} }`], comment: `from ${from}`, from }],
    notes: [],
    line,
  };
}

type Found = Omit<Imported, 'description' | 'port'>;

function byProtocol(file: string, section: Section, choices: ImportChoices, line: string | undefined): Found {
  const { upload_protocol: protocol, upload_flags: flags = '' } = section;
  if (protocol === 'serial') {
    const given = commandLine([flags]);
    const words = ownFlags.map((text) => ({ text, column: 1 }));
    return stm32flashBoard({ text: given.text, words: [...words, ...given.words] }, choices);
  }
  if (protocol === 'dfu') return dfu(line, 'upload_protocol = dfu');
  if (protocol === 'custom') return byCommand(section, choices, line);
  if (protocol === undefined) {
    throw notPossible(
      'the environment has no upload_protocol: the board then has its own, which is a debug probe for most',
      'Add `upload_protocol = serial`, `dfu` or `custom` as you upload, and import again; or describe the board by `bootctl profile new`.',
    );
  }
  const other = Object.hasOwn(otherWays, protocol) ? otherWays[protocol] : undefined;
  if (other === undefined) {
    const place = placeOfKey(file, 'upload_protocol');
    throw notUnderstood(
      place.line,
      place.column,
      protocol,
      `serial, dfu, custom; or one of ${Object.keys(otherWays).join(', ')}`,
    );
  }
  throw notPossible(`upload_protocol = ${protocol} is ${other}: no line of an adapter and no ROM has a part in it`);
}

function dfu(line: string | undefined, from: string): Found {
  const chip = line === undefined ? undefined : findChip(line);
  if (chip && !chip.hasDfu) {
    throw notPossible(
      `${from}: the ROM of ${chip.name} has no USB DFU, so this is a bootloader in the flash, which bootctl does not enter`,
    );
  }
  return {
    entries: [
      {
        key: 'methods',
        lines: ['methods: [manual]'],
        comment: `from ${from}: a person starts the ROM, which is then reached over USB`,
        from,
      },
    ],
    assumed: [],
    notCarried: [],
  };
}

const programs: readonly (readonly [RegExp, (line: CommandLine, choices: ImportChoices) => Imported])[] = [
  [/\bstm32flash\b/, importStm32flash],
  [/\bstm32loader\b/, importStm32loader],
  [/\besptool\b/, importEsptool],
];

function byCommand(
  { upload_command: command = '', upload_flags: flags = '' }: Section,
  choices: ImportChoices,
  line: string | undefined,
): Found {
  const text = command.replace(/\$\{?UPLOAD_FLAGS\}?|\$\{?UPLOADERFLAGS\}?/g, flags);
  if (/\bdfu-util\b/.test(text)) return dfu(line, `upload_command = ${command}`);
  const program = programs.find(([name]) => name.test(text));
  if (!program)
    throw notPossible(
      `upload_command = ${command} is of a program that import does not read`,
      'It reads lines of stm32flash, stm32loader, esptool and dfu-util.',
    );
  return program[1](commandLine([text]), choices);
}
