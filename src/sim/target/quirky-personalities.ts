import { romPersonalities } from './personalities.ts';
import {
  anySerialNumber,
  flashBase,
  KiB,
  newGeneration,
  oldGeneration,
  ram,
  sectors,
  systemUpTo,
  usualUsart,
} from './personality-parts.ts';
import type { RomPersonality } from './rom-personality.ts';

const { F405, H743, G0B1 } = romPersonalities;
const bankTwo = flashBase + 1024 * KiB;

/** ROMs that do not keep to AN3156 or AN3155, each in its own way; ids and times are of hardware/targets. */
export const quirkyPersonalities = {
  L476: {
    id: 'L476',
    source:
      'AN2606 T171, T226, T227, T229 (V9.2); DS10198 Flash memory characteristics; the layout is ours, after L43x',
    productId: 0x415,
    bootloader: { id: 0x92, address: 0x1fff_6ffe },
    startup: 55, // with its watch crystal
    usbConnection: 300,
    geometry: {
      sectors: sectors(flashBase, [512, 2 * KiB, 22]),
      unit: 8,
      unitTime: 0.082,
      massEraseTime: 22,
      programsOnce: true,
    },
    ram: [ram(96 * KiB)],
    memories: [systemUpTo(0x1fff_6ffe, 0x7000)],
    dfu: {
      ...oldGeneration,
      serialNumber: anySerialNumber,
      alternates: ['@Internal Flash  /0x08000000/512*0002Kg'],
      earlyPoll: 'stall',
      garblesOddBlocks: true,
    },
    usart: usualUsart,
  },
  C562: {
    id: 'C562',
    source:
      'betaflight-configurator@e1320fe usbdfu.js (PR 5300) and test/usbdfu; AN2606 T226, T227, T229; times ours, after U5',
    productId: 0x44e,
    bootloader: { id: 0x01, address: 0x0bf8_85fe },
    startup: 4.8,
    usbConnection: 140,
    geometry: { sectors: sectors(flashBase, [64, 8 * KiB, 20]), unit: 16, unitTime: 0.1, massEraseTime: 20 },
    ram: [ram(128 * KiB)],
    memories: [systemUpTo(0x0bf8_85fe, 0x8000)],
    dfu: {
      ...newGeneration,
      serialNumber: anySerialNumber,
      alternates: ['@Internal Flash /0x08000000/64*08Kg'],
      clearStatusOutsideError: 'stall',
      hangsOnFunctionalDescriptor: true,
    },
    usart: usualUsart,
  },
  H743revV: {
    ...H743,
    id: 'H743 rev V',
    source: 'betaflight-configurator@e1320fe usbdfu.js: stays in dfuDNBUSY after the first sector of bank 2',
    dfu: { ...H743.dfu, wedge: { onErase: bankTwo, until: 'clear-status' } },
  },
  H743V91: {
    ...H743,
    id: 'H743 V9.1',
    source: 'AN2606 chapter 60: an erase in bank 2 is acknowledged early; how early is ours',
    bootloader: { ...H743.bootloader, id: 0x91 },
    dfu: { ...H743.dfu, earlyErase: { from: bankTwo, after: 5 } },
  },
  H743V133: {
    ...H743,
    id: 'H743 V13.3',
    source: 'AN2606 chapter 60: mass erase by DFU does not work',
    bootloader: { ...H743.bootloader, id: 0xd3 },
    dfu: { ...H743.dfu, ignoresMassErase: true },
  },
  H7A3: {
    ...H743,
    id: 'H7A3',
    source: 'AN2606 T138 (V9.0 names sectors of 2 KB), T226, T227, T229; RM0455 (sectors of 8 KB); times ours',
    productId: 0x480,
    bootloader: { id: 0x90, address: 0x1ff1_3ffe },
    startup: 545,
    usbConnection: 545,
    geometry: {
      sectors: sectors(flashBase, [256, 8 * KiB, 20]),
      unit: 16,
      unitTime: 0.1,
      massEraseTime: 20,
      programsOnce: true,
    },
    memories: [systemUpTo(0x1ff1_3ffe, 0x1_4000)],
    dfu: { ...H743.dfu, alternates: ['@Internal Flash   /0x08000000/256*02Kg'] },
  },
  F427: {
    ...F405,
    id: 'F427',
    source:
      'AN2606 T90 (V7.0 does not erase bank 2 by DFU), T226, T227, T229; layout of hardware/targets; DS8626 times',
    productId: 0x419,
    bootloader: { id: 0x70, address: 0x1fff_76de },
    startup: 82,
    usbConnection: 250,
    geometry: {
      ...F405.geometry,
      sectors: sectors(
        flashBase,
        ...[0, 1].flatMap(() => [
          [4, 16 * KiB, 250] as const,
          [1, 64 * KiB, 550] as const,
          [7, 128 * KiB, 1000] as const,
        ]),
      ),
      massEraseTime: 16_000,
    },
    ram: [ram(192 * KiB)],
    dfu: {
      ...F405.dfu,
      alternates: ['@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg,04*016Kg,01*064Kg,07*128Kg'],
      erasesNothingFrom: bankTwo,
    },
  },
  G071: {
    ...G0B1,
    id: 'G071',
    source: 'AN2606 T108 (V11.3 acknowledges an erase 40 ms early), T226, T227; no DFU (T3); DS13560 times',
    productId: 0x460,
    bootloader: { id: 0xb3, address: 0x1fff_6ffe },
    usbConnection: Number.POSITIVE_INFINITY,
    geometry: G0B1.geometry,
    ram: [ram(36 * KiB)],
    memories: [systemUpTo(0x1fff_6ffe, 0x7000)],
    usart: { ...usualUsart, earlyEraseAck: 40 },
  },
  G0B0: {
    ...G0B1,
    id: 'G0B0',
    source: 'AN2606 T110 (V13.0 erases one sector of bank 2 a command), T226, T227; the rest as G0B1',
    bootloader: { id: 0xd0, address: 0x1fff_9ffe },
    dfu: { ...G0B1.dfu, ignoresMassErase: true },
    usart: { ...usualUsart, erasesOneAtATime: true },
  },
  L152: {
    id: 'L152',
    source: 'AN2606 T226, T227, T229; layout of hardware/targets; times ours, after DS10690',
    productId: 0x427,
    bootloader: { id: 0x40, address: 0x1ff0_1ffe },
    startup: 0.708,
    usbConnection: 849,
    geometry: {
      sectors: sectors(flashBase, [1024, 256, 3.28]),
      unit: 128,
      unitTime: 3.28,
      massEraseTime: 1024 * 3.28,
      erased: 0x00, // openocd src/flash/nor/stm32lx.c
    },
    ram: [ram(32 * KiB)],
    memories: [systemUpTo(0x1ff0_1ffe, 0x2000)],
    dfu: {
      ...oldGeneration,
      serialNumber: anySerialNumber,
      alternates: ['@Internal Flash  /0x08000000/1024*256 g'],
      ignoresMassErase: true,
    },
    usart: { ...usualUsart, massErase: false },
  },
  WB55: {
    id: 'WB55',
    source:
      'ST community m-p/222327 (FUS on top of the flash); AN2606 T226, T227, T229; layout and times ours, after G0',
    productId: 0x495,
    bootloader: { id: 0xd5, address: 0x1fff_6ffe },
    startup: 0.39,
    usbConnection: 300,
    geometry: {
      sectors: sectors(flashBase, [256, 4 * KiB, 22]),
      unit: 8,
      unitTime: 0.085,
      massEraseTime: 22,
      programsOnce: true,
    },
    lostByMassErase: 'wireless stack',
    ram: [ram(192 * KiB)],
    memories: [systemUpTo(0x1fff_6ffe, 0x7000)],
    dfu: { ...newGeneration, serialNumber: anySerialNumber, alternates: ['@Internal Flash   /0x08000000/256*04Kg'] },
    usart: usualUsart,
  },
} as const satisfies Record<string, RomPersonality>;
