import type { ImportChoices, Imported, ImportNote } from '../imported.ts';
import {
  type GivenOptions,
  lastOf,
  ofTheJob,
  optionText,
  readOptions,
  type ToolOption,
  uncarried,
} from '../input/options.ts';
import { notUnderstood } from '../input/refusals.ts';
import { afterProgram, type CommandLine } from '../input/words.ts';
import { heldWhileClosed } from '../sequence/choose-circuit.ts';
import { circuitEntries } from '../sequence/circuit-entries.ts';
import { type OwnLine, ownLines } from '../sequence/circuits.ts';
import type { Fit } from '../sequence/fit-circuit.ts';
import { lineWords } from '../sequence/line-words.ts';
import { usartEntry } from './rom-usart.ts';

/** Options of stm32loader (src/stm32loader/args.py, florisla/stm32loader@6fa7e05, 0.8), and what bootctl has instead. */
const options: readonly ToolOption[] = [
  { name: 'swap-rts-dtr', short: 's' },
  { name: 'reset-active-high', short: 'R' },
  { name: 'boot0-active-low', short: 'B' },
  { name: 'port', short: 'p', value: 'a port' },
  { name: 'baud', short: 'b', value: 'a baud rate' },
  { name: 'parity', short: 'P', value: 'even or none' },
  { name: 'family', short: 'f', value: 'a family such as F1' },
  { name: 'erase', short: 'e', instead: ofTheJob('`bootctl erase`; `recover` erases what the image needs') },
  { name: 'unprotect', short: 'u', instead: ofTheJob('`--unprotect`') },
  { name: 'protect', short: 'x', instead: 'bootctl sets no readout protection' },
  { name: 'write-unprotect', instead: ofTheJob('`--unprotect`') },
  { name: 'write-protect', instead: 'bootctl sets no write protection' },
  { name: 'write', short: 'w', instead: ofTheJob('`bootctl recover IMAGE`, or `bootctl flash IMAGE`') },
  { name: 'verify', short: 'v', instead: 'bootctl always reads back, unless `--no-verify` is given' },
  { name: 'read', short: 'r', instead: ofTheJob('`bootctl read FILE`') },
  { name: 'length', short: 'l', value: 'a length', instead: ofTheJob('`--length`') },
  { name: 'address', short: 'a', value: 'an address', instead: ofTheJob('`--address`') },
  { name: 'go-address', short: 'g', value: 'an address', instead: 'bootctl starts the application by a reset' },
  { name: 'verbose', short: 'V', instead: '`--verbose`' },
  { name: 'quiet', short: 'q', instead: '`--quiet`' },
  { name: 'no-progress', short: 'n', instead: '`--quiet`' },
  { name: 'version', instead: 'nothing of a board' },
  { name: 'help', short: 'h', instead: 'nothing of a board' },
];

/** stm32loader holds NRST for 100 ms (bootloader.py, `_reset`). */
const pulse = 100;

/** Which line is which, and the level of its pin while it is asserted; by `lineWords`. */
function linesOf(given: GivenOptions): { readonly nrst: OwnLine; readonly boot0: OwnLine } {
  const isSet = (name: string) => lastOf(given, name) !== undefined;
  const [reset, boot] = isSet('swap-rts-dtr') ? (['rts', 'dtr'] as const) : (['dtr', 'rts'] as const);
  return {
    nrst: { signal: reset, atOne: isSet('reset-active-high') ? 1 : 0 },
    boot0: { signal: boot, atOne: isSet('boot0-active-low') ? 1 : 0 },
  };
}

/** A command line of stm32loader. @throws BootctlError `import-not-understood`, `import-not-possible` */
export function importStm32loader(whole: CommandLine, choices: ImportChoices): Imported {
  const line = afterProgram(whole, /^stm32loader(\.py|\.exe)?$/i, 'stm32loader');
  const given = readOptions(line, options);
  const [file, extra] = given.positionals;
  if (extra) throw notUnderstood(line.text, extra.column, extra.text, 'one file');
  const { nrst, boot0 } = linesOf(given);
  const flags = given.given.filter(({ option }) =>
    ['swap-rts-dtr', 'reset-active-high', 'boot0-active-low'].includes(option.name),
  );
  const from =
    flags.length === 0 ? "stm32loader's own lines, without -s, -R and -B" : flags.map(({ as }) => as).join(' ');
  if (nrst.atOne === 1) throw heldWhileClosed(from, nrst.signal);
  const fit: Fit = { candidate: ownLines(nrst, boot0), exit: 'application', pulse, falls: true, asks: true };
  const made = circuitEntries(fit, from, lineWords.stm32loader, choices);
  const port = lastOf(given, 'port')?.value;
  return {
    description: 'Imported from a command line of stm32loader',
    entries: [...made.entries, usartEntry('stm32loader', line, given)],
    assumed: made.assumed,
    notCarried: [
      ...notes(line, given),
      ...uncarried(given),
      ...(file ? [{ about: file.text, why: ofTheJob('the image or file of the command') }] : []),
    ],
    ...(port !== undefined && { port }),
  };
}

function notes(line: CommandLine, given: GivenOptions): readonly ImportNote[] {
  const [parity, family] = [lastOf(given, 'parity'), lastOf(given, 'family')];
  if (parity && !/^(even|none)$/.test(parity.value)) {
    throw notUnderstood(line.text, parity.column, parity.value, `even or none after ${parity.as}`);
  }
  return [
    ...(family
      ? [
          {
            about: optionText(family),
            why: 'a family has several lines; `--family` names one, such as F103_md, and without it the ROM says which it is',
          },
        ]
      : []),
    ...(parity
      ? [
          {
            about: optionText(parity),
            why:
              parity.value === 'even'
                ? 'bootctl always uses even parity, as AN3155 has it'
                : 'no parity is for a BlueNRG, or for an adapter that has none; bootctl speaks 8E1',
          },
        ]
      : []),
  ];
}
