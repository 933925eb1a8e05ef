import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Bench } from '../../src/bench/bench.ts';
import type { SerialLink } from '../../src/bench/serial-link.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { nodeBench } from '../../src/host/node-bench.ts';
import { portName } from '../../src/host/serial/port-name.ts';
import { parseImage } from '../../src/image/load-image.ts';
import { flash } from '../../src/ops/flash.ts';
import { BesideOthers } from '../../src/ops/job/beside-others.ts';
import { findApplicationPort } from '../../src/ops/soft-jump/application-port.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { recordBench } from '../../src/trace/recording-bench.ts';
import { pattern, startable } from '../helpers/engine.ts';
import { f405, profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

/** One port has several names: a symlink of /dev/serial, the cu. and tty. devices of macOS, COM3 and com3. */
const profile = findProfile(profileFile('named', f405, wholeBoot0, 'usart: { connected: true }', 'methods: [rc-cap]'), {
  cwd: '/',
});
const byId = '/dev/serial/by-id/usb-FTDI_FT232R_SIM00001-if00-port0';

const underName = (link: SerialLink, path: string): SerialLink => ({
  path,
  setLines: (lines) => link.setLines(lines),
  configure: (format) => link.configure(format),
  write: (bytes) => link.write(bytes),
  receive: (timeout, signal) => link.receive(timeout, signal),
  drainInput: () => link.drainInput(),
  [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
});

/** The simulated adapter under a second name, which the list does not have. */
function benchWith(scenario: string) {
  const sim = createSimBench({ profile, scenario });
  const [{ info }] = sim.adapters as [(typeof sim.adapters)[number]];
  const own = (path: string) => (path === byId ? info.path : path);
  const serial = {
    list: () => sim.serial.list(),
    nameOf: async (path: string) => own(path),
    open: async (path: string, format: Parameters<typeof sim.serial.open>[1]) =>
      underName(await sim.serial.open(own(path), format), path),
  };
  return { sim, info, bench: { ...sim, serial } as Bench };
}

test.each(['/dev/ttySIM0', byId])('the faster rates are tried at an adapter that is named %s', async (port) => {
  const { sim, bench } = benchWith('no-usb');
  const content = startable(romPersonalities.F405, pattern(128 * 1024));
  const image = parseImage(content, 'large', { address: 0x0800_0000 });
  const result = await flash({ profile, bench, port: port === byId ? byId : sim.adapters[0]!.info.path, image });
  expect(result).toMatchObject({ ok: true, bootloader: 'usart' });
  expect(sim.truth.of('usart-measured').map(({ baudRate }) => baudRate)).toContain(230_400);
});

test('the adapter is not taken for the port of the application', async () => {
  const { bench, info } = benchWith('healthy');
  const adapter = underName(await bench.serial.open(info.path, { baudRate: 115_200, parity: 'none' }), byId);
  const ids = { vendorId: info.vendorId!, productId: info.productId! };
  const signal = new AbortController().signal;
  await expect(findApplicationPort(ids, { profile, bench, adapter, signal })).rejects.toMatchObject({
    code: 'application-port-missing',
  });
});

test('on its way to a job the bench of this host keeps the names of its ports', async () => {
  const host = nodeBench();
  const recorded = recordBench(host, () => {});
  const jobs = new BesideOthers(recorded, true);
  for (const { serial } of [host, recorded, jobs.without(recorded)]) {
    expect(await serial.nameOf?.('/dev/null')).toBe('/dev/null');
  }
  jobs.end();
});

test('Linux: a symlink is the node behind it, and a name that leads nowhere is itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-ports-'));
  writeFileSync(join(folder, 'ttyUSB0'), '');
  symlinkSync('ttyUSB0', join(folder, 'by-id'));
  expect(await portName(join(folder, 'by-id'), 'linux')).toBe(await portName(join(folder, 'ttyUSB0'), 'linux'));
  expect(await portName(join(folder, 'gone'), 'linux')).toBe(join(folder, 'gone'));
});

test.each([
  { platform: 'darwin', names: ['/dev/cu.usbserial-0001', '/dev/tty.usbserial-0001'] },
  { platform: 'win32', names: ['COM12', 'com12', '\\\\.\\COM12'] },
] as const)('$platform: $names are one port', async ({ platform, names }) => {
  const found = await Promise.all(names.map((name) => portName(name, platform, async (path) => path)));
  expect(new Set(found).size).toBe(1);
  expect(await portName('COM1', platform)).not.toBe(found[0]);
});
