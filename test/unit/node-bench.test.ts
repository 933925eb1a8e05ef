import { expect, test } from 'vitest';

/** Native modules that this process has mapped. */
const nativeModules = () =>
  (process.report.getReport() as unknown as { sharedObjects: readonly string[] }).sharedObjects.filter((path) =>
    /bindings-cpp|koffi|\/usb\//.test(path),
  );

test('a bench costs no driver until something is asked of it', async () => {
  const { nodeBench } = await import('../../src/host/node-bench.ts');
  const bench = nodeBench();
  expect(nativeModules()).toEqual([]);
  const before = bench.clock.now();
  await new Promise<void>((resolve) => bench.clock.setTimeout(resolve, 1));
  expect(bench.clock.now()).toBeGreaterThan(before);
  const cancelled = bench.clock.setTimeout(() => expect.unreachable('a cleared timer fired'), 0);
  bench.clock.clearTimeout(cancelled);
  await new Promise((resolve) => setImmediate(resolve));
  await expect(bench.serial.open('/dev/ttyUSB-none', { baudRate: 115_200, parity: 'none' })).rejects.toMatchObject({
    code: 'adapter-missing',
  });
  expect(nativeModules().join()).toContain('bindings-cpp'); // so the first look was able to find something
});

test('a host without USB lists nothing, which is no error', async () => {
  const { nodeBench } = await import('../../src/host/node-bench.ts');
  await using bench = nodeBench();
  expect(Array.isArray(await bench.usb.list())).toBe(true);
});
