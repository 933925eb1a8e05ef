import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { builtInProfile } from '../../src/board/profile/built-in-profile.ts';
import { chipIds } from '../../src/jig/check/chip-ids.ts';
import type { JigFacts } from '../../src/jig/check/jig-finding.ts';
import { jsonLines, runCli } from '../helpers/cli-context.ts';
import { jigPlan } from '../helpers/jig.ts';
import { adapter, boardOfFamily, check, type Host, hub, oneSlot, port, ready } from '../helpers/jig-check.ts';
import { jigFolder } from '../helpers/jig-file.ts';

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
