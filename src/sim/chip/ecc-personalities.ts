import {
  anySerialNumber,
  flashBase,
  KiB,
  memoriesOf,
  newGeneration,
  sectors,
  systemUpTo,
  usualUsart,
} from './rom-generations.ts';
import type { RomPersonality } from './rom-personality.ts';

const usual = { ...newGeneration, serialNumber: anySerialNumber };

/** 512 KiB in pages of 2 KiB that are programmed by double words. */
const pages512K = {
  sectors: sectors(flashBase, [256, 2 * KiB, 22]),
  unit: 8,
  unitTime: 0.085,
  massEraseTime: 22,
  programsOnce: true,
} as const;

/** Further chips whose flash has ECC. Ids and layouts are from hardware/targets. Times are our choice, after G0. */
export const eccPersonalities = {
  L552: {
    id: 'L552',
    source:
      'AN2606 T3, T226, T227, T229; unit of embassy-rs/stm32-data memory.rs; RIOT issue 17874 (NMI on a double error); the layout is ours, after L4',
    productId: 0x472,
    bootloader: { id: 0x92, address: 0x0bf9_7ffe },
    startup: 0.39,
    usbConnection: 300,
    geometry: pages512K,
    ...memoriesOf('L552_562'),
    memories: [systemUpTo(0x0bf9_7ffe, 0x8000)],
    dfu: { ...usual, alternates: ['@Internal Flash   /0x08000000/256*02Kg'] },
    usart: usualUsart,
  },
  G474: {
    id: 'G474',
    source: 'AN2606 T117, T226, T227, T229; layout of hardware/targets; unit of embassy-rs/stm32-data memory.rs',
    productId: 0x469,
    bootloader: { id: 0xd5, address: 0x1fff_6ffe },
    startup: 0.39,
    usbConnection: 300,
    geometry: pages512K,
    ...memoriesOf('G47x_48x'),
    memories: [systemUpTo(0x1fff_6ffe, 0x7000)],
    dfu: { ...usual, alternates: ['@Internal Flash   /0x08000000/256*02Kg'] },
    usart: usualUsart,
  },
  U575: {
    id: 'U575',
    source:
      'AN2606 T3, T226, T227, T229; layout of hardware/targets; unit of embassy-rs/stm32-data memory.rs; trezor-firmware PR 5312 (NMI on a double error)',
    productId: 0x482,
    bootloader: { id: 0x92, address: 0x0bf9_9efe },
    startup: 0.39,
    usbConnection: 300,
    geometry: {
      sectors: sectors(flashBase, [128, 8 * KiB, 22]),
      unit: 16,
      unitTime: 0.1,
      massEraseTime: 22,
      programsOnce: true,
    },
    ...memoriesOf('U575_585'),
    memories: [systemUpTo(0x0bf9_9efe, 0x8000)],
    dfu: { ...usual, alternates: ['@Internal Flash   /0x08000000/128*08Kg'] },
    usart: usualUsart,
  },
  H563: {
    id: 'H563',
    source:
      'AN2606 T127, T128 (no Read Unprotect), T226, T227, T229; layout of hardware/targets; unit of embassy-rs/stm32-data memory.rs',
    productId: 0x484,
    bootloader: { id: 0xe5, address: 0x0bf9_fafe },
    startup: 1.8,
    usbConnection: 245,
    geometry: {
      sectors: sectors(flashBase, [256, 8 * KiB, 22]),
      unit: 16,
      unitTime: 0.1,
      massEraseTime: 22,
      programsOnce: true,
    },
    ...memoriesOf('H563_573'),
    memories: [systemUpTo(0x0bf9_fafe, 0x8000)],
    dfu: { ...usual, commands: [0x00, 0x21, 0x41], alternates: ['@Internal Flash   /0x08000000/256*08Kg'] },
    usart: usualUsart,
  },
} as const satisfies Record<string, RomPersonality>;
