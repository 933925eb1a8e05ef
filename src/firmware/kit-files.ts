import { sha256Hex } from '../base/sha256.ts';
import type { FirmwarePlan } from './choose.ts';
import { configName, configText } from './config.ts';

/** A file of the kit in somebody's firmware. */
export interface KitFile {
  readonly name: string;
  readonly text: string;
}

/** `bootctl_firmware.h` and `.c`, as bootctl ships them. */
export interface KitSources {
  readonly header: string;
  readonly source: string;
}

export const headerName = 'bootctl_firmware.h';
export const sourceName = 'bootctl_firmware.c';
export const singleName = 'bootctl_firmware_single.h';

/** What is to be written for a board: three files, or one. Each ends in a line by which bootctl knows that nobody has changed it. */
export function kitFiles(plan: FirmwarePlan, kit: KitSources, single: boolean): readonly KitFile[] {
  const config = configText(plan);
  const files = single
    ? [{ name: singleName, text: singleHeader(config, kit) }]
    : [
        { name: headerName, text: kit.header },
        { name: sourceName, text: kit.source },
        { name: configName, text: config },
      ];
  return files.map(({ name, text }) => ({ name, text: stamped(text) }));
}

/** The source is compiled where one file says so. */
const singleHeader = (config: string, { header, source }: KitSources): string =>
  [
    withoutOwn(config),
    withoutOwn(header),
    '/* In one file: #define BOOTCTL_FIRMWARE_IMPLEMENTATION before the #include. */',
    '#ifdef BOOTCTL_FIRMWARE_IMPLEMENTATION',
    withoutOwn(source),
    '#endif',
    '',
  ].join('\n');

const ownInclude = /^#include "bootctl_[a-z]+\.h"\n/gm;
const withoutOwn = (text: string): string => text.replace(ownInclude, '');

const stampOf = (text: string): string => `/* unchanged while sha256 of all above is ${sha256Hex(text)} (bootctl) */\n`;
const stamped = (text: string): string => `${text}${stampOf(text)}`;

/** Whether a text is as some version of bootctl has written it. Line ends of Windows are no change. */
export function isUnchanged(text: string): boolean {
  const plain = text.replaceAll('\r\n', '\n');
  const start = plain.lastIndexOf('\n', plain.length - 2) + 1;
  return start > 0 && plain.slice(start) === stampOf(plain.slice(0, start));
}
