import { flashBase, KiB, memoriesOf, oldGeneration, sectors, systemUpTo, usualUsart } from './rom-generations.ts';
import type { RomPersonality } from './rom-personality.ts';

/**
 * Chips whose core sees the flash on two buses. Ids and layouts are from hardware/targets. Flash times are our choice,
 * after F4: both erase and program by sectors of that order.
 */
export const f7Personalities = {
  F745: {
    id: 'F745',
    source: 'AN2606 T226, T227, T229 (V7.x); layout of hardware/targets; times ours, after DS8626',
    productId: 0x449,
    bootloader: { id: 0x70, address: 0x1ff0_edbe },
    startup: 16.63,
    usbConnection: 230,
    geometry: {
      sectors: sectors(flashBase, [4, 32 * KiB, 250], [1, 128 * KiB, 550], [3, 256 * KiB, 1000]),
      unit: 4,
      unitTime: 0.016,
      massEraseTime: 8000,
    },
    ...memoriesOf('F74x_75x'),
    memories: [systemUpTo(0x1ff0_edbe, 0xedc0)],
    dfu: {
      ...oldGeneration,
      serialNumber: 'STM32FxSTM32', // hardware/QUIRKS.md Q43
      alternates: ['@Internal Flash  /0x08000000/04*032Kg,01*128Kg,03*256Kg'],
    },
    usart: usualUsart,
  },
  F722: {
    id: 'F722',
    source: 'AN2606 T226, T227, T229; layout of hardware/targets; times ours, after DS8626',
    productId: 0x452,
    bootloader: { id: 0x90, address: 0x1ff0_edbe },
    startup: 17.93,
    usbConnection: 320,
    geometry: {
      sectors: sectors(flashBase, [4, 16 * KiB, 250], [1, 64 * KiB, 550], [3, 128 * KiB, 1000]),
      unit: 4,
      unitTime: 0.016,
      massEraseTime: 8000,
    },
    ...memoriesOf('F72x_73x'),
    memories: [systemUpTo(0x1ff0_edbe, 0xedc0)],
    dfu: {
      ...oldGeneration,
      serialNumber: 'STM32FxSTM32',
      alternates: ['@Internal Flash  /0x08000000/04*016Kg,01*64Kg,03*128Kg'],
    },
    usart: usualUsart,
  },
} as const satisfies Record<string, RomPersonality>;
