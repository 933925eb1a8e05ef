import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { Bench } from '../../src/bench/bench.ts';
import type { HostFacts } from '../../src/bench/host-facts.ts';
import type { HubPorts, PowerSwitching } from '../../src/bench/hub-ports.ts';
import type { PortInfo } from '../../src/bench/serial-link.ts';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import type { TreeDevice, UsbTree } from '../../src/bench/usb-tree.ts';
import { builtInProfile } from '../../src/board/profile/built-in-profile.ts';
import { usbTree } from '../../src/host/usb/tree.ts';
import { chipIds } from '../../src/jig/check/chip-ids.ts';
import type { JigFacts } from '../../src/jig/check/jig-finding.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { jsonLines, runCli } from '../helpers/cli-context.ts';
import { fakeTree } from '../helpers/fake-tree.ts';
import { jigPlan } from '../helpers/jig.ts';
import { jigFolder } from '../helpers/jig-file.ts';

const hostFacts: HostFacts = {
  platform: 'linux',
  nodeVersion: '22.1.0',
  isRoot: true,
  modules: [{ name: 'serialport' }],
  modemManagerRuns: false,
  ports: {},
  runtimeDfu: [],
};

const port = (path: string, usbPath: string, usbInterface = '1.0'): PortInfo => ({
  ...{ path, usbPath, usbInterface, vendorId: '0403', productId: '6001' },
});
const dfu = (path: string): UsbDeviceInfo => ({
  path,
  instance: `${path}#9`,
  vendorId: '0483',
  productId: 'df11',
  bcdDevice: '2200',
});

const adapter = (path: string): TreeDevice => ({
  path,
  name: '0403:6001 FT232R USB UART',
  isHub: false,
  speed: 12,
  endpoints: 3,
});
const rom = (path: string): TreeDevice => ({
  path,
  name: '0483:df11 STM32 BOOTLOADER',
  isHub: false,
  speed: 12,
  endpoints: 1,
});
const hub = (path: string, translators: 'single' | 'multi' = 'multi', ports = 4): TreeDevice => ({
  path,
  name: '05e3:0610 USB2.1 Hub',
  isHub: true,
  speed: 480,
  endpoints: 2,
  translators,
  ports,
});

const rootHubs = [
  { bus: 1, revision: 2, controller: 'pci-0000:00:14.0', driver: 'xhci_hcd', vendorId: '8086' },
  { bus: 2, revision: 3, controller: 'pci-0000:00:14.0', driver: 'xhci_hcd', vendorId: '8086' },
];

const boardOfFamily = (family: string): string =>
  `id: board\ndescription: made up\ntarget: { family: ${family} }\nadapter: {}\nwiring: { nrst: { line: rts, asserted: 0 }, boot0: { line: dtr, asserted: 1 } }\nboot0: { chargeResistor: 1k, capacitor: 4.7uF, bleedResistor: 47k, diodeDrop: 0.3V, tolerance: 20%, vih: 2.31V, vil: 0.99V, supply: 3.3V }\nmethods: [rc-cap]\n`;

/** What the host of a test has. */
interface Host {
  readonly ports?: readonly PortInfo[];
  readonly devices?: readonly UsbDeviceInfo[];
  readonly tree?: Partial<UsbTree>;
  readonly portTrouble?: (path: string) => Promise<BootctlError | undefined>;
  readonly openTrouble?: BootctlError;
  readonly missing?: readonly string[];
  readonly switching?: PowerSwitching | BootctlError;
  /** What hubs say of their supply. */
  readonly isSelfPowered?: boolean;
}

const benchOf = ({
  ports = [],
  devices = [],
  openTrouble,
  missing = [],
  switching = 'each',
  isSelfPowered = true,
}: Host): Bench => ({
  hubPorts: {
    facts: async () => {
      if (switching instanceof BootctlError) throw switching;
      return { switching, isSelfPowered, ownCurrent: 100 };
    },
  } as unknown as HubPorts,
  clock: new SimClock(),
  serial: {
    list: async () => ports,
    open: async () => {
      throw new Error('a check opens no port');
    },
  },
  usb: {
    list: async () => devices,
    onChange: () => () => {},
    open: async (info) => {
      if (openTrouble) throw openTrouble;
      return { info, [Symbol.asyncDispose]: async () => {} } as never;
    },
  },
  commands: {
    check: async ([program]) => {
      if (missing.some((name) => program.endsWith(name)))
        throw new BootctlError('command-missing', `\`${program}\` cannot be run`);
    },
    run: async () => {
      throw new Error('a check runs no program');
    },
  },
  [Symbol.asyncDispose]: async () => {},
});

