import { BootctlError } from '../../errors.ts';
import type { an3155Command } from './constants.ts';

/** Commands that the client sends. */
export type CommandName = Exclude<keyof typeof an3155Command, 'writeProtect' | 'readoutProtect'>;

/** Their titles in AN3155 §3, and whether readout protection forbids them. */
export const commands = {
  get: { title: 'Get', isProtectable: false },
  getVersion: { title: 'Get Version', isProtectable: false },
  getId: { title: 'Get ID', isProtectable: false },
  readMemory: { title: 'Read Memory', isProtectable: true },
  go: { title: 'Go', isProtectable: true },
  writeMemory: { title: 'Write Memory', isProtectable: true },
  erase: { title: 'Erase', isProtectable: true },
  extendedErase: { title: 'Extended Erase', isProtectable: true },
  writeUnprotect: { title: 'Write Unprotect', isProtectable: true },
  readoutUnprotect: { title: 'Readout Unprotect', isProtectable: false },
} as const satisfies Record<CommandName, { title: string; isProtectable: boolean }>;

/** The command is not in the list that Get has answered. */
export const notListed = (name: CommandName): BootctlError =>
  new BootctlError('usart-nack', `This ROM's Get does not list ${commands[name].title}`);

/** The command was refused by a ROM that knows it. */
export const isProtected = (title: string, does: string, cause: unknown): BootctlError =>
  new BootctlError('readout-protected', `The ROM ${does} ${title}: the flash is readout-protected`, { cause });
