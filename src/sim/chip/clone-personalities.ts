import { flashBase, KiB, newGeneration, ram, sectors, usualUsart } from './rom-generations.ts';
import type { RomDfuPersonality, RomPersonality } from './rom-personality.ts';

/**
 * For neither chip is there a source for the ROM's start-up time, the flash times or the USART. Our choice: no time,
 * and 100 ms to appear on USB.
 */
const silicon = {
  productId: 0x410,
  startup: 100,
  usbConnection: 100,
  geometry: { sectors: sectors(flashBase, [128, 1 * KiB, 0]), unit: 4, unitTime: 0, massEraseTime: 0 },
  ram: [ram(32 * KiB)],
  usart: usualUsart,
} as const satisfies Partial<RomPersonality>;

const dfu = { ...newGeneration, transferSize: 2048 } as const satisfies Partial<RomDfuPersonality>;

/** ROMs of other makers. Little beside their ids and strings is known. */
export const clonePersonalities = {
  GD32VF103: {
    ...silicon,
    id: 'GD32VF103',
    source:
      'riscv-mcu/gd32-dfu-utils#5 (listing), #4 (transfer size), #3 (announcements); dfu-util 0.11 quirks.c (true pages, serial number, leave); dfu-rs/cargo-dfu#7 (strings); dirtyjtag/DirtyJTAG#75 (memory map, as its user manual says)',
    bootloader: { id: 0, address: 0x1fff_b000 },
    memories: [
      { kind: 'system', address: 0x1fff_b000, size: 18 * KiB },
      { kind: 'option-bytes', address: 0x1fff_f800, size: 16 },
    ],
    dfu: {
      ...dfu,
      maker: { vendorId: 0x28e9, productId: 0x0189, name: 'GigaDevice' },
      bcdDevice: 0x1000,
      product: 'GD32 USB DFU in FS Mode',
      serialNumber: '\u4333\u4a42', // "3CBJ", one byte a character
      alternates: ['@Internal Flash  /0x08000000/512*002Kg', '@Option Bytes  /0x1FFFF800/01*016 g'],
      announces: { program: 100, erase: 100, massErase: 100 },
      leaveStatus: 'unasked',
    },
  },
  AT32F415: {
    ...silicon,
    id: 'AT32F415',
    source:
      'listings of AT32F415 keyboards (ids, strings, layout); DavidClawson/OpenScope-2C53T docs/dfu_mode_guide.md (product string); keirf/flashfloppy#539 (sizes); hardware/QUIRKS.md Q47 (leave)',
    bootloader: { id: 0, address: 0x1fff_ac00 },
    memories: [{ kind: 'option-bytes', address: 0x1fff_f800, size: 32 }],
    dfu: {
      ...dfu,
      maker: { vendorId: 0x2e3c, productId: 0xdf11, name: 'Artery' },
      bcdDevice: 0x0200,
      product: 'AT32 Bootloader DFU',
      serialNumber: 'AT32',
      alternates: ['@Internal Flash  /0x08000000/ 128*1Kg', '@Option Byte   /0x1FFFF800/02*016 e'],
      leaveStatus: 'lost',
    },
  },
} as const satisfies Record<string, RomPersonality>;
