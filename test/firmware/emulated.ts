import { expect } from 'vitest';
import { Chip, type ChipOptions } from './chip.ts';
import type { Compiler } from './compile.ts';
import { configurationOf, type Line, ramOrigin } from './lines.ts';

/** The serial command, behind a beginning of itself. */
export const command = { bytes: 'boot bbootloader\r\n' };
export const entered = ['reset', 'ROM: waits for a host'];
export const running = ['application runs'];

export interface Differences {
  /** Other macros of bootctl_config.h; an empty one is left out. */
  readonly config?: Readonly<Record<string, string>>;
  /** Definitions for the application. */
  readonly application?: readonly string[];
  readonly optimize?: string;
  readonly kit?: string;
}

/** The application with the kit for this line. */
export function imageOf(compiler: Compiler, line: Line, { config, application = [], ...more }: Differences = {}) {
  const cache = line.core === 'cortex-m7' ? ['-DWITH_CACHE'] : [];
  return compiler.image({
    core: line.core,
    config: configurationOf(line, config),
    ramOrigin: ramOrigin(line),
    application: [...cache, ...application],
    ...more,
  });
}

/** The same with a configuration that is there. */
export const boardImage = (compiler: Compiler, { line, config }: { readonly line: Line; readonly config: string }) =>
  compiler.image({
    core: line.core,
    config,
    ramOrigin: ramOrigin(line),
    application: line.core === 'cortex-m7' ? ['-DWITH_CACHE'] : [],
  });

/** ROMs that look at the flash first stay only where BOOT0 is 1. */
export const welcoming = ({ kind }: Line): ChipOptions => ({ battery: true, boot0: kind !== 'plain' });

/** A chip that has been asked, and waits in its ROM. */
export function inRom(line: Line, image: Uint8Array, options: ChipOptions = {}): Chip {
  const chip = new Chip(line, image, { ...welcoming(line), ...options });
  expect(chip.live('power', command)).toEqual(entered);
  return chip;
}
