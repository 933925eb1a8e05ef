import { BootctlError } from '../../base/errors.ts';
import type { an3155Command } from './constants.ts';

export type CommandName = keyof typeof an3155Command;

/** Their titles in AN3155 §3. */
export const commandTitles: Readonly<Record<CommandName, string>> = {
  get: 'Get',
  getVersion: 'Get Version',
  getId: 'Get ID',
  readMemory: 'Read Memory',
  go: 'Go',
  writeMemory: 'Write Memory',
  erase: 'Erase',
  extendedErase: 'Extended Erase',
  writeProtect: 'Write Protect',
  writeUnprotect: 'Write Unprotect',
  readoutProtect: 'Readout Protect',
  readoutUnprotect: 'Readout Unprotect',
};

/** Of those that the client sends, the ones that readout protection forbids (AN3155 §3). */
export const protectable: ReadonlySet<CommandName> = new Set([
  'readMemory',
  'go',
  'writeMemory',
  'erase',
  'extendedErase',
  'writeUnprotect',
]);

/** The command is not in the list that Get has answered. */
export const notListed = (name: CommandName): BootctlError =>
  new BootctlError('usart-nack', `This ROM's Get does not list ${commandTitles[name]}`);

/** The ROM supports the command and refused it. */
export const isProtected = (title: string, does: string, cause: unknown): BootctlError =>
  new BootctlError('readout-protected', `The ROM ${does} ${title}: the flash is readout-protected`, { cause });
