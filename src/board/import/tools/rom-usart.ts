import type { DraftEntry } from '../../profile/draft.ts';
import { type GivenOptions, lastOf, numberOf, optionText } from '../input/options.ts';
import type { CommandLine } from '../input/words.ts';

/** The USART of a tool that speaks to the ROM's, at the rate of its option `baud`. */
export function usartEntry(tool: string, line: CommandLine, given: GivenOptions): DraftEntry {
  const baud = lastOf(given, 'baud');
  const comment = `${tool} speaks to the ROM's USART`;
  if (!baud) return { key: 'usart', lines: ['usart: { connected: true }'], comment };
  const from = optionText(baud);
  const rate = numberOf(line, baud, 300, 4_000_000);
  const lines = [`usart: { connected: true, baudRate: ${rate} }`];
  return { key: 'usart', lines, comment: `${comment}; rate from ${from}`, from };
}
