import { expect } from 'vitest';
import { boardOf, differences, firmwareImage, mainFlash } from './boards.ts';
import { bootctl } from './bootctl.ts';
import { bench, flashOf, kernelTest, setUp, writeGuestFile } from './kernel-test.ts';
import { giveProfile, profileOf } from './profiles.ts';
import { recoverOn, twoLine } from './ways-in.ts';

kernelTest("a ROM without USB is flashed over the adapter's USART, at 8E1", async () => {
  const usart = 'usart: { connected: true, baudRate: 115200 }';
  const heard = 'application: { expect: serial, match: "ready", timeout: 8s }';
  const result = await recoverOn(
    twoLine(
      'over-usart',
      ['application: { expect: none }', heard],
      ['methods:', `${usart}\nusb: { vendorId: "0483", productId: "df11", enumerationTimeout: 3s }\nmethods:`],
    ),
    { rom: { usb: false } },
  );
  expect(result).toMatchObject({ ok: true, bootloader: 'usart', verified: true, application: 'seen' });
});

kernelTest(
  'a large image makes the real driver change the rate, and the ROM is entered again for it',
  async () => {
    const usb = 'usb: { vendorId: "0483", productId: "df11", enumerationTimeout: 1s }';
    // From so low a rate an entry pays with a twentieth of the bytes that it takes from 115200, on a slow host as well.
    const usart = 'usart: { connected: true, baudRate: 4800, fastestBaudRate: 230400 }';
    const profile = twoLine('faster', ['methods:', `${usart}\n${usb}\nmethods:`]);
    await setUp({
      boards: [boardOf('target', profileOf(profile), { rom: { usb: false } })],
      adapters: [{ name: 'adapter', chip: 'cp2102', board: 'target' }],
    });
    const image = firmwareImage(16 * 1024);
    await writeGuestFile('/tmp/large.bin', image);
    const argv = ['flash', '/tmp/large.bin', '--address', '0x08000000', '--profile', await giveProfile(profile)];
    const { result, lines } = await bootctl(argv, { timeout: 200_000 });
    expect(result).toMatchObject({ ok: true, bootloader: 'usart', verified: true });
    expect(lines.filter(({ event }) => event === 'usart.rate')).toMatchObject([{ baudRate: 230_400, works: true }]);
    expect(differences(await flashOf('target', mainFlash, image.length), image)).toEqual([]);
    const truth = await bench.call('truth', null);
    const rates = truth.flatMap((event) => (event.what === 'usart-measured' ? [event.baudRate] : []));
    expect(rates).toEqual([4_800, 230_400]);
  },
  240_000,
);

kernelTest(
  "an FT232R keeps each of the ROM's answers for 1 ms, not for 16: ASYNC_LOW_LATENCY reaches its timer",
  async () => {
    const usart = 'usart: { connected: true, fastestBaudRate: 115200 }';
    const profile = twoLine('low-latency', [
      'methods:',
      `${usart}\nusb: { vendorId: "0483", productId: "df11", enumerationTimeout: 1s }\nmethods:`,
    ]);
    await setUp({
      boards: [boardOf('target', profileOf(profile), { rom: { usb: false } })],
      adapters: [{ name: 'adapter', chip: 'ft232r', board: 'target' }],
    });
    const path = await giveProfile(profile);
    const { result } = await bootctl(['read', '/tmp/read.bin', '--length', '4096', '--profile', path]);
    expect(result).toMatchObject({ ok: true, bootloader: 'usart' });
    const truth = await bench.call('truth', null);
    const asked = truth.findIndex((event) => event.what === 'latency-set' && event.latency === 1);
    const kept = truth.slice(asked).filter(({ what }) => what === 'latency-set' || what === 'latency-expired');
    // The tick that runs when the timer is set may still be one of 16 ms.
    const waited = kept.flatMap((event, index) =>
      event.what === 'latency-expired' && kept[index - 1]?.what === 'latency-expired' ? [event.latency] : [],
    );
    // Three answers a block of 256 bytes, and the rest of its data.
    expect(waited.length).toBeGreaterThan(40);
    expect(new Set(waited)).toEqual(new Set([1]));
  },
);
