import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { ControlRequest, UsbBus } from '../../src/bench/usb-bus.ts';
import { nodeHubPorts } from '../../src/host/usb/hub-ports.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { fakeTree } from '../helpers/fake-tree.ts';
import { device } from '../helpers/machines.ts';

const usb = 'devices/pci0000:00/0000:00:14.0';
const own = `${usb}/usb1/1-3/1-3:1.0/1-3-port2`;
const peer = `${usb}/usb2/2-3/2-3:1.0/2-3-port2`;

/** A hub for USB 3 as Linux has it: two hubs, whose ports know each other. */
const hubFiles = {
  'bus/usb/devices/1-3:1.0': { to: `${usb}/usb1/1-3/1-3:1.0` },
  [`${own}/disable`]: '0\n',
  [`${own}/peer`]: { to: peer },
  [`${peer}/disable`]: '0\n',
};

/** Hub descriptors as hubs send them (USB 2.0 table 11-13): 4 ports, wHubCharacteristics, 100 ms to power good, 100 mA. */
const descriptor = (characteristics: number) => Uint8Array.of(9, 0x29, 4, characteristics, 0, 50, 100);

interface Hub {
  readonly characteristics?: number;
  readonly answer?: Uint8Array;
  readonly isSelfPowered?: boolean;
  readonly refuses?: BootctlError;
}

function busWith({ characteristics = 0x89, isSelfPowered = true, ...hub }: Hub = {}) {
  const asked: ControlRequest[] = [];
  const bus = {
    list: async () => [device('1-3', '1-3#4', '05e3:0610')],
    open: async (info: object) => {
      if (hub.refuses) throw hub.refuses;
      const controlIn = async (request: ControlRequest, length: number) => {
        asked.push(request);
        if (length === 2) return Uint8Array.of(isSelfPowered ? 1 : 0, 0);
        return hub.answer ?? descriptor(characteristics);
      };
      return { info, controlIn, [Symbol.asyncDispose]: async () => {} };
    },
  } as unknown as Pick<UsbBus, 'list' | 'open'>;
  return { bus, asked };
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

test.each([
  // Bits 0 and 1 (USB 2.0 table 11-13); the others are over-current, think time and indicators.
  [0x89, 'each'],
  [0xe0, 'together'],
  [0x01, 'each'],
  [0x02, 'none'],
  [0x0b, 'none'],
])('wHubCharacteristics %i: the power of %s is switched', async (characteristics, switching) => {
  const { bus, asked } = busWith({ characteristics });
  expect(await nodeHubPorts(bus).facts('1-3')).toEqual({ switching, isSelfPowered: true, ownCurrent: 100 });
  // USB 2.0 §11.24.2.5 and §9.4.5.
  expect(asked).toEqual([
    { requestType: 0b1010_0000, request: 6, value: 0x2900, index: 0 },
    { requestType: 0b1000_0000, request: 0, value: 0, index: 0 },
  ]);
});

test('a hub without a supply of its own says so', async () => {
  const { bus } = busWith({ isSelfPowered: false });
  expect(await nodeHubPorts(bus).facts('1-3')).toMatchObject({ isSelfPowered: false });
});

test('the power is cut in both halves of the hub, and comes back after the time', async () => {
  using tree = fakeTree(hubFiles);
  const clock = new SimClock();
  const ports = nodeHubPorts(busWith().bus, { sys: tree.root, clock });
  const states = () => [own, peer].map((folder) => readFileSync(join(tree.root, folder, 'disable'), 'utf8').trim());
  let during: readonly string[] = [];
  clock.setTimeout(() => {
    during = states();
  }, 1_999);
  await ports.check('1-3#2');
  expect(states()).toEqual(['0', '0']);
  await ports.cycle('1-3#2', 2_000);
  expect(during.map((state) => state[0])).toEqual(['1', '1']);
  expect(states().map((state) => state[0])).toEqual(['0', '0']);
  expect(clock.now()).toBe(2_000);
});

test('what was cut is restored where the other half of the hub cannot be switched', async () => {
  using tree = fakeTree(hubFiles);
  rmSync(join(tree.root, peer, 'disable'));
  const ports = nodeHubPorts(busWith().bus, { sys: tree.root, clock: new SimClock() });
  expect(await failure(ports.cycle('1-3#2', 10))).toMatchObject({ code: 'port-power-failed' });
  expect(readFileSync(join(tree.root, own, 'disable'), 'utf8')[0]).toBe('0');
});

test('a port that was left off is switched on; no other file is written, and what is not there is no trouble', async () => {
  using tree = fakeTree({ ...hubFiles, [`${own}/disable`]: '1\n' });
  rmSync(join(tree.root, peer, 'disable'));
  const ports = nodeHubPorts(busWith().bus, { sys: tree.root });
  await ports.restore('1-3#2');
  await ports.restore('1-9#1');
  expect(readFileSync(join(tree.root, own, 'disable'), 'utf8')[0]).toBe('0');
  expect(() => readFileSync(join(tree.root, peer, 'disable'))).toThrow('ENOENT');
});

test.each<[what: string, port: string, hub: Hub, code: string, message: RegExp]>([
  [
    'a hub that switches all ports together',
    '1-3#2',
    { characteristics: 0 },
    'port-power-unavailable',
    /together, not of each/,
  ],
  [
    'a hub that switches nothing',
    '1-3#2',
    { characteristics: 2 },
    'port-power-unavailable',
    /does not switch the power/,
  ],
  [
    'a hub that sends half a descriptor',
    '1-3#2',
    { answer: Uint8Array.of(9, 0x29) },
    'port-power-unavailable',
    /sent 2 bytes/,
  ],
  ['a port that is not there', '1-3#7', {}, 'port-power-unavailable', /no such port .*1-3-port7/],
  [
    'a hub that this user may not ask',
    '1-3#2',
    { refuses: new BootctlError('usb-denied', 'no right to /dev/bus/usb/001/004') },
    'port-power-denied',
    /The hub at 1-3 cannot be asked how it switches its power: no right to/,
  ],
  [
    'a hub that does not answer',
    '1-3#2',
    { refuses: new BootctlError('target-lost', 'it is gone') },
    'port-power-unavailable',
    /cannot be asked .*it is gone/,
  ],
])('%s is refused before anything is switched', async (_what, port, hub, code, message) => {
  using tree = fakeTree(hubFiles);
  const ports = nodeHubPorts(busWith(hub).bus, { sys: tree.root });
  expect(await failure(ports.check(port))).toMatchObject({ code, message: expect.stringMatching(message) });
});

test('a hub that is gone, a kernel without the attribute, and a user without the right', async () => {
  using tree = fakeTree(hubFiles);
  const none = nodeHubPorts({ ...busWith().bus, list: async () => [] }, { sys: tree.root });
  expect(await failure(none.facts('1-3'))).toMatchObject({ code: 'port-power-unavailable' });
  const ports = nodeHubPorts(busWith().bus, { sys: tree.root });
  const file = join(tree.root, own, 'disable');
  rmSync(file);
  expect(await failure(ports.check('1-3#2'))).toMatchObject({ message: expect.stringMatching(/this kernel has no /) });
  symlinkSync('/proc/sys/kernel/ostype', file); // nobody may write it, root neither
  expect(await failure(ports.check('1-3#2'))).toMatchObject({ code: 'port-power-denied' });
});