/** `bootctl jig check` of a file with these lines behind its head, on this host. */
async function check(lines: string, host: Host, ...argv: string[]) {
  using folder = jigFolder({ 'jig.yaml': `station: line2\nprofile: rc-cap\nimage: boot.hex\n${lines}` });
  return await runCli(['jig', 'check', ...argv], {
    cwd: folder.path('.'),
    openBench: async () => benchOf(host),
    hostFacts: async () => hostFacts,
    usbTree: async () => ({ rootHubs, devices: [], switches: {}, ...host.tree }),
    portTrouble: host.portTrouble ?? (async () => undefined),
  });
}

const oneSlot = 'slots:\n  A1: { adapter: "pci-0000:00:14.0-usb-0:3.2", target: "1-3.1", power: "1-3#1" }\n';
const ready: Host = {
  ports: [port('/dev/ttyUSB0', '1-3.2'), port('/dev/ttyUSB7', '1-7')],
  devices: [dfu('1-3.1'), dfu('1-9')],
  tree: {
    devices: [hub('1-3'), adapter('1-3.2'), rom('1-3.1'), adapter('1-7'), rom('1-9')],
    switches: { '1-3#1': 'allowed' },
  },
};

test('where nothing stands in the way it exits 0, and says what is where', async () => {
  const { status, stdout, stderr } = await check(oneSlot, ready);
  expect([status, stderr]).toEqual([0, '']);
  const rows = stdout.split('\n').map((line) => line.replace(/ {2,}/g, '  '));
  expect(rows).toEqual(
    expect.arrayContaining([
      'line2: 1 slot, boot.hex',
      'ok  adapters  A1: adapter /dev/ttyUSB0 at 1-3.2',
      'ok  targets  A1: 0483:df11 STM32 BOOTLOADER at 1-3.1',
      'ok  hubs  hub at 1-3: multi-TT, 4 ports; behind it A1',
      // The ROM counts as its application: 2 + 3 + 4 + 3 + 1.
      'ok  budget  pci-0000:00:14.0: 5 devices of 32, 13 endpoints of 96, with all slots full',
      'ok  power  A1: port 1 of the hub at 1-3 is switched as the last attempt to reach the bootloader; whether it cuts the power, and not the data alone, shows at the board',
      'ok  strangers  /dev/ttyUSB7 at 1-7 belongs to no slot, and is left alone',
      'ok  strangers  0483:df11 at 1-9 belongs to no slot, and is left alone',
    ]),
  );
  expect(stdout).toMatch(/\n0 problems, 0 warnings\n$/);
});

