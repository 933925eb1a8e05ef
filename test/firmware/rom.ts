import type { Chip } from './chip.ts';

/** SP of the ROMs that QMK and Klipper print; any value does, because the model compares with the same word. */
export const romStack = 0x20002d48;

interface Rule {
  readonly when: (chip: Chip) => boolean;
  readonly says: (chip: Chip) => string;
  readonly source: string;
  /** One source, or sources that contradict each other: the kit is held to it, silicon may be kinder. */
  readonly doubtful?: true;
}

const hex = (value: number) => value.toString(16);

/** What keeps a ROM from working, as it is entered. */
export const obstacles: readonly Rule[] = [
  {
    when: ({ cpu }) => (cpu.get('PRIMASK') & 1) !== 0,
    says: () => 'interrupts are masked',
    source: 'AN2606 Rev 70 §4.1; QMK stm32_dfu.c@1cb51c2; Cleanflight system_stm32f10x.c; ST community td-p/886272',
  },
  {
    when: ({ core, cpu }) => core.hasBasepri && (cpu.get('BASEPRI') !== 0 || (cpu.get('FAULTMASK') & 1) !== 0),
    says: () => 'BASEPRI or FAULTMASK is set',
    source: 'flipperzero-firmware targets/f7/src/dfu.c@6c409d33',
    doubtful: true,
  },
  {
    when: ({ cpu }) => (cpu.get('CONTROL') & 3) !== 0,
    says: ({ cpu }) => `CONTROL is ${cpu.get('CONTROL')}`,
    source: 'ARMv7-M ARM B1.4.4: after a reset SP is MSP, and the thread is privileged',
  },
  {
    when: ({ cpu }) => cpu.get('MSP') !== romStack,
    says: ({ cpu }) => `MSP is ${hex(cpu.get('MSP'))}`,
    source: 'AN2606 Rev 70 §4.1; stackoverflow.com 42020893',
  },
  {
    when: ({ core }) => core.isTicking,
    says: () => 'SysTick runs into a vector of the ROM',
    source: 'ST HAL_RCC_DeInit() since L0 driver 1.10.0; AN2606 Rev 70 §4.1',
  },
  {
    when: ({ core }) => core.enabled.some(Boolean),
    says: () => 'NVIC: interrupts enabled',
    source: 'AN2606 Rev 70 §4.1',
  },
  {
    when: ({ core }) => core.pending.some(Boolean),
    says: () => 'NVIC: interrupts pending',
    source: 'AN2606 Rev 70 §4.1',
  },
  {
    when: ({ core }) => core.pendingExceptions !== 0,
    says: () => 'SysTick or PendSV pending',
    source: 'AN2606 Rev 70 §4.1',
  },
  {
    when: ({ line, peripherals }) => line.registers.memrmp !== undefined && peripherals.memoryMode !== 1,
    says: () => 'system memory is not at 0',
    source: 'AN2606 Rev 70 §4.1; ST community td-p/394384 (L47x); against it, on F405: circuitpython PR 11270',
    doubtful: true,
  },
  {
    when: ({ line, core }) => line.registers.memrmp === undefined && core.vtor !== (line.rom & ~0x7f) >>> 0,
    says: ({ core }) => `VTOR is ${hex(core.vtor)}`,
    source: 'Betaflight PR 15369 for H5; for the others only an early fault shows it',
    doubtful: true,
  },
  {
    when: ({ peripherals }) => peripherals.changed().length > 0,
    says: ({ peripherals }) => `not as after a reset: ${peripherals.changed().join(', ')}`,
    source: 'AN2606 Rev 70 §4.1; STM32CubeH7 issue 103; Klipper@84104bb',
    doubtful: true,
  },
  {
    when: ({ peripherals }) => peripherals.flags !== 0,
    says: ({ peripherals }) => `reset flags are ${hex(peripherals.flags)}`,
    source: 'Arduino_Core_STM32 93de06d47: the ROM keeps them, and its leave starts the application without a reset',
  },
  {
    when: ({ line: { registers }, peripherals }) => (peripherals.get(registers.rstReg) & registers.rmvf) !== 0,
    says: () => 'RMVF is set, and keeps clearing the flags',
    source: 'RM0433 §8.7.39 (H7: set and reset by software); value after a reset of RCC_CSR in the others',
    doubtful: true,
  },
];

const isStackPointer = (word: number) => (word & 0x2ffe0000) === 0x20000000;

/** What a ROM that works does before it waits for a host. The first that applies. */
export const habits: readonly (Omit<Rule, 'says'> & { readonly does: 'resets the chip' | 'starts the application' })[] =
  [
    {
      when: (chip) => chip.crystalMisses > 0 && chip.line.needsCrystal,
      does: 'resets the chip',
      source: 'circuitpython PR 11270 (F405); AN2662 fig. 52 (F105); stackoverflow.com 72945854',
    },
    {
      when: ({ rom, boot0, flash, bank2 }) =>
        rom === 'bank check' && !boot0 && (isStackPointer(bank2) || isStackPointer(flash.getUint32(0, true))),
      does: 'starts the application',
      source: 'ST community td-p/348496, td-p/408944; stackoverflow.com 42020893; AN2606 Rev 70 table 149 (V4.1)',
    },
    {
      when: ({ rom, boot0, flash }) => rom === 'empty check' && !boot0 && flash.getUint32(0, true) !== 0xffffffff,
      does: 'starts the application',
      source: 'AN2606 Rev 70, note to F04x; Klipper PR 6959',
    },
  ];
