import { expect, test } from 'vitest';
import { findAdapter } from '../../src/ops/job/adapter/open-adapter.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { referenceBoard } from '../helpers/circuits.ts';

/** An adapter that is on the USB bus without a serial port is not said to be unplugged. */
const cp210x = { path: '1-7', instance: '1-7#2', vendorId: '10c4', productId: 'ea60', bcdDevice: '0100' };

function find(list: () => Promise<readonly (typeof cp210x)[]>) {
  const profile = referenceBoard();
  const bench = createSimBench({ profile, scenario: 'adapter-missing' });
  const { usb } = bench;
  const request = { profile, port: undefined, report: () => {}, trace: undefined, inspect: undefined };
  const withList = { list, onChange: usb.onChange.bind(usb), open: usb.open.bind(usb) };
  return findAdapter({
    ...request,
    bench: { ...bench, serial: bench.serial, clock: bench.clock, usb: withList } as never,
  });
}

test('its chip, its place and who may have it are named', async () => {
  await expect(find(async () => [cp210x])).rejects.toMatchObject({
    code: 'adapter-missing',
    message: expect.stringMatching(/CP210x is plugged in \(10c4:ea60 at USB path 1-7\), but without a serial port/),
    hint: expect.stringMatching(/brltty.*modprobe cp210x/),
  });
});

test('a bus without any, or that cannot be listed, changes nothing of the advice', async () => {
  for (const list of [async () => [], () => Promise.reject(new Error('no USB'))]) {
    await expect(find(list)).rejects.toMatchObject({
      code: 'adapter-missing',
      message: expect.not.stringContaining('without a serial port'),
      hint: expect.stringContaining('Plug the adapter in'),
    });
  }
});