test('an empty slot is as it should be', async () => {
  const { status, stdout } = await check(oneSlot, {
    ...ready,
    devices: [],
    tree: { ...ready.tree, devices: [hub('1-3'), adapter('1-3.2')] },
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^ok +targets +A1: no unit at 1-3\.1 now$/m);
});

test.each([
  ['F405_407', 'warning', /was seen to refuse the id of the chip over USB/],
  ['F411', 'warning', /nobody has published whether the ROM of an STM32F411 shows the id of the chip over USB/],
])(
  'where units are known by their chips, it says what the ROM of a %s is known to show',
  async (family, verdict, says) => {
    using folder = jigFolder({ 'board.yaml': boardOfFamily(family) });
    const profile = `slots:\n  A1: { adapter: "1-3.2", target: "1-3.1", profile: ${folder.path('board.yaml')} }\n`;
    const { stdout } = await check(`${profile}unit: { identify: chip }\n`, ready, '--json');
    const found = jsonLines(stdout).find(({ check: name }) => name === 'chip-ids');
    expect(found).toMatchObject({ verdict, seen: expect.stringMatching(says) });
  },
);

test('a ROM that is known to show the id of the chip is in order', () => {
  const board = builtInProfile('rc-cap')!;
  const profiles = new Map([['A1', { ...board, target: { ...board.target, family: 'U073_083' } }]]);
  const plan = jigPlan({}, 1);
  const jig = { plan: { ...plan, unit: { ...plan.unit, identifies: true } }, profiles };
  const [finding] = chipIds({ jig } as unknown as JigFacts);
  expect(finding).toEqual({
    verdict: 'ok',
    seen: 'rc-cap: the ROM of an STM32U073/083 shows the id of the chip over USB',
  });
});

test('over USART the id of a chip can be read', async () => {
  const usart = 'usart: { connected: true }\nusb: { connected: false }\napplication: { expect: none }\n';
  using folder = jigFolder({ 'board.yaml': boardOfFamily('F405_407') + usart });
  const profile = `slots:\n  A1: { adapter: "1-3.2", target: "1-3.1", profile: ${folder.path('board.yaml')} }\n`;
  const { stdout } = await check(`${profile}unit: { patch: ["0x0800FF00={uid}"] }\n`, ready, '--json');
  const found = jsonLines(stdout).find(({ check: name }) => name === 'chip-ids');
  expect(found).toMatchObject({
    verdict: 'ok',
    seen: 'board: its ROM reads the id of the chip over USART (AN3155 §3.4)',
  });
});

test('where units bring their adapters, an empty slot has none', async () => {
  const none: Host = { ports: [], devices: [], tree: { ...ready.tree, devices: [hub('1-3')] } };
  const { status, stdout } = await check(`${oneSlot}adapters: unit\n`, none);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^ok +adapters +A1: no unit with its adapter at 1-3\.2 now$/m);
});

test("two slots at one adapter with several ports, and its third port, which is nobody's", async () => {
  const more = '  A2: { adapter: "1-3.2:1.1", target: "1-3.4" }\n';
  const { status, stdout } = await check(`${oneSlot.replace('0:3.2', '0:3.2:1.0')}${more}`, {
    ...ready,
    ports: [...twoPorts, port('/dev/ttyUSB2', '1-3.2', '1.2')],
  });
  expect(status).toBe(0);
  const rows = stdout.split('\n').map((line) => line.replace(/ {2,}/g, '  '));
  expect(rows).toEqual(
    expect.arrayContaining([
      'ok  adapters  A1: adapter /dev/ttyUSB0 at 1-3.2:1.0',
      'ok  adapters  A2: adapter /dev/ttyUSB1 at 1-3.2:1.1',
      expect.stringMatching(
        /^ok {2}shared-adapters {2}A1 and A2 share the adapter at 1-3\.2: unplugged it is gone for all/,
      ),
      'ok  strangers  /dev/ttyUSB2 at 1-3.2:1.2 belongs to no slot, and is left alone',
      // The hub, the adapter once, two targets of 4 endpoints, and two strangers: 2 + 3 + 4 + 4 + 3 + 1.
      'ok  budget  pci-0000:00:14.0: 6 devices of 32, 17 endpoints of 96, with all slots full',
    ]),
  );
});

test('power that the profile could not use is a warning', async () => {
  const { status, stdout } = await check(`${oneSlot.replace(' }\n', ', profile: micropython }\n')}`, ready);
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^warning +power +jig\.yaml:5:72: slots\.A1\.power: it is never switched: no line of the profile micropython holds BOOT0 high/m,
  );
});

test('what is wrong in the file comes first, with line and column, and nothing else is looked at', async () => {
  using folder = jigFolder({ 'jig.yaml': 'station: a\nimage: none.hex\n' });
  const { status, stdout, stderr } = await runCli(['jig', 'check'], { cwd: folder.path('.') });
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr.split('\n')).toEqual([
    expect.stringMatching(/^bootctl: jig\.yaml:1:1: slots: no slot is described; `bootctl jig pair` finds them/),
    expect.stringMatching(/^jig\.yaml:2:8: image: .*none\.hex.* \[jig-invalid\]$/),
    '  Run `bootctl jig check` after each change of the file.',
    '',
  ]);
  const json = await runCli(['jig', 'check', '--json'], { cwd: folder.path('.') });
  expect(jsonLines(json.stdout)).toEqual([
    { event: 'jig.problem', t: expect.any(Number), problem: expect.stringMatching(/^jig\.yaml:1:1: slots: /) },
    { event: 'jig.problem', t: expect.any(Number), problem: expect.stringMatching(/^jig\.yaml:2:8: image: /) },
    expect.objectContaining({ event: 'result', exitCode: 2 }),
  ]);
});

