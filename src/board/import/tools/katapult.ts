import type { DraftEntry } from '../../profile/draft.ts';
import type { ImportChoices, Imported, ImportNote } from '../imported.ts';
import {
  type GivenOption,
  type GivenOptions,
  lastOf,
  numberOf,
  ofTheJob,
  optionText,
  readOptions,
  type ToolOption,
  uncarried,
} from '../input/options.ts';
import { notUnderstood } from '../input/refusals.ts';
import { afterProgram, type CommandLine } from '../input/words.ts';
import { importKlipper, klipperTarget } from './klipper.ts';
import { onCan } from './klipper-config.ts';
import { readPortName } from './port-name.ts';

/** Options of Katapult's scripts/flashtool.py, which was flash_can.py (Arksine/katapult@0601062 and @902f335). */
const options: readonly ToolOption[] = [
  { name: 'device', short: 'd', value: 'a serial device' },
  { name: 'baud', short: 'b', value: 'a baud rate' },
  { name: 'interface', short: 'i', value: 'a CAN interface' },
  { name: 'uuid', short: 'u', value: 'a CAN uuid' },
  {
    name: 'firmware',
    short: 'f',
    value: 'a file',
    instead: ofTheJob('`bootctl recover IMAGE`'),
  },
  { name: 'query', short: 'q', instead: 'nothing of a board' },
  { name: 'status', short: 's', instead: 'nothing of a board; `bootctl list` and `bootctl info`' },
  { name: 'verbose', short: 'v', instead: '`--verbose`' },
  {
    name: 'request-bootloader',
    short: 'r',
    instead:
      'the request starts Katapult, which bootctl does not speak to: only lines or a person get from there to the ROM',
  },
  { name: 'help', short: 'h', instead: 'nothing of a board' },
];

/** A command line of flashtool.py, or the `.config` of a build. @throws BootctlError `import-not-understood`, `import-not-possible` */
export function importKatapult(whole: CommandLine, choices: ImportChoices, file?: string): Imported {
  if (file !== undefined) return throughKatapult(importKlipper(whole, choices, file));
  const line = afterProgram(whole, /^(flashtool|flash_can)\.py$/, 'flashtool.py');
  const given = readOptions(line, options);
  const device = deviceOf(line, given);
  const port = readPortName(device.value);
  const isAdapter = port.kind === 'adapter';
  const from = optionText(device);
  const target = klipperTarget(port.mcu === undefined ? undefined : { text: port.mcu, from }, undefined, choices);
  const usart: DraftEntry = {
    key: 'usart',
    lines: ['usart: { connected: true }'],
    comment: `from ${from}: the same port is taken to reach a USART of the ROM`,
    from,
  };
  const ownUsb = "the port of Katapult or Klipper on the target's own USB; bootctl finds the ROM there by its ids";
  return {
    description: 'Imported from a command line of Katapult',
    entries: [...target.entries, ...(isAdapter ? [usart] : []), byHand],
    assumed: [],
    notCarried: [
      ...target.notes,
      ...rateNote(line, lastOf(given, 'baud')),
      ...(isAdapter ? [] : [{ about: from, why: ownUsb }]),
      ...uncarried(given),
      behind,
    ],
    ...(isAdapter && { port: device.value }),
  };
}

function deviceOf(line: CommandLine, given: GivenOptions): GivenOption {
  const [odd] = given.positionals;
  if (odd) throw notUnderstood(line.text, odd.column, odd.text, 'an option of flashtool.py');
  const device = lastOf(given, 'device');
  if (device) return device;
  const can = lastOf(given, 'uuid') ?? lastOf(given, 'interface');
  if (can) throw onCan(optionText(can));
  throw notUnderstood(line.text, line.text.length + 1, '', '-d and a serial device');
}

function rateNote(line: CommandLine, baud: GivenOption | undefined): readonly ImportNote[] {
  if (!baud) return [];
  numberOf(line, baud, 300, 4_000_000);
  return [{ about: optionText(baud), why: 'the rate of Katapult; the ROM finds that of bootctl by itself' }];
}

const byHand: DraftEntry = {
  key: 'methods',
  lines: ['methods: [manual]'],
  comment: 'a request to the firmware starts Katapult, and not the ROM: a person holds BOOT0 and taps reset',
};

const behind: ImportNote = {
  about: 'where applications start behind Katapult',
  why: 'no option says it: add `target: { applicationStart: 0x08002000 }`, or whatever Katapult was built for, and Katapult stays; an image at 0x08000000 replaces it',
};

/** A build of Katapult: the settings are those of Klipper, and the request leads into Katapult. */
const throughKatapult = (imported: Imported): Imported => ({
  ...imported,
  description: 'Imported from a build of Katapult',
  entries: [
    ...imported.entries.filter(({ key }) => key !== 'softJump' && key !== 'methods' && key !== 'application'),
    byHand,
  ],
  notCarried: [...imported.notCarried, behind],
});
