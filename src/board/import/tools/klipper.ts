import { flashBootloaderOf } from '../../../chips/flash-bootloaders.ts';
import { lineOfPart } from '../../../chips/line-of-part.ts';
import type { DraftEntry } from '../../profile/draft.ts';
import type { ImportChoices, Imported, ImportNote } from '../imported.ts';
import {
  type GivenOptions,
  lastOf,
  numberOf,
  ofTheJob,
  optionText,
  readOptions,
  type ToolOption,
} from '../input/options.ts';
import { notPossible, notUnderstood } from '../input/refusals.ts';
import { afterProgram, type CommandLine, type Word } from '../input/words.ts';
import { fromConfig, type Settings } from './klipper-config.ts';
import { klipperOnUsart, klipperOnUsb } from './klipper-ways.ts';
import { readPortName } from './port-name.ts';

/** Options of Klipper's scripts/flash_usb.py (Klipper3d/klipper@03c7f98). */
const options: readonly ToolOption[] = [
  { name: 'type', short: 't', value: 'a micro-controller' },
  { name: 'device', short: 'd', value: 'a device' },
  { name: 'start', short: 's', value: 'an address' },
  { name: 'no-sudo', instead: 'nothing of a board' },
];

/** `make flash FLASH_DEVICE=…`, a line of flash_usb.py, or the `.config` of a build. @throws BootctlError `import-not-understood`, `import-not-possible` */
export function importKlipper(line: CommandLine, choices: ImportChoices, file?: string): Imported {
  return boardOf(file === undefined ? fromLine(line) : fromConfig(file), choices);
}

function fromLine(line: CommandLine): Settings {
  const isMake = line.words.some(({ text }) => /^make$/.test(text));
  if (isMake || line.words[0]?.text.startsWith('FLASH_DEVICE=')) return fromMake(line);
  const after = afterProgram(line, /^flash_usb\.py$/, 'flash_usb.py, or `make flash FLASH_DEVICE=…`');
  const given = readOptions(after, options);
  return { ...optionsOf(after, given), isOnUsart: false };
}

function optionsOf(line: CommandLine, given: GivenOptions): Omit<Settings, 'isOnUsart'> {
  const [type, device, start] = [lastOf(given, 'type'), lastOf(given, 'device'), lastOf(given, 'start')];
  const image = given.positionals[0];
  return {
    ...(type && { mcu: { text: type.value, from: optionText(type) } }),
    ...(device && { device: { text: device.value, from: optionText(device) } }),
    ...(start && { start: { address: numberOf(line, start, 0x0800_0000, 0x0fff_ffff), from: optionText(start) } }),
    others: image ? [{ about: image.text, why: ofTheJob('`bootctl recover IMAGE`') }] : [],
  };
}

/** Variables of Klipper's make that say nothing of a board. */
const makeVariables = /^(KCONFIG_CONFIG|NOSUDO|OUT|V|PYTHON)=/;

function fromMake({ text, words }: CommandLine): Settings {
  let device: Word | undefined;
  let goal: string | undefined;
  for (const word of words) {
    if (word.text.startsWith('FLASH_DEVICE=')) device = word;
    else if (/^(flash|serialflash)$/.test(word.text)) goal = word.text;
    else if (!/^(make|sudo|-j\d*)$/.test(word.text) && !makeVariables.test(word.text)) {
      throw notUnderstood(text, word.column, word.text, 'make, flash or serialflash, and FLASH_DEVICE=…');
    }
  }
  if (!device) throw notUnderstood(text, text.length + 1, '', 'FLASH_DEVICE= and a device');
  return {
    device: { text: device.text.slice('FLASH_DEVICE='.length), from: device.text },
    isOnUsart: goal === 'serialflash',
    others: [],
  };
}

/** Devices of Klipper that are no STM32 (flash_usb.py, SMOOTHIE_HELP and RP2040_HELP). */
const otherChips: Readonly<Record<string, string>> = { '1d50:6015': 'a Smoothieboard', '2e8a:0003': 'an RP2040' };
const romDfu = '0483:df11';