test('no jig.yaml here', async () => {
  const { status, stderr } = await runCli(['jig', 'check', 'line2.yaml']);
  expect(status).toBe(2);
  expect(stderr).toMatch(
    /^bootctl: line2\.yaml cannot be read \(ENOENT\) \[jig-invalid\]\n {2}Name the file behind the command/,
  );
});

const twoPorts = [port('/dev/ttyUSB0', '1-3.2'), port('/dev/ttyUSB1', '1-3.2', '1.1')];
const usbDenied = new BootctlError('usb-denied', 'USB device 1-3.1 cannot be opened');
const twelve = Array.from(
  { length: 12 },
  (_, index) => `  B${index}: { adapter: "1-4.${index + 1}", target: "1-5.${index + 1}" }\n`,
).join('');

test.each<[what: string, lines: string, host: Host, seen: RegExp]>([
  [
    'an adapter that is not there',
    oneSlot,
    { ...ready, ports: [], tree: { ...ready.tree, devices: [hub('1-3')] } },
    /^problem +adapters +jig\.yaml:5:18: slots\.A1\.adapter: nothing is plugged in at 1-3\.2\n +Plug the adapter in/m,
  ],
  [
    'a device without a port',
    oneSlot,
    { ...ready, ports: [] },
    /adapters +jig\.yaml:5:18: slots\.A1\.adapter: 0403:6001 FT232R USB UART at 1-3\.2 has no serial port/,
  ],
  [
    'a hub in the place of an adapter',
    oneSlot,
    { ...ready, ports: [], tree: { ...ready.tree, devices: [hub('1-3'), hub('1-3.2')] } },
    /adapters +jig\.yaml:5:18: slots\.A1\.adapter: a hub is plugged in at 1-3\.2/,
  ],
  [
    'an adapter with two ports',
    oneSlot,
    { ...ready, ports: twoPorts },
    /the adapter at 1-3\.2 has several ports\n +Name one of "1-3\.2:1\.0" \(\/dev\/ttyUSB0\), "1-3\.2:1\.1" \(\/dev\/ttyUSB1\)/,
  ],
  [
    'a port that the adapter has not',
    oneSlot.replace('0:3.2', '0:3.2:1.4'),
    { ...ready, ports: twoPorts },
    /slots\.A1\.adapter: the adapter at 1-3\.2 has no port 1-3\.2:1\.4\n +It has "1-3\.2:1\.0" \(\/dev\/ttyUSB0\), "1-3/,
  ],
  [
    'an adapter that may not be opened',
    oneSlot,
    { ...ready, portTrouble: async () => new BootctlError('adapter-denied', 'no right to /dev/ttyUSB0') },
    /adapters +jig\.yaml:5:18: slots\.A1\.adapter: no right to \/dev\/ttyUSB0/,
  ],
  [
    'a target that may not be opened',
    oneSlot,
    { ...ready, openTrouble: usbDenied },
    /targets +jig\.yaml:5:56: slots\.A1\.target: USB device 1-3\.1 cannot be opened/,
  ],
  [
    'a hub in the place of a target',
    oneSlot,
    { ...ready, tree: { ...ready.tree, devices: [hub('1-3'), adapter('1-3.2'), hub('1-3.1')] } },
    /targets +jig\.yaml:5:56: slots\.A1\.target: a hub is plugged in at 1-3\.1/,
  ],
  [
    'a controller that is not there',
    oneSlot.replace('14.0', '15.0'),
    ready,
    /places +jig\.yaml:5:18: slots\.A1\.adapter: this host has no such controller: pci-0000:00:15\.0-usb-0:3\.2\n +Its controllers are pci-0000:00:14\.0;/,
  ],
  [
    'one place under two names',
    `${oneSlot}  A2: { adapter: "1-3.2", target: "1-3.4" }\n`,
    ready,
    /places +jig\.yaml:6:18: slots\.A2\.adapter: 1-3\.2 here, where the adapter of A1 is/,
  ],
  [
    'a hub without its power',
    oneSlot,
    { ...ready, tree: { ...ready.tree, switches: {} } },
    /power +jig\.yaml:5:72: slots\.A1\.power: this kernel cannot switch the port\n +Linux 6\.0/,
  ],
  [
    'power that this user may not switch',
    oneSlot,
    { ...ready, tree: { ...ready.tree, switches: { '1-3#1': 'denied' } } },
    /slots\.A1\.power: this user may not switch the port\n +Run as root, or give the right to `1-3:1\.0\/1-3-port1\/disable`/,
  ],
  ['power of no hub', oneSlot.replace('1-3#1', '1-8#1'), ready, /slots\.A1\.power: no hub is plugged in at 1-8\n/],
  [
    'power of a port that the hub has not',
    oneSlot.replace('1-3#1', '1-3#7'),
    ready,
    /slots\.A1\.power: the hub at 1-3 has ports 1 to 4\n/,
  ],
  [
    'power of another slot',
    oneSlot.replace('1-3#1', '1-3#4'),
    ready,
    /slots\.A1\.power: the target of A1 is not behind port 4 of the hub at 1-3\n/,
  ],
  [
    'power that the adapter has as well',
    oneSlot.replace('1-3#1', '1-3#2'),
    ready,
    /slots\.A1\.power: port 2 of the hub at 1-3 powers the adapter of A1 as well\n +Power the target of this slot, and/,
  ],
  [
    'power of a hub that switches its ports together',
    oneSlot,
    { ...ready, switching: 'together' },
    /slots\.A1\.power: the hub at 1-3 says that it switches the power of its ports together, not of each\n +Use a hub/,
  ],
  [
    'power of a hub that switches nothing',
    oneSlot,
    { ...ready, switching: 'none' },
    /slots\.A1\.power: the hub at 1-3 says that it does not switch the power of its ports\n/,
  ],
  [
    'power of a hub that this user may not ask',
    oneSlot,
    { ...ready, switching: new BootctlError('port-power-denied', 'The hub at 1-3 cannot be asked') },
    /slots\.A1\.power: The hub at 1-3 cannot be asked\n +Run as root, or give this user the right to/,
  ],
  [
    'a program that is not there',
    `${oneSlot}gate: { command: [./mes] }\nbefore: [{ name: label, command: [lp] }]\n`,
    { ...ready, missing: ['mes'] },
    /programs +jig\.yaml:6:18: gate\.command: `.*\/mes` cannot be run\n(?:.*\n)+?ok +programs +label: its program is there/,
  ],
  [
    // 2 hubs, 12 adapters, 12 targets: 26 devices; 2 × 2 + 12 × 7 = 88 endpoints. With 3 strangers of 3 endpoints: 97.
    'more endpoints than the controller has',
    `slots:\n${twelve}`,
    {
      ports: Array.from({ length: 12 }, (_, index) => port(`/dev/ttyUSB${index}`, `1-4.${index + 1}`)),
      tree: {
        devices: [
          hub('1-4'),
          hub('1-5'),
          ...Array.from({ length: 12 }, (_, index) => adapter(`1-4.${index + 1}`)),
          adapter('1-7'),
          adapter('1-8'),
          adapter('1-9'),
        ],
      },
    },
    /problem +budget +pci-0000:00:14\.0: 29 devices of 32, 97 endpoints of 96, with all slots full\n +Plug some of the slots into another controller/,
  ],
])('%s is a problem', async (_what, lines, host, seen) => {
  const { status, stdout } = await check(lines, host);
  expect(stdout).toMatch(seen);
  expect(status).toBe(3);
});

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

