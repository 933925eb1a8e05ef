import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { TreeDevice } from '../../src/bench/usb-tree.ts';
import { jsonLines } from '../helpers/cli-context.ts';
import { adapter, check, dfu, type Host, hub, oneSlot, port, ready, rom, rootHubs } from '../helpers/jig-check.ts';

test('a single-TT hub with more targets than it can serve is a warning, which `together` settles', async () => {
  const slots = Array.from(
    { length: 8 },
    (_, index) => `  B${index}: { adapter: "1-4.${index + 1}", target: "1-5.${index + 1}" }\n`,
  ).join('');
  const host: Host = {
    devices: [dfu('1-5.1')],
    ports: Array.from({ length: 8 }, (_, index) => port(`/dev/ttyUSB${index}`, `1-4.${index + 1}`)),
    tree: {
      devices: [hub('1-4', 'single', 8), hub('1-5', 'single', 8)],
      rootHubs: rootHubs.map(({ vendorId: _, ...one }) => one),
    },
  };
  const { status, stdout } = await check(`slots:\n${slots}`, host);
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^warning +hubs +hub at 1-5: single-TT, 8 ports; behind it B0, .*B7\n +8 targets share its one translator.*`together: 7`/m,
  );
  expect(stdout).toMatch(/^ok +hubs +hub at 1-4: single-TT/m);
  const fewer = await check(`slots:\n${slots}together: 7\n`, host);
  expect(fewer.stdout).toMatch(/\n0 problems, 0 warnings\n$/);
});

test('another controller that may have more endpoints is warned of only', async () => {
  const other = rootHubs.map((one) => ({ ...one, vendorId: '1912' }));
  const devices = [
    hub('1-3'),
    adapter('1-3.2'),
    ...Array.from({ length: 31 }, (_, index) => adapter(`1-${index + 10}`)),
  ];
  const { status, stdout } = await check(oneSlot.replace(', power: "1-3#1"', ''), {
    ...ready,
    tree: { rootHubs: other, devices },
  });
  expect(status).toBe(0);
  // 33 there and the target that is not: 2 + 32 × 3 + 4.
  expect(stdout).toMatch(
    /^warning +budget +pci-0000:00:14\.0: 34 devices of 32, 102 endpoints of 96, .*limits of common controllers of Intel/m,
  );
});

const drawing = (device: TreeDevice, milliamps: number, isSelfPowered = false): TreeDevice => ({
  ...device,
  power: { milliamps, isSelfPowered },
});
/** A hub with a supply of its own, and behind it one without. */
const powered: Host = {
  ports: [port('/dev/ttyUSB0', '1-3.2')],
  tree: {
    devices: [
      drawing(hub('1-3'), 0, true),
      drawing(adapter('1-3.2'), 90),
      drawing(hub('1-3.4', 'single'), 100),
      drawing({ ...adapter('1-3.4.3'), name: '1d50:6018 probe' }, 300),
    ],
  },
};
const behindBoth =
  'slots:\n  A1: { adapter: "1-3.2", target: "1-3.4.1" }\n  A2: { adapter: "1-3.3", target: "1-3.4.2" }\n';
const columns = (stdout: string) => stdout.split('\n').map((line) => line.replace(/ {2,}/g, ' | '));

test('--power: what each hub gives, and what is declared behind it', async () => {
  const { stdout } = await check(behindBoth, powered, '--power');
  expect(columns(stdout)).toEqual(
    expect.arrayContaining([
      'hub | supply | port gives | in all | declared | plugged in',
      '1-3 | own | 500 mA | by its supply | 190 mA | A1 adapter at 1-3.2 90 mA; A2 adapter at 1-3.3 not there; hub at 1-3.4 100 mA',
      '1-3.4 | own | 500 mA | by its supply | 300 mA | A1 target at 1-3.4.1 not there; A2 target at 1-3.4.2 not there; 1d50:6018 probe at 1-3.4.3 300 mA',
    ]),
  );
  expect(stdout).not.toMatch(/power-budget/);
  expect((await check(behindBoth, { ...powered, tree: {} }, '--power')).stdout).toContain(
    'Power: this host has no hub',
  );
});