/** Klipper names each F103 like this, whatever the size of its flash (Kconfig: `default "stm32f103xe" if MACH_STM32F103`). */
const anyF103 = /^stm32f103xe$/i;

/** The line of the target by the name that Klipper has for it. */
export function klipperTarget(
  mcu: { readonly text: string; readonly from: string } | undefined,
  start: Settings['start'],
  choices: ImportChoices,
): { readonly entries: readonly DraftEntry[]; readonly notes: readonly ImportNote[] } {
  if (mcu && !/^stm32/i.test(mcu.text)) throw notPossible(`${mcu.from}: ${mcu.text} is no STM32`);
  const known = mcu && !anyF103.test(mcu.text) ? lineOfPart(mcu.text) : undefined;
  const family = choices.family ?? known;
  const place =
    start && start.address !== 0x0800_0000
      ? `0x${start.address.toString(16).toUpperCase().padStart(8, '0')}`
      : undefined;
  const parts = [
    ...(family === undefined ? [] : [`family: ${family}`]),
    ...(place === undefined ? [] : [`applicationStart: ${place}`]),
  ];
  const from = [
    ...(known !== undefined && choices.family === undefined ? [mcu!.from] : []),
    ...(choices.family === undefined ? [] : [`--family ${choices.family}`]),
    ...(place === undefined ? [] : [start!.from]),
  ].join('; ');
  return {
    entries:
      parts.length === 0
        ? []
        : [{ key: 'target', lines: [`target: { ${parts.join(', ')} }`], comment: `from ${from}`, from }],
    notes:
      mcu && family === undefined
        ? [
            {
              about: mcu.from,
              why: anyF103.test(mcu.text)
                ? 'Klipper calls every STM32F103 so, whatever its flash; `--family F103_md` or `F103_hd` says which it is'
                : 'no line of that name is known; `--family` names one',
            },
          ]
        : [],
  };
}

function boardOf(settings: Settings, choices: ImportChoices): Imported {
  const { device, start, isOnUsart, baudRate, usbIds, others } = settings;
  const port = device ? readPortName(device.text) : undefined;
  const mcu = settings.mcu ?? (port?.mcu === undefined ? undefined : { text: port.mcu, from: device!.from });
  const target = klipperTarget(mcu, start, choices);
  const way = wayOf(device, isOnUsart || port?.kind === 'adapter', {
    ...(baudRate && { baudRate }),
    ...(usbIds && { usbIds }),
  });
  const isPort = device !== undefined && !/^[0-9a-f]{4}:[0-9a-f]{4}$/i.test(device.text);
  return {
    description: 'Imported from the flash settings of Klipper',
    entries: [...target.entries, ...way.entries],
    assumed: way.assumed,
    notCarried: [...target.notes, ...way.notes, ...startNotes(start), ...others],
    ...(isPort && way.usesAdapter && { port: device.text }),
  };
}

const startNotes = (start: Settings['start']): readonly ImportNote[] =>
  start && start.address !== 0x0800_0000
    ? [
        {
          about: `the bootloader before ${start.from}`,
          why: 'where one is in the flash, the request to Klipper starts it and not the ROM; then a person has to start the ROM',
        },
      ]
    : [];

function wayOf(device: Settings['device'], isOnUsart: boolean, more: Pick<Settings, 'baudRate' | 'usbIds'>) {
  const id = device?.text.toLowerCase() ?? '';
  const [vendorId = '', productId = ''] = id.split(':');
  const bootloader = otherChips[id] ?? flashBootloaderOf({ vendorId, productId })?.name;
  if (bootloader) throw notPossible(`${device!.from} is ${bootloader}, and not the ROM of an STM32`);
  if (id === romDfu) {
    const methods: DraftEntry = {
      key: 'methods',
      lines: ['methods: [manual]'],
      comment: `from ${device!.from}: a person has started the ROM, which was on USB`,
      from: device!.from,
    };
    return { entries: [methods], assumed: [], notes: [], usesAdapter: false };
  }
  return isOnUsart ? klipperOnUsart(more.baudRate) : klipperOnUsb(device, more.usbIds);
}