test('--json: a line a finding, the result last', async () => {
  const { status, stdout } = await check(oneSlot, { ...ready, ports: [] }, '--json');
  const lines = jsonLines(stdout);
  expect(status).toBe(3);
  expect(lines).toContainEqual({
    event: 'check',
    t: expect.any(Number),
    check: 'adapters',
    verdict: 'problem',
    seen: 'jig.yaml:5:18: slots.A1.adapter: 0403:6001 FT232R USB UART at 1-3.2 has no serial port',
    advice: expect.stringContaining('bootctl doctor'),
  });
  expect(lines.at(-1)).toMatchObject({
    event: 'result',
    ok: false,
    exitCode: 3,
    error: { code: 'host-not-ready', message: expect.stringMatching(/^1 problem in \d+ checks$/) },
  });
});

test('what Linux lists: hubs and their translators, endpoints, ports that can be switched', () => {
  const own = 'devices/pci0000:00/0000:00:14.0/usb1';
  const entry = (name: string, attributes: Readonly<Record<string, string>>, folder = `${own}/${name}`) => ({
    [`bus/usb/devices/${name}`]: { to: folder },
    ...Object.fromEntries(Object.entries(attributes).map(([key, value]) => [`${folder}/${key}`, `${value}\n`])),
  });
  using tree = fakeTree({
    'devices/pci0000:00/0000:00:14.0/subsystem': { to: 'bus/pci' },
    'devices/pci0000:00/0000:00:14.0/driver': { to: 'bus/pci/drivers/xhci_hcd' },
    'devices/pci0000:00/0000:00:14.0/vendor': '0x8086\n',
    ...entry('usb1', { version: ' 2.00', idVendor: '1d6b', idProduct: '0002' }, own),
    ...entry('1-0:1.0', { bNumEndpoints: '01', 'usb1-port3/disable': '0' }),
    ...entry('1-3', {
      idVendor: '05e3',
      idProduct: '0610',
      product: 'USB2.1 Hub',
      bDeviceClass: '09',
      bDeviceProtocol: '02',
      speed: '480',
      maxchild: '4',
      bMaxPower: '100mA',
      bmAttributes: 'e0',
    }),
    ...entry('1-3:1.0', { bNumEndpoints: '01', '1-3-port1/disable': '0', '1-3-port2/state': 'x' }),
    ...entry('1-4', {
      idVendor: '1a40',
      idProduct: '0101',
      bDeviceClass: '09',
      bDeviceProtocol: '00',
      speed: '12',
      maxchild: '2',
    }),
    ...entry('1-3.2', {
      idVendor: '0403',
      idProduct: '6001',
      product: 'FT232R USB UART',
      bDeviceClass: '00',
      speed: '12',
      bMaxPower: '90mA',
      bmAttributes: 'a0',
    }),
    ...entry('1-3.2:1.0', { bNumEndpoints: '02' }),
    ...entry('1-5', { idVendor: '0483', speed: '12' }),
    ...entry('1-6', { idVendor: '0483', idProduct: '5740', bDeviceClass: '02', speed: '12' }),
    ...entry('1-6:1.0', { bNumEndpoints: '01' }),
    ...entry('1-6:1.1', { bNumEndpoints: '0a' }),
  });
  expect(usbTree(tree.root)).toEqual({
    rootHubs: [{ bus: 1, revision: 2, controller: 'pci-0000:00:14.0', driver: 'xhci_hcd', vendorId: '8086' }],
    devices: [
      {
        path: '1-3',
        name: '05e3:0610 USB2.1 Hub',
        isHub: true,
        speed: 480,
        endpoints: 2,
        translators: 'multi',
        ports: 4,
        power: { milliamps: 100, isSelfPowered: true },
      },
      {
        path: '1-3.2',
        name: '0403:6001 FT232R USB UART',
        isHub: false,
        speed: 12,
        endpoints: 3,
        power: { milliamps: 90, isSelfPowered: false },
      },
      { path: '1-4', name: '1a40:0101', isHub: true, speed: 12, endpoints: 1, ports: 2 },
      { path: '1-6', name: '0483:5740', isHub: false, speed: 12, endpoints: 12 },
    ],
    switches: { '1#3': 'allowed', '1-3#1': 'allowed' },
  });
  using empty = fakeTree({});
  expect(usbTree(empty.root)).toEqual({ rootHubs: [], devices: [], switches: {} });
});
