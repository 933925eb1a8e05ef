import { notUnderstood } from '../input/refusals.ts';
import type { Move } from './moves.ts';

/**
 * esptool's `custom_reset_sequence` (docs/en/esptool/configuration-file.rst): commands divided by `|`; `D` and `R` set DTR and
 * RTS, `U` both at once (DTR, RTS), `W` waits so many seconds. 1 is True, which esptool calls "pin @ 0V".
 */
const commandPattern = /^(?:([DR])([01])|U([01]),([01])|W(\d+(?:\.\d*)?|\.\d+))$/;

/** ClassicReset of esptool/reset.py @9ea2c5c, as the documentation writes it; the unix-tight one ends in the same states. */
export const classicReset = 'D0|R1|W0.1|D1|R0|W0.05|D0';
/** HardReset of the same file, after a classic reset: DTR stays released. */
export const hardReset = 'R1|W0.1|R0';

/** @throws BootctlError `import-not-understood` with the column in `text` */
export function parseResetSequence(text: string): readonly Move[] {
  const moves: Move[] = [];
  let column = 1;
  for (const command of text.split('|')) {
    const match = commandPattern.exec(command.trim());
    if (!match) throw notUnderstood(text, column, command, 'D0, D1, R0, R1, U and two of 0 and 1, or W and seconds');
    const [, line, level, dtr, rts, seconds] = match;
    const bit = (digit: string | undefined): 0 | 1 => (digit === '1' ? 1 : 0);
    if (line) moves.push({ set: { [line === 'D' ? 'dtr' : 'rts']: bit(level) }, wait: 0 });
    else if (dtr) moves.push({ set: { dtr: bit(dtr), rts: bit(rts) }, wait: 0 });
    else {
      const last = moves.pop() ?? { set: {}, wait: 0 };
      moves.push({ ...last, wait: last.wait + Number(seconds) * 1000 });
    }
    column += command.length + 1;
  }
  return moves;
}
