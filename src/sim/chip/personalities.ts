import { clonePersonalities } from './clone-personalities.ts';
import {
  anySerialNumber,
  flashBase,
  KiB,
  memoriesOf,
  newGeneration,
  oldGeneration,
  sectors,
  usualUsart,
} from './rom-generations.ts';
import type { RomPersonality } from './rom-personality.ts';

/**
 * Times are typical values of the datasheets named in the rows; ids, strings and start-up times are of families.json.
 */
export const romPersonalities = {
  F405: {
    id: 'F405',
    source: 'AN2606 T75-T76, T226, T227, T229 (V3.1); dfu-util stm32f40* listings; DS8626 Flash memory programming',
    productId: 0x413,
    bootloader: { id: 0x31, address: 0x1fff_77de },
    startup: 84.59,
    usbConnection: 270,
    geometry: {
      // DS8626, Flash memory programming, parallelism x32: 250 ms, 550 ms, 1 s, word 16 µs, mass erase 8 s (typ)
      sectors: sectors(flashBase, [4, 16 * KiB, 250], [1, 64 * KiB, 550], [7, 128 * KiB, 1000]),
      unit: 4,
      unitTime: 0.016,
      massEraseTime: 8000,
    },
    ...memoriesOf('F405_407'),
    memories: [
      { kind: 'system', address: 0x1fff_0000, size: 0x7800 },
      { kind: 'otp', address: 0x1fff_7800, size: 528 },
      { kind: 'option-bytes', address: 0x1fff_c000, size: 16 },
      { kind: 'feature', address: 0xffff_0000, size: 4 },
    ],
    // RM0090 §39.1; over DFU refused: ST community, thread 0D50X00009XkYuISAV
    uniqueId: { address: 0x1fff_7a10, isHidden: true },
    optionBytes: { address: 0x1fff_c000 },
    dfu: {
      ...oldGeneration,
      serialNumber: 'STM32FxSTM32', // hardware/QUIRKS.md Q43
      alternates: [
        '@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg',
        '@Option Bytes  /0x1FFFC000/01*016 e',
        '@OTP Memory /0x1FFF7800/01*512 e,01*016 e',
        '@Device Feature/0xFFFF0000/01*004 e',
      ],
      announces: { program: 'true', erase: 'true', massErase: 100 }, // the 100 ms are a lie (hardware/QUIRKS.md Q30)
      optionWriteResets: true,
    },
    usart: usualUsart,
  },
  H743: {
    id: 'H743',
    source: 'AN2606 T226, T227, T229; dfu-util listings of H743 boards; DS12110 Flash memory programming',
    productId: 0x450,
    bootloader: { id: 0x92, address: 0x1ff1_e7fe },
    startup: 53.975,
    usbConnection: 53.9764,
    geometry: {
      // DS12110, Flash memory programming, parallelism x64: sector 1 s, 256-bit word 100 µs, mass erase 5 s a bank
      // (typ)
      sectors: sectors(flashBase, [16, 128 * KiB, 1000]),
      unit: 32,
      unitTime: 0.1,
      massEraseTime: 10_000,
      programsOnce: true, // RM0433 §4.3.9: a 256-bit word with ECC
    },
    ...memoriesOf('H74x_75x'),
    memories: [
      { kind: 'system', address: 0x1ff0_0000, size: 0x1_e800 },
      { kind: 'option-bytes', address: 0x5200_201c, size: 128 },
    ],
    uniqueId: { address: 0x1ff1_e800 }, // RM0399 §64.1; that the ROM shows it is our choice
    dfu: {
      ...newGeneration,
      serialNumber: '200364500000', // hardware/QUIRKS.md Q43: the same on many boards
      alternates: ['@Internal Flash   /0x08000000/16*128Kg', '@Option Bytes   /0x5200201C/01*128 e'],
    },
    usart: { ...usualUsart, autoBaud: { clock: 64_000_000, jitter: 8 } },
  },
  G0B1: {
    id: 'G0B1',
    source: 'AN2606 T111, T226, T227, T229; listing of a 128 KB G0B1; DS13560 Flash memory characteristics',
    productId: 0x467,
    bootloader: { id: 0x92, address: 0x1fff_9ffe },
    startup: 0.39,
    usbConnection: 300,
    geometry: {
      // DS13560, Flash memory characteristics: page 22.0 ms, 64-bit word 85 µs, mass erase 22.1 ms (typ)
      sectors: sectors(flashBase, [64, 2 * KiB, 22]),
      unit: 8,
      unitTime: 0.085,
      massEraseTime: 22.1,
      programsOnce: true, // RM0444, flash programming
    },
    ...memoriesOf('G0B1_0C1'),
    memories: [
      { kind: 'system', address: 0x1fff_0000, size: 0x7000 },
      { kind: 'system', address: 0x1fff_8000, size: 0x7000 },
      { kind: 'option-bytes', address: 0x1fff_7800, size: 128 },
    ],
    uniqueId: { address: 0x1fff_7590 }, // RM0444 §41.1; that the ROM shows it over DFU is our choice
    dfu: {
      ...newGeneration,
      serialNumber: anySerialNumber,
      alternates: [
        '@Internal Flash   /0x08000000/64*02Kg',
        '@Internal Flash   /0x08000000/64*02Kg',
        '@Internal Flash   /0x08000000/64*02Kg',
      ],
    },
    usart: { ...usualUsart, autoBaud: { clock: 24_000_000, jitter: 1 } },
  },
  L072: {
    id: 'L072',
    source:
      'AN2606 T148, T149, T226, T227, T229 (V4.1); listing of an L072 192 KB; DS10690 Flash memory characteristics',
    productId: 0x447,
    bootloader: { id: 0x41, address: 0x1ff0_1ffe },
    startup: 0.61,
    usbConnection: 140,
    geometry: {
      // DS10690, Flash memory: erase 3.28 ms, word or half-page program 3.28 ms (typ); the use of half-pages by the ROM
      // is our choice
      sectors: sectors(flashBase, [1536, 128, 3.28]),
      unit: 64,
      unitTime: 3.28,
      erased: 0x00, // openocd src/flash/nor/stm32lx.c
      massEraseTime: 1536 * 3.28, // no mass erase command in the hardware that the ROM uses: page by page (our choice)
    },
    ...memoriesOf('L07x_08x_usb'),
    memories: [
      { kind: 'system', address: 0x1ff0_0000, size: 0x2000 },
      { kind: 'eeprom', address: 0x0808_0000, size: 6 * KiB },
      { kind: 'option-bytes', address: 0x1ff8_0000, size: 32 },
    ],
    // STM32CubeL0 stm32l0xx_hal.c, HAL_GetUIDw0 to w2; that the ROM shows it is our choice
    uniqueId: { address: 0x1ff8_0050, offsets: [0, 4, 0x14] },
    dfu: {
      ...oldGeneration,
      serialNumber: '205C36783731', // our choice: twelve hex digits, as in ROMs
      alternates: [
        '@Internal Flash  /0x08000000/1536*128g',
        '@Option Bytes  /0x1FF80000/01*032 e',
        '@DATA Memory /0x08080000/2*3Ke',
      ],
    },
    usart: { ...usualUsart, autoBaud: { clock: 16_000_000, jitter: 8 }, massErase: false },
  },
  ...clonePersonalities,
} as const satisfies Record<string, RomPersonality>;

export type PersonalityId = keyof typeof romPersonalities;
