import { describe, expect, test } from 'vitest';
import type { TargetProgram } from '../../src/sim/board/target-program.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { RomBootloader } from '../../src/sim/chip/rom.ts';
import type { RomPersonality } from '../../src/sim/chip/rom-personality.ts';
import { TargetMemory } from '../../src/sim/chip/target-memory.ts';
import { crashed } from '../../src/sim/firmware/applications.ts';
import { CdcFunction } from '../../src/sim/firmware/usb-cdc.ts';
import { hex, targetBench, transfer } from '../helpers/target-context.ts';

async function onTheBus(program: TargetProgram) {
  const bench = targetBench();
  program.start(bench.context);
  await bench.wait(1000);
  return bench.attached!;
}
const romOf = (personality: RomPersonality) => onTheBus(new RomBootloader(new TargetMemory(personality)));
const serialPort = () =>
  new CdcFunction(
    { vendorId: 0x0483, productId: 0x5740, manufacturer: 'STMicroelectronics', product: 'VCP', serialNumber: '1A' },
    { opened: () => {}, closed: () => {}, received: () => {} },
  );
const configure = '00 09 0100 0000 0000';
const text = (reply: string) => new TextDecoder('utf-16le').decode(hex(reply).subarray(2));

describe('F405 ROM', () => {
  test('device descriptor (USB 2.0 table 9-8; dfu-util listing stm32f40*)', async () => {
    const device = await romOf(romPersonalities.F405);
    const expected = '12 01 00 01 00 00 00 40 83 04 11 df 00 22 01 02 03 01';
    expect(await transfer(device, '80 06 0001 0000 1200')).toBe(expected);
    expect(await transfer(device, '80 06 0001 0000 0800')).toBe(expected.slice(0, 23));
    expect(await transfer(device, '80 06 0001 0000 4000')).toBe(expected);
  });

  test('configuration: four alternates of FE/01/02, the functional descriptor after the last one only', async () => {
    const device = await romOf(romPersonalities.F405);
    expect(await transfer(device, '80 06 0002 0000 ff00')).toBe(
      [
        '09 02 36 00 01 01 00 c0 32',
        '09 04 00 00 00 fe 01 02 04',
        '09 04 00 01 00 fe 01 02 05',
        '09 04 00 02 00 fe 01 02 06',
        '09 04 00 03 00 fe 01 02 07',
        '09 21 0b ff 00 00 08 1a 01', // DFU 1.1 §4.1.3, 2048 bytes
      ].join(' '),
    );
    expect(await transfer(device, '80 06 0002 0000 0900')).toBe('09 02 36 00 01 01 00 c0 32');
  });

  test.each([
    { index: 0, bytes: '04 03 09 04' }, // USB 2.0 table 9-15: English (US)
    { index: 1, string: 'STMicroelectronics' },
    { index: 2, string: 'STM32  BOOTLOADER' },
    { index: 4, string: '@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg' },
    { index: 7, string: '@Device Feature/0xFFFF0000/01*004 e' },
  ])('string $index', async ({ index, bytes, string }) => {
    const device = await romOf(romPersonalities.F405);
    const reply = await transfer(device, `80 06 0${index}03 0904 ff00`);
    if (bytes) expect(reply).toBe(bytes);
    else expect(text(reply)).toBe(string);
    expect(hex(reply)).toHaveLength(hex(reply)[0]!);
    expect(await transfer(device, `80 06 0${index}03 0904 0200`)).toBe(reply.slice(0, 5));
  });

  test('the functional descriptor can be asked for alone (DFU 1.1 §4.1.3)', async () => {
    const device = await romOf(romPersonalities.F405);
    expect(await transfer(device, '81 06 0021 0000 0900')).toBe('09 21 0b ff 00 00 08 1a 01');
  });
});

test.each([
  { id: 'H743', release: '00 02', size: '00 04', alternates: 2, product: 'DFU in FS Mode' },
  { id: 'G0B1', release: '00 02', size: '00 04', alternates: 3, product: 'DFU in FS Mode' },
  { id: 'L072', release: '00 22', size: '00 08', alternates: 3, product: 'STM32  BOOTLOADER' },
] as const)('$id ROM: bcdDevice $release, wTransferSize $size, $alternates alternates', async (row) => {
  const device = await romOf(romPersonalities[row.id]);
  expect((await transfer(device, '80 06 0001 0000 1200')).slice(36, 41)).toBe(row.release);
  const configuration = await transfer(device, '80 06 0002 0000 ff00');
  expect(configuration.endsWith(`09 21 0b ff 00 ${row.size} 1a 01`)).toBe(true);
  expect(configuration.split('fe 01 02')).toHaveLength(row.alternates + 1);
  expect(text(await transfer(device, '80 06 0203 0904 ff00'))).toBe(row.product);
  const names = romPersonalities[row.id].dfu.alternates;
  expect(text(await transfer(device, '80 06 0403 0904 ff00'))).toBe(names[0]);
});

