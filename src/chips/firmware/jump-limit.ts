import type { Chip } from '../chip.ts';
import type { FirmwareVerdict } from './chip-firmware.ts';

const limits: Readonly<Record<FirmwareVerdict, ((name: string) => string) | undefined>> = {
  jump: undefined,
  conditional: (name) => `a jump from the application reaches the ROM of ${name} only under a condition`,
  'self-charge': (name) => `a jump from the application does not reach the ROM of ${name}`,
  refused: (name) => `nobody has shown that a jump from the application reaches the ROM of ${name}`,
};

/** What stands against a jump from the application into the ROM of a line, as a sentence with its rule. Undefined where nothing is known. */
export function jumpLimit({ name, firmware }: Chip): string | undefined {
  const limit = firmware && limits[firmware.verdict];
  return limit && `${limit(name)}: ${firmware.rule}`;
}
