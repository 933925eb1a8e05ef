import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { Bench } from '../../src/bench/bench.ts';
import type { PortInfo } from '../../src/bench/serial-link.ts';
import type { UsbDevice, UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { jsonLines, runCli } from '../helpers/cli-context.ts';

const ports: readonly PortInfo[] = [
  { path: '/dev/ttyUSB0', vendorId: '0403', productId: '6001', serialNumber: 'PROBE01', usbPath: '1-2' },
  { path: '/dev/ttyACM0', vendorId: '1a86', productId: '55d3', usbPath: '1-3' },
  { path: '/dev/ttyS0' },
];
const rom: UsbDeviceInfo = {
  path: '1-4',
  instance: '1-4#9',
  vendorId: '0483',
  productId: 'df11',
  bcdDevice: '2200',
  serialNumber: '357036613238',
  product: 'STM32  BOOTLOADER',
};
const others: readonly UsbDeviceInfo[] = [
  { path: '1-5', instance: '1-5#3', vendorId: '1d50', productId: '6018', bcdDevice: '0100', product: 'Probe (DFU)' },
  { path: '1-6', instance: '1-6#4', vendorId: '046d', productId: 'c077', bcdDevice: '7200', product: 'USB Mouse' },
];
const forbidden = (what: string) => () => {
  throw new Error(`list must not ${what}`);
};

/** A host whose ports must not be opened, and whose DFU devices may be opened and closed only. */
function host(usb: Partial<Bench['usb']> = {}) {
  const closed: string[] = [];
  const open = async (info: UsbDeviceInfo): Promise<UsbDevice> => ({
    info,
    claimInterface: forbidden('claim an interface'),
    selectAlternate: forbidden('select an alternate setting'),
    controlIn: forbidden('send a request'),
    controlOut: forbidden('send a request'),
    [Symbol.asyncDispose]: async () => void closed.push(info.path),
  });
  const bench: Bench = {
    clock: new SimClock(),
    serial: { list: async () => ports, open: forbidden('open a port') },
    usb: { list: async () => [rom, ...others], onChange: () => () => {}, open, ...usb },
    [Symbol.asyncDispose]: async () => {},
  };
  return { bench, closed };
}

const list = (bench: Bench, argv: readonly string[] = [], troubles: Record<string, BootctlError> = {}) =>
  runCli(['list', ...argv], { openBench: async () => bench, portTrouble: async (path) => troubles[path] });

const denied = new BootctlError('adapter-denied', 'ada may not open /dev/ttyACM0', { hint: 'Run usermod.' });

describe('list', () => {
  test('names each port of an adapter that has several as a profile and a slot do', async () => {
    const { bench } = host();
    const two = ['1.0', '1.1'].map((usbInterface, index) => ({
      ...{ path: `/dev/ttyUSB${index}`, vendorId: '0403', productId: '6010', usbPath: '1-3', usbInterface },
    }));
    const { stdout } = await list({ ...bench, serial: { ...bench.serial, list: async () => two } });
    expect(stdout).toMatch(/\/dev\/ttyUSB0 +0403:6010 +1-3:1\.0 +yes$/m);
    expect(stdout).toMatch(/\/dev\/ttyUSB1 +0403:6010 +1-3:1\.1 +yes$/m);
  });

  test('shows adapters and DFU devices, and disturbs none', async () => {
    const { bench, closed } = host();
    const { status, stdout, stderr } = await list(bench);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/\/dev\/ttyUSB0 +0403:6001 +PROBE01 +1-2 +yes$/m);
    expect(stdout).toMatch(/\/dev\/ttyS0 +no USB +yes$/m);
    expect(stdout).toMatch(/1-4 +0483:df11 +357036613238 +STM32 {2}BOOTLOADER +yes$/m);
    expect(stdout).toMatch(/1-5 +1d50:6018 +Probe \(DFU\) +yes$/m);
    expect(stdout).not.toContain('Mouse');
    expect(closed).toEqual(['1-4', '1-5']);
  });

  test('tells found and usable apart, with reason and way out', async () => {
    const { bench } = host({
      open: async () => {
        throw new BootctlError('usb-denied', 'ada may not open 1-4');
      },
    });
    const { status, stdout } = await list(bench, [], { '/dev/ttyACM0': denied });
    expect(status).toBe(0);
    expect(stdout).toMatch(/\/dev\/ttyACM0 .* no: adapter-denied$/m);
    expect(stdout).toMatch(/0483:df11 .* no: usb-denied$/m);
    expect(stdout).toContain('ada may not open /dev/ttyACM0 [adapter-denied]\n  Run usermod.');
    expect(stdout).toMatch(/ada may not open 1-4 \[usb-denied\]\n {2}Install hardware\/udev/);
  });

  test('as JSON', async () => {
    const { bench } = host();
    const { stdout } = await list(bench, ['--json'], { '/dev/ttyACM0': denied });
    const lines = jsonLines(stdout);
    expect(lines.map(({ event }) => event)).toEqual([
      'adapter',
      'adapter',
      'adapter',
      'dfu-device',
      'dfu-device',
      'result',
    ]);
    expect(lines[1]).toMatchObject({
      path: '/dev/ttyACM0',
      usable: false,
      error: { code: 'adapter-denied', hint: 'Run usermod.' },
    });
    expect(lines[3]).toMatchObject({ path: '1-4', usable: true });
  });

  test('still shows the adapters where there is no USB bus', async () => {
    const { bench } = host({
      list: async () => {
        throw new BootctlError('usb-unavailable', 'no bus here');
      },
    });
    const { status, stdout } = await list(bench);
    expect(status).toBe(0);
    expect(stdout).toContain('/dev/ttyUSB0');
    expect(stdout).toContain('DFU devices: none');
    expect(stdout).toContain('no bus here [usb-unavailable]');
    const { stdout: json } = await list(bench, ['--json']);
    expect(jsonLines(json)).toContainEqual(
      expect.objectContaining({ event: 'usb-bus', usable: false, error: expect.anything() }),
    );
  });

  test('a bug of the USB layer is not taken for a device that cannot be used', async () => {
    const { bench } = host({
      open: async () => {
        throw new RangeError('offset');
      },
    });
    expect((await list(bench)).status).toBe(1);
  });

  test('shows a simulated bench as well', async () => {
    const { stdout } = await runCli(['list', '--simulate', 'already-dfu', '-p', 'rc-cap']);
    expect(stdout).toMatch(/1-2 +0483:df11 .* yes$/m);
  });
});