test('a device that declares more than its hub can give is a problem, with the hub asked or by its descriptor', async () => {
  const denied = new BootctlError('port-power-denied', 'no right');
  const byDescriptor = await check(behindBoth, { ...powered, switching: denied }, '--power');
  expect(byDescriptor.status).toBe(3);
  expect(columns(byDescriptor.stdout)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^1-3 \| own \(by its descriptor\) \| 500 mA/),
      expect.stringMatching(/^1-3\.4 \| bus \(by its descriptor\) \| 100 mA \| 400 mA \| 300 mA/),
      'problem | power-budget | 1d50:6018 probe at 1-3.4.3 declares 300 mA, and a port of the hub at 1-3.4 gives 100 mA',
    ]),
  );
  // The supply of both is unplugged: 500 mA less the 100 mA that each says it draws itself.
  const unplugged = await check(behindBoth, { ...powered, isSelfPowered: false }, '--power', '--json');
  expect(jsonLines(unplugged.stdout)).toContainEqual({
    ...{ event: 'check.power', t: expect.any(Number), hub: '1-3.4', supply: 'bus', isAsked: true },
    ...{ eachPort: 100, inAll: 400, declared: 300 },
    devices: [
      { path: '1-3.4.1', what: 'A1 target' },
      { path: '1-3.4.2', what: 'A2 target' },
      { path: '1-3.4.3', what: '1d50:6018 probe', milliamps: 300 },
    ],
  });
  const five = Array.from({ length: 5 }, (_, index) => drawing(adapter(`1-4.${index + 1}`), 100));
  const full = await check('slots:\n  A1: { adapter: "1-4.1", target: "1-4.7" }\n', {
    ports: [port('/dev/ttyUSB0', '1-4.1')],
    tree: { devices: [drawing(hub('1-4'), 100), ...five] },
  });
  expect(full.stdout).toContain('what is plugged into the hub at 1-4 declares 500 mA, and the bus leaves it 400 mA');
});

test('--speed: how the slots share the buses of full speed', async () => {
  const slotAt = (name: string, target: string, number: number) =>
    `  ${name}: { adapter: "1-9.${number}", target: "${target}" }\n`;
  const nine = Array.from({ length: 9 }, (_, index) => slotAt(`B${index}`, `1-5.${index + 1}`, index + 1)).join('');
  const others = [
    slotAt('C1', '1-6.1', 11),
    slotAt('C2', '1-6.2.1', 12),
    slotAt('C3', '1-6.2.2', 13),
    slotAt('D1', '1-7', 14),
    slotAt('D2', '1-8', 15),
    slotAt('E1', '1-4.1', 16),
  ].join('');
  const slow = { ...hub('1-6.2'), speed: 12 };
  const fast = { ...rom('1-8'), speed: 480 };
  const host: Host = { tree: { devices: [hub('1-5', 'single', 16), hub('1-6'), slow, fast] } };
  const { stdout } = await check(`slots:\n${nine}${others}`, host, '--speed');
  // 832 kB/s for nine: 92; nine times 115 kB/s of 832: 1.24.
  expect(columns(stdout)).toEqual(
    expect.arrayContaining([
      'bus of full speed | slots | at once | each at least | a job takes',
      'hub at 1-5, one translator | B0 B1 B2 B3 B4 B5 B6 B7 B8 | 9 | 92 kB/s | up to 1.2 times as long',
      'port 1 of the hub at 1-6 | C1 | 1 | 832 kB/s | as long as alone',
      'port 2 of the hub at 1-6 | C2 C3 | 2 | 416 kB/s | as long as alone',
      'root port 1-7 | D1 | 1 | 832 kB/s | as long as alone',
      'behind a hub that is not there now, at 1-4 | E1 | 1 | not known | not known',
    ]),
  );
  expect(stdout).not.toMatch(/root port 1-8/);
  const json = await check(`slots:\n${nine}together: 2\n`, host, '--speed', '--json');
  expect(jsonLines(json.stdout)).toContainEqual(
    expect.objectContaining({
      event: 'check.speed',
      what: 'hub at 1-5, one translator',
      atOnce: 2,
      each: 416,
      factor: 1,
    }),
  );
});
