import type { ImportNote } from '../imported.ts';
import { iniSections, placeOfKey, type Section } from '../input/ini-sections.ts';
import { notPossible, notUnderstood } from '../input/refusals.ts';

/** What Klipper was flashed with, from whichever of its places. */
export interface Settings {
  readonly device?: { readonly text: string; readonly from: string };
  readonly mcu?: { readonly text: string; readonly from: string };
  readonly start?: { readonly address: number; readonly from: string };
  /** `make serialflash`, or a firmware for a USART. */
  readonly isOnUsart: boolean;
  readonly baudRate?: { readonly rate: number; readonly from: string };
  readonly usbIds?: { readonly vendorId: string; readonly productId: string; readonly from: string };
  readonly others: readonly ImportNote[];
}

/** The reason why a board on CAN is no board of bootctl. */
export const onCan = (from: string) =>
  notPossible(
    `${from}: the board is on a CAN bus, and bootctl reaches a ROM over USB and over its USART`,
    'The ROM of most STM32 is on USB or a USART as well: bring a cable there, and describe the board by `bootctl profile new`.',
  );

/** A number of a `.config`. @throws BootctlError `import-not-understood` */
function numberIn(text: string, config: Section, key: string, least: number, most: number): number | undefined {
  const value = config[key];
  if (value === undefined) return undefined;
  const number = /^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  const { line, column } = placeOfKey(text, key);
  throw notUnderstood(line, column, value, `a number from ${least} to ${most}`);
}

const usbId = (number: number): string => number.toString(16).padStart(4, '0');

/** The `.config` of a build (src/stm32/Kconfig, src/generic/Kconfig). */
export function fromConfig(text: string): Settings {
  // A file without sections: one is put before it.
  const config: Section = iniSections(`[config]\n${text}`).get('config') ?? {};
  const mcu = config.CONFIG_MCU;
  if (mcu === undefined) {
    throw notUnderstood('.config', 1, text.split('\n', 1)[0]!, 'a .config of Klipper or Katapult, with CONFIG_MCU');
  }
  const can = ['CONFIG_CANSERIAL', 'CONFIG_USBCANBUS'].find((key) => config[key] === 'y');
  if (can !== undefined) throw onCan(`${can}=y`);
  const number = (key: string, least: number, most: number) => numberIn(text, config, key, least, most);
  const startKey =
    config.CONFIG_FLASH_APPLICATION_ADDRESS === undefined ? 'CONFIG_FLASH_START' : 'CONFIG_FLASH_APPLICATION_ADDRESS';
  const start = number(startKey, 0x0800_0000, 0x0fff_ffff);
  const [vendor, product] = [number('CONFIG_USB_VENDOR_ID', 0, 0xffff), number('CONFIG_USB_DEVICE_ID', 0, 0xffff)];
  const rate = number('CONFIG_SERIAL_BAUD', 300, 4_000_000);
  return {
    mcu: { text: mcu, from: `CONFIG_MCU=${mcu}` },
    ...(start !== undefined && { start: { address: start, from: `${startKey}=${config[startKey]}` } }),
    isOnUsart: config.CONFIG_SERIAL === 'y' || config.CONFIG_STM32_SERIAL === 'y',
    ...(rate !== undefined && { baudRate: { rate, from: `CONFIG_SERIAL_BAUD=${rate}` } }),
    ...(vendor !== undefined &&
      product !== undefined && {
        usbIds: {
          vendorId: usbId(vendor),
          productId: usbId(product),
          from: 'CONFIG_USB_VENDOR_ID and CONFIG_USB_DEVICE_ID',
        },
      }),
    others: [],
  };
}
