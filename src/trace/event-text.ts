import { amount, milliseconds, seconds } from '../base/text.ts';
import type { ProgressEvent } from '../ops/job/events.ts';

/** Bootloaders by the words of AN3156 and AN3155. */
export const bootloaderNames = { dfu: 'DFU', usart: 'USART' } as const;
const places = { dfu: 'at USB path', usart: 'on' } as const;

const modemLineNames = { rts: 'RTS', dtr: 'DTR' };

type TextOf = { readonly [E in ProgressEvent as E['event']]?: (event: E) => string };

const leaveWords = {
  'dfu-leave': 'told the bootloader to leave',
  go: 'told the ROM to go',
  reset: 'reset with BOOT0 low',
} as const;

/** Text of each event for a person. Events of a phase become progress instead. */
const texts: TextOf = {
  'adapter.opened': ({ port }) => `adapter ${port} is open`,
  'gpio.opened': ({ chip, offsets }) =>
    `line ${offsets.join(' and ')} of ${chip} ${offsets.length > 1 ? 'are' : 'is'} held, idle`,
  'attempt.started': ({ attempt, method, change, margin }) =>
    `${attempt}. ${method} (${change})${margin === undefined ? '' : `, margin ${milliseconds(margin)}`} …`,
  'window.measured': ({ held, limit }) =>
    `   BOOT0 had to hold for ${milliseconds(held)} and holds for ${milliseconds(limit)} at least`,
  'attempt.failed': ({ attempt, message }) => `attempt ${attempt} failed: ${message}`,
  'calibration.progress': ({ done, total, remaining }) =>
    `   reset ${done} of ${total} at most, ${seconds(remaining)} left at most`,
  'learning.tried': ({ done, most, lines, rom, isFresh, left, heard }) => {
    const seen = [
      ...(rom
        ? [isFresh ? `the ROM came (${bootloaderNames[rom]})` : `the ROM runs on (${bootloaderNames[rom]})`]
        : []),
      ...(left.length > 0 ? [`${left.join(', ')} left the bus`] : []),
      ...(heard ? ['something was heard'] : []),
    ];
    return `   ${done} of ${most} at most: ${lines}: ${seen.join('; ') || 'nothing'}`;
  },
  'operator.asked': ({ message }) => `>>> ${message}`,
  waiting: ({ what, timeout }) => `   waiting up to ${timeout / 1000} s for ${what}`,
  'bootloader.entered': ({ bootloader, path, product }) =>
    `the ${bootloaderNames[bootloader]} bootloader answers${product ? `: ${product}` : ''} ${places[bootloader]} ${path}`,
  'usart.rate': ({ baudRate, works, message }) =>
    works ? `the ROM's USART runs at ${baudRate} baud now` : `   ${baudRate} baud does not work: ${message}`,
  'memory.written': ({ setting, bytes, readBack, message }) =>
    `memory ${setting}: ${amount(bytes, 'bytes')} written, ${readBack === 'same' ? 'read back and compared' : `not read back: ${message}`}`,
  'target.memory': ({ setting, layout }) => `${setting}  ${layout}`,
  'target.id': ({ uniqueId, message }) =>
    uniqueId === null ? `unique id: cannot be read: ${message}` : `unique id: ${uniqueId}`,
  'target.quirks': ({ quirks }) => `known peculiarities: ${quirks.length > 0 ? quirks.join(', ') : 'none'}`,
  'flash.planned': ({ kept, filled, erased, massErase, massEraseRefused, bytes, estimate }) => {
    const parts = [
      [kept, 'kept'],
      [filled, 'blank'],
      [erased, massErase ? 'erased at once' : 'to erase'],
    ] as const;
    const sectors = parts.flatMap(([number, fate]) => (number > 0 ? [`${amount(number, 'sectors')} ${fate}`] : []));
    const refused = massEraseRefused === undefined ? '' : `; not erased at once: ${massEraseRefused}`;
    return `plan: ${sectors.join(', ')}; ${amount(bytes, 'bytes')} to write${bytes > 0 ? `, about ${seconds(estimate)}` : ''}${refused}`;
  },
  'target.left': ({ how }) => leaveWords[how],
  'application.seen': ({ proof }) => `the application runs: ${proof}`,
  note: ({ message }) => message,
};

const verboseTexts: TextOf = {
  'lines.set': ({ lines, names = modemLineNames, pins, purpose, took }) =>
    `   ${names.rts} ${lines.rts.padEnd(8)}  ${names.dtr} ${lines.dtr.padEnd(8)}  NRST ${pins.nrst}  BOOT0 ${pins.boot0}  ${purpose} (took ${milliseconds(took)})`,
  'target.read': ({ layout, transferSize }) => `   flash ${layout}, ${amount(transferSize, 'bytes')} a transfer`,
};

/** One line on an event, or undefined for an event that has none. */
export function eventText(event: ProgressEvent, verbose: boolean): string | undefined {
  const rows = verbose ? { ...texts, ...verboseTexts } : texts;
  const textOf = rows[event.event] as ((event: ProgressEvent) => string) | undefined;
  return textOf?.(event);
}
