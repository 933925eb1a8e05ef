import { afterAll, describe, expect, test } from 'vitest';
import { Chip, type ChipOptions } from './chip.ts';
import { Compiler, compiled, emulatorMissing } from './compile.ts';
import { command, type Differences, entered, imageOf, running } from './emulated.ts';
import { type Line, lineOf, variants } from './lines.ts';

const missing = emulatorMissing();
const compiler = new Compiler();
afterAll(() => compiler[Symbol.asyncDispose]());

async function life(line: Line, differences: Differences, options: ChipOptions = {}): Promise<string[]> {
  return new Chip(line, await imageOf(compiler, line, differences), options).live('power', command);
}

describe.skipIf(missing)('an L072 that "lands in the bootloader, no DFU appears"', compiled, () => {
  const l072 = lineOf('L072');
  const seed = (...definitions: string[]) => ({
    application: [
      '-DFAULTY="faulty/seed-003.h"',
      '-DENTER=seed_ask()',
      '-DMAIN_FIRST=seed_check()',
      '-DSTART=(void)0',
      ...definitions.map((one) => `-D${one}`),
    ],
  });

  test('1. the request is a variable: the start-up code has set it to 0 before it is read', async () => {
    expect(await life(l072, seed('FIX=0'))).toEqual(['reset', ...running]);
  });

  test('2. SYSCFG has no clock: the remap is lost, and the "ROM" is the application again', async () => {
    const chip = new Chip(l072, await imageOf(compiler, l072, seed('FIX=1')), { rom: 'plain' });
    expect(chip.live('power', command)).toEqual(['reset', ...running]);
    expect(chip.peripherals.lost).toContain('40010000: no clock');
  });

  test('3. the tick that HAL_RCC_DeInit() has started runs into a vector of the ROM', async () => {
    const [, end] = await life(l072, seed('FIX=2', 'HAL_TICK'), { rom: 'plain' });
    expect(end).toBe('ROM: stuck: SysTick runs into a vector of the ROM');
  });

  test('4. all that mended, ROM V4.0 waits for a host', async () => {
    expect(await life(l072, seed('FIX=2'), { rom: 'plain' })).toEqual(entered);
  });

  test('5. ROM V4.1 finds a stack pointer in the flash, and goes back', async () => {
    expect(await life(l072, seed('FIX=2'))).toEqual(['reset', 'ROM: starts the application', ...running]);
  });

  test('V4.1: the kit comes back as well, by a clean reset; with BOOT0 at 1 the ROM stays', async () => {
    expect(await life(l072, {})).toEqual(['reset', 'ROM: starts the application', 'reset', ...running]);
    expect(await life(l072, {}, { boot0: true })).toEqual(entered);
  });

  test('V4.1: an image whose first word is no stack pointer lets the ROM stay', async () => {
    expect(await life(l072, { application: ['-DNO_STACK_WORD'] })).toEqual(entered);
  });
});

describe.skipIf(missing)('a jump out of the running application, on F405', compiled, () => {
  const jump = (...definitions: string[]) => ({
    application: ['-DFAULTY="faulty/direct-jump.h"', '-DENTER=direct_jump()', ...definitions.map((one) => `-D${one}`)],
  });

  test('takes everything along', async () => {
    const [end] = await life(lineOf('F405'), jump('CLEAN=0'));
    for (const one of [
      'CONTROL is 2',
      'SysTick',
      'interrupts enabled',
      'interrupts pending',
      'SysTick or PendSV pending',
    ])
      expect(end).toContain(one);
    expect(end).toContain('not as after a reset: 40023800=1000083');
  });

  test('with a clean core: the clocks are left', async () => {
    const [end] = await life(lineOf('F405'), jump('CLEAN=1'));
    expect(end).toBe('ROM: stuck: not as after a reset: 40023800=1000083');
  });

  test('with interrupts masked the ROM hears no USB', async () => {
    const [end] = await life(lineOf('F405'), jump('CLEAN=1', 'MASKED'));
    expect(end).toContain('interrupts are masked');
  });
});

describe.skipIf(missing)('other faults', compiled, () => {
  test('__set_MSP() at -O0 is undone by its own epilogue', async () => {
    const application = ['-DFAULTY="faulty/set-msp.h"', '-DMAIN_FIRST=classic_jump()', '-DSTART=(void)0'];
    const [end] = await life(lineOf('F103'), { application, optimize: '-O0' });
    expect(end).toMatch(/^ROM: stuck: MSP is 2000[0-9a-f]{4}/);
  });

  test('F103 without BKPEN: the registers read 0, the request cannot be kept, and the application goes on', async () => {
    const chip = new Chip(
      lineOf('F103'),
      await imageOf(compiler, lineOf('F103'), { config: { PWR_EN_MASK: '0x10000000u' } }),
      { manner: 4 },
    );
    expect(chip.live('power', command)).toEqual(running);
    expect(chip.told).toEqual([1, 2, 3]);
  });

  test('H743: a request in RAM without the write-back of its cache line is lost', async () => {
    const line = variants.find(({ device, ramToken }) => device === 'H743' && ramToken !== undefined)!;
    expect(await life(line, {})).toEqual(entered);
    expect(await life(line, { config: { DCACHE: '' } })).toEqual(['reset', ...running]);
  });

  test('F042 looks whether its flash is empty', async () => {
    expect(await life(lineOf('F042'), {})).toEqual(['reset', 'ROM: starts the application', 'reset', ...running]);
  });
});
