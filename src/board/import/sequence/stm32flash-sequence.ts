import { notUnderstood } from '../input/refusals.ts';
import type { Move, Sequence, Signal } from './moves.ts';

/**
 * The grammar of `-i`, as stm32flash's init.c (`gpio_sequence`) and its manual page have it: `[entry][:[exit]]`; a signal is
 * `rts`, `dtr`, `brk` or a number, with `-` for 0; `,` waits 100 ms and `&` does not; delimiters may be repeated, or left out.
 */
const signalPattern = /(-?)(rts|dtr|brk|\d+)/y;
/** init.c: `sleep_time = 100000`. */
const comma = 100;
const signals = 'rts, dtr, brk or the number of a GPIO';

/** A sequence, and whether it sends a break, which no line of a board can be. */
export interface GpioSequence extends Sequence {
  readonly breaks: boolean;
}

/** @throws BootctlError `import-not-understood` with the column in `text` */
export function parseGpioSequence(text: string): GpioSequence {
  const colon = text.indexOf(':');
  const entry = movesIn(text, 0, colon < 0 ? text.length : colon);
  if (entry.moves.length === 0) {
    throw notUnderstood(text, 1, text.slice(0, 1), `the sequence that enters the bootloader: ${signals}`);
  }
  const exit = colon < 0 ? undefined : movesIn(text, colon + 1, text.length);
  return {
    entry: entry.moves,
    ...(exit && exit.moves.length > 0 && { exit: exit.moves }),
    breaks: entry.breaks || exit?.breaks === true,
  };
}

function movesIn(text: string, start: number, end: number): { moves: readonly Move[]; breaks: boolean } {
  const moves: Move[] = [];
  let breaks = false;
  for (let at = start; at < end; ) {
    const delimiter = text[at]!;
    if (delimiter === ',' || delimiter === '&') {
      const last = moves.pop();
      const wait = delimiter === ',' ? comma : 0;
      // stm32flash takes delimiters in front of the first signal as a wait after the port was opened.
      moves.push(last ? { ...last, wait: last.wait + wait } : { set: {}, wait });
      at++;
      continue;
    }
    signalPattern.lastIndex = at;
    const match = signalPattern.exec(text);
    if (!match) throw unknownSignal(text, at);
    const [whole, sign, name = ''] = match;
    if (name !== 'brk') moves.push(moveOf(name, sign === '-' ? 0 : 1));
    breaks ||= name === 'brk' && sign !== '-'; // "-brk has no effect", stm32flash.1
    at += whole.length;
  }
  return { moves: moves.some(({ set }) => Object.keys(set).length > 0) ? moves : [], breaks };
}

function moveOf(name: string, level: 0 | 1): Move {
  if (name === 'rts' || name === 'dtr') return { set: { [name]: level }, wait: 0 };
  const signal: Signal = `gpio${Number(name)}`;
  return { set: { [signal]: level } as Move['set'], wait: 0 };
}

function unknownSignal(text: string, at: number) {
  const hasSign = text[at] === '-';
  const place = hasSign ? at + 1 : at;
  const found = /^[a-z0-9]+|^.?/i.exec(text.slice(place))![0];
  return notUnderstood(text, place + 1, found, hasSign ? `${signals} after the -` : `${signals}; - before it for low`);
}