describe('standard requests (USB 2.0 §9.4)', () => {
  test.each([
    { name: 'device qualifier of a full-speed device (§9.6.2)', setup: '80 06 0006 0000 0a00' },
    { name: 'second configuration', setup: '80 06 0102 0000 0900' },
    { name: 'string that does not exist', setup: '80 06 2003 0904 ff00' },
    { name: 'SET_CONFIGURATION of a value that does not exist', setup: '00 09 0200 0000 0000' },
    { name: 'GET_INTERFACE before SET_CONFIGURATION', setup: '81 0a 0000 0000 0100' },
    { name: 'SET_INTERFACE before SET_CONFIGURATION', setup: '01 0b 0000 0000 0000' },
    { name: 'remote wake-up, which it does not have', setup: '00 03 0100 0000 0000' },
    { name: 'SET_DESCRIPTOR', setup: '00 07 0001 0000 0000' },
    { name: 'GET_STATUS of an endpoint that does not exist', setup: '82 00 0000 8100 0200' },
  ])('stall: $name', async ({ setup }) => {
    expect(await transfer(await romOf(romPersonalities.F405), setup)).toBe('stall');
  });

  test('configuration and alternate setting can be read back; a new configuration resets the alternate', async () => {
    const device = await romOf(romPersonalities.F405);
    expect(await transfer(device, '80 08 0000 0000 0100')).toBe('00');
    expect(await transfer(device, configure)).toBe('');
    expect(await transfer(device, '80 08 0000 0000 0100')).toBe('01');
    expect(await transfer(device, '01 0b 0300 0000 0000')).toBe('');
    expect(await transfer(device, '81 0a 0000 0000 0100')).toBe('03');
    expect(await transfer(device, '01 0b 0400 0000 0000')).toBe('stall');
    expect(await transfer(device, '81 0a 0000 0000 0100')).toBe('03');
    expect(await transfer(device, configure)).toBe('');
    expect(await transfer(device, '81 0a 0000 0000 0100')).toBe('00');
  });

  test('GET_STATUS: self-powered device, interface, endpoint with and without halt', async () => {
    const device = serialPort();
    await transfer(device, configure);
    expect(await transfer(device, '80 00 0000 0000 0200')).toBe('01 00');
    expect(await transfer(device, '81 00 0000 0000 0200')).toBe('00 00');
    expect(await transfer(device, '02 03 0000 8100 0000')).toBe('');
    expect(await transfer(device, '82 00 0000 8100 0200')).toBe('01 00');
    expect(await transfer(device, '02 01 0000 8100 0000')).toBe('');
    expect(await transfer(device, '82 00 0000 8100 0200')).toBe('00 00');
  });
});

test('CDC-ACM application: descriptors that a host binds to (USB CDC 1.2 §5.2.3, PSTN 1.2 §5.3)', async () => {
  const device = serialPort();
  expect(await transfer(device, '80 06 0001 0000 1200')).toBe('12 01 00 02 02 00 00 40 83 04 40 57 00 02 01 02 03 01');
  expect(await transfer(device, '80 06 0002 0000 ff00')).toBe(
    [
      '09 02 43 00 02 01 00 c0 32',
      '09 04 00 00 01 02 02 01 00',
      '05 24 00 10 01',
      '05 24 01 00 01',
      '04 24 02 02',
      '05 24 06 00 01',
      '07 05 82 03 08 00 10',
      '09 04 01 00 02 0a 00 00 00',
      '07 05 01 02 40 00 00',
      '07 05 81 02 40 00 00',
    ].join(' '),
  );
});

test('a crashed application never comes on the bus', async () => {
  const bench = targetBench();
  crashed().start(bench.context);
  await bench.wait(60_000);
  expect(bench.attached).toBeUndefined();
  expect(bench.truth.of('application')).toMatchObject([{ state: 'crashed' }]);
});
