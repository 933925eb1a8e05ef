import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { HostFacts } from '../../src/bench/host-facts.ts';
import type { DoctorFacts, ProfileFacts } from '../../src/ops/doctor/doctor-check.ts';
import { oldestNode } from '../../src/ops/doctor/doctor-host.ts';
import { checkNames, judge } from '../../src/ops/doctor.ts';
import type { Inventory } from '../../src/ops/list.ts';
import { referenceBoard, referenceBoot0 } from '../helpers/circuits.ts';

const rules = readFileSync('hardware/udev/60-bootctl.rules', 'utf8');
const ours = { path: '/etc/udev/rules.d/60-bootctl.rules', text: rules };
const ftdi = { path: '/dev/ttyUSB0', vendorId: '0403', productId: '6001', usbPath: '1-1' };
const cdc = { path: '/dev/ttyACM0', vendorId: '1234', productId: '5678', usbPath: '1-3' };
const idsOfCh340 = { vendorId: '1a86', productId: '7523' };
const ch340 = { path: '1-5', instance: '1-5#3', ...idsOfCh340, bcdDevice: '0264' };
const hub = { path: '1-2', instance: '1-2#4', vendorId: '1d6b', productId: '0002', bcdDevice: '0100' };
const rom = { path: '1-4', instance: '1-4#9', vendorId: '0483', productId: 'df11', bcdDevice: '2200' };

const gpioLine = { kind: 'gpio', chip: 'gpiochip0', isOpenDrain: false } as const;
const onGpio = referenceBoard({
  hostLines: { rts: { ...gpioLine, offset: 21, idle: 1 }, dtr: { ...gpioLine, offset: 20, idle: 0 } },
});

const byCommand = referenceBoard({
  hostLines: { rts: { kind: 'command', pin: 'nrst', by: 'powerCycle', pulse: ['uhubctl', '-a', 'cycle'], timeout: 1 } },
});

interface Change {
  readonly host?: Partial<HostFacts>;
  readonly inventory?: Partial<Inventory>;
  readonly wanted?: ProfileFacts;
}

/** A host on which nothing stands in the way. */
const facts = ({ host, inventory, wanted }: Change = {}): DoctorFacts => ({
  host: {
    platform: 'linux',
    nodeVersion: '22.1.0',
    isRoot: false,
    modules: [{ name: 'serialport' }, { name: 'usb' }, { name: 'koffi' }],
    udev: { isRunning: true, ruleFiles: [ours] },
    modemManagerRuns: false,
    ports: { '/dev/ttyUSB0': { driver: 'ftdi_sio', latencyTimer: 16, isIgnoredByModemManager: true } },
    runtimeDfu: [],
    usbBuses: [1],
    ...host,
  },
  inventory: { ports: [{ info: ftdi }], dfuDevices: [], usbDevices: [hub], ...inventory },
  ...(wanted ? { wanted } : {}),
});

test('a host on which nothing stands in the way has no warning, and says what its adapter can do', () => {
  const findings = judge(
    facts({ wanted: { profile: referenceBoard({ target: { family: 'F405_407' } }), warnings: [], adapter: ftdi } }),
  );
  expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  expect(findings.find(({ check }) => check === 'adapters')?.seen).toMatch(
    /ttyUSB0 .*FT232R.*RTS and DTR move together, break, latency timer 16 ms/,
  );
  expect(new Set(findings.map(({ check }) => check))).toEqual(
    new Set(
      checkNames.filter(
        (name) =>
          ![
            'run-time-dfu',
            'profile-usb-path',
            'profile-gpio',
            'profile-commands',
            'profile-warnings',
            'image',
          ].includes(name),
      ),
    ),
  );
});

test('the oldest Node.js is that of package.json', () => {
  expect(JSON.parse(readFileSync('package.json', 'utf8')).engines.node).toBe(`>=${oldestNode.join('.')}`);
});

const denied = new BootctlError('adapter-denied', 'me may not open /dev/ttyUSB0', { hint: 'usermod' });
const noRules = { udev: { isRunning: true, ruleFiles: [] } };
const ruleFile = (text: string) => ({ udev: { isRunning: true, ruleFiles: [{ path: '/etc/x.rules', text }] } });
const koffiFails = [{ name: 'koffi', trouble: 'no such file' }] as const;
const unplugged = { vendorId: '0483', productId: 'df11', connected: false };
const board = (changes: object): ProfileFacts => ({ profile: referenceBoard(changes), adapter: ftdi });

const table: readonly (Change & { name: string; check: string; verdict: string; says: RegExp; does?: RegExp })[] = [
  { name: 'an old Node.js', host: { nodeVersion: '20.18.3' }, check: 'node', verdict: 'problem', says: /20\.18\.3/ },
  { name: 'the oldest Node.js', host: { nodeVersion: '20.19.0' }, check: 'node', verdict: 'ok', says: /20\.19/ },
  {
    name: 'a module that does not load',
    host: { modules: koffiFails },
    check: 'modules',
    verdict: 'problem',
    says: /koffi.*moves the lines.*no such file/,
    does: /npm rebuild koffi/,
  },
  {
    name: 'no USB at all',
    inventory: { usbDevices: [], busTrouble: new BootctlError('usb-unavailable', 'USB cannot be used') },
    check: 'usb-bus',
    verdict: 'problem',
    says: /USB cannot be used/,
    does: /container/,
  },
  { name: 'an empty bus', inventory: { usbDevices: [] }, check: 'usb-bus', verdict: 'warning', says: /empty/ },
  {
    name: 'no udevd',
    host: { udev: { isRunning: false, ruleFiles: [] } },
    check: 'hotplug',
    verdict: 'ok',
    says: /scans the bus by itself/,
  },
  {
    name: 'no rule',
    host: noRules,
    check: 'udev-rule',
    verdict: 'problem',
    says: /0483:df11/,
    does: /doctor --udev \| sudo tee/,
  },
  { name: 'no rule for root', host: { ...noRules, isRoot: true }, check: 'udev-rule', verdict: 'ok', says: /root/ },
  {
    name: 'a rule for all of ST',
    host: ruleFile('SUBSYSTEM=="usb", ATTRS{idVendor}=="0483", MODE="0666"'),
    check: 'udev-rule',
    verdict: 'ok',
    says: /x\.rules/,
  },
  {
    name: 'a rule for another product of ST',
    host: ruleFile('ATTR{idVendor}=="0483", ATTR{idProduct}=="3748|374b", MODE="0666"'),
    check: 'udev-rule',
    verdict: 'problem',
    says: /no udev rule/,
  },
  {
    name: 'a rule that is commented out',
    host: ruleFile('# ATTR{idVendor}=="0483", ATTR{idProduct}=="df11", MODE="0666"'),
    check: 'udev-rule',
    verdict: 'problem',
    says: /no udev rule/,
  },
  {
    name: 'ModemManager that probes the adapter',
    host: { modemManagerRuns: true, ports: {} },
    check: 'modem-manager',
    verdict: 'warning',
    says: /probes \/dev\/ttyUSB0/,
    does: /plug the adapter in again/,
  },
  {
    name: 'ModemManager that was told',
    host: { modemManagerRuns: true },
    check: 'modem-manager',
    verdict: 'ok',
    says: /leaves the adapters alone/,
  },
  {
    name: 'a port that may not be opened',
    inventory: { ports: [{ info: ftdi, trouble: denied }] },
    check: 'ports',
    verdict: 'problem',
    says: /may not open/,
    does: /usermod/,
  },
  {
    name: 'no adapter',
    inventory: { ports: [{ info: { path: '/dev/ttyS0' } }] },
    check: 'ports',
    verdict: 'warning',
    says: /^no serial port of a USB adapter is here$/, // one that no row knows may be plugged in without a driver
    does: /Plug the adapter in.*no driver knows its ids.*container/,
  },
  {
    name: 'an adapter whose interface a program has taken',
    inventory: { ports: [], usbDevices: [hub, ch340], adapterDrivers: { '1-5': ['usbfs'] } },
    check: 'ports',
    verdict: 'problem',
    says: /CH340.*without a serial port/,
    does: /^A program has taken it from its driver; brltty/,
  },
  {
    name: 'an adapter that no driver has',
    inventory: { ports: [], usbDevices: [hub, ch340], adapterDrivers: { '1-5': [] } },
    check: 'ports',
    verdict: 'problem',
    says: /CH340.*without a serial port/,
    does: /^No driver has it: `sudo modprobe ch341`\.$/,
  },
  {
    name: 'an adapter that brltty has taken, or whose driver is missing',
    inventory: { ports: [], usbDevices: [hub, ch340] },
    check: 'ports',
    verdict: 'problem',
    says: /CH340.*1a86:7523 at USB path 1-5.*without a serial port/,
    does: /apt remove brltty.*modprobe ch341/,
  },
  {
    name: 'the same adapter with its port',
    inventory: { ports: [{ info: { ...ftdi, ...idsOfCh340, usbPath: '1-5' } }], usbDevices: [hub, ch340] },
    check: 'ports',
    verdict: 'ok',
    says: /can be opened/,
  },
  {
    name: 'a CDC-ACM adapter without break',
    inventory: { ports: [{ info: cdc }] },
    host: { ports: { '/dev/ttyACM0': { driver: 'cdc_acm', sendsBreak: false } } },
    check: 'adapters',
    verdict: 'warning',
    says: /CDC-ACM.*no break.*TIOCMSET.*RTS and DTR is not known/,
    does: /whether they move/,
  },
  {
    name: 'the port of an ST-LINK/V2-1, whose firmware has no line',
    inventory: { ports: [{ info: { ...cdc, vendorId: '0483', productId: '374b' } }] },
    host: { ports: { '/dev/ttyACM0': { driver: 'cdc_acm', sendsBreak: true } } },
    check: 'adapters',
    verdict: 'warning',
    says: /0483:374b\) is the virtual COM port of an ST-LINK\/V2-1: it has TX and RX only/,
    does: /NRST and BOOT0 need an adapter/,
  },
  {
    name: 'the port of an STLINK-V3, of which no document was found',
    inventory: { ports: [{ info: { ...cdc, vendorId: '0483', productId: '374e' } }] },
    host: { ports: { '/dev/ttyACM0': { driver: 'cdc_acm', sendsBreak: true } } },
    check: 'adapters',
    verdict: 'warning',
    says: /RTS and DTR is not known/,
  },
  {
    name: 'the same without the second way',
    inventory: { ports: [{ info: cdc }] },
    host: { modules: koffiFails, ports: { '/dev/ttyACM0': { driver: 'cdc_acm', sendsBreak: false } } },
    check: 'adapters',
    verdict: 'problem',
    says: /refuses break.*koffi/,
  },
  {
    name: 'a chip that nobody knows',
    inventory: { ports: [{ info: { ...cdc, path: '/dev/ttyUSB3' } }] },
    check: 'adapters',
    verdict: 'warning',
    says: /1234:5678.*no facts/,
    does: /RTS and DTR move is not known/,
  },
  {
    name: 'a DFU device that may not be opened',
    inventory: { dfuDevices: [{ info: rom, trouble: new BootctlError('usb-denied', 'not yours') }] },
    check: 'dfu-devices',
    verdict: 'problem',
    says: /not yours/,
  },
  {
    name: 'a run-time DFU interface',
    host: { runtimeDfu: ['1-4'] },
    check: 'run-time-dfu',
    verdict: 'ok',
    says: /1-4.*dfu-detach/,
  },
  {
    name: 'a profile that is invalid',
    wanted: { profile: new BootctlError('profile-invalid', 'board.yaml:3:1: nonsense') },
    check: 'profile',
    verdict: 'problem',
    says: /nonsense/,
  },
  {
    name: 'a profile whose adapter is missing',
    wanted: { profile: referenceBoard(), adapter: new BootctlError('adapter-missing', 'none found') },
    check: 'profile-adapter',
    verdict: 'problem',
    says: /none found/,
  },
  {
    name: 'a GPIO that another program holds',
    wanted: { profile: onGpio, gpio: new BootctlError('gpio-busy', 'Line 21 of gpiochip0 is held by "spi0"') },
    check: 'profile-gpio',
    verdict: 'problem',
    says: /held by "spi0"/,
  },
  {
    name: 'GPIO that can be taken',
    wanted: { profile: onGpio },
    check: 'profile-gpio',
    verdict: 'ok',
    says: /^line 21 of gpiochip0 and line 20 of gpiochip0: nobody holds it/,
  },
  {
    name: 'a program that is not there',
    wanted: { profile: byCommand, commands: new BootctlError('command-missing', '`uhubctl` cannot be run') },
    check: 'profile-commands',
    verdict: 'problem',
    says: /`uhubctl` cannot be run/,
  },
  {
    name: 'programs that are there',
    wanted: { profile: byCommand },
    check: 'profile-commands',
    verdict: 'ok',
    says: /^uhubctl of `commands` can be run/,
  },
  {
    name: 'a USB path below a hub that is missing',
    wanted: board({ usb: { vendorId: '0483', productId: 'df11', path: '1-5.1' } }),
    check: 'profile-usb-path',
    verdict: 'problem',
    says: /no USB path 1-5\.1/,
  },
  {
    name: 'a USB path that is free',
    wanted: board({ usb: { vendorId: '0483', productId: 'df11', path: '1-2.1' } }),
    check: 'profile-usb-path',
    verdict: 'ok',
    says: /nothing shows there/,
  },
  {
    name: 'a target without DFU',
    wanted: board({ target: { family: 'G03x_04x' } }),
    check: 'profile-target',
    verdict: 'problem',
    says: /no USB DFU/,
    does: /connected: true/,
  },
  {
    name: 'a target whose USB goes nowhere',
    wanted: board({ target: { family: 'F072' }, usart: { connected: true, baudRate: 115_200 }, usb: unplugged }),
    check: 'profile-target',
    verdict: 'ok',
    says: /uses the USART of STM32F071/,
  },
  {
    name: 'no udev rule where no DFU device can come',
    host: noRules,
    wanted: board({ target: { family: 'F072' }, usart: { connected: true, baudRate: 115_200 }, usb: unplugged }),
    check: 'udev-rule',
    verdict: 'ok',
    says: /none is needed: the profile says that the USB of the target goes nowhere/,
  },
  {
    name: 'a target without DFU at its USART',
    wanted: board({ target: { family: 'G03x_04x' }, usart: { connected: true, baudRate: 115_200 } }),
    check: 'profile-target',
    verdict: 'ok',
    says: /uses its USART/,
  },
  {
    name: 'a capacitor that leaves the host little time',
    wanted: board({ boot0: { ...referenceBoot0, capacitor: 3.0e-6 }, methods: ['rc-cap'] }),
    check: 'profile-margins',
    verdict: 'warning',
    says: /rc-cap has a margin of 6\.8 ms/,
    does: /larger capacitor/,
  },
  {
    name: 'what `profile check` warns of',
    wanted: { ...board({ target: { family: 'F405_407' } }), warnings: ['boot0.vil is 0.99 V'] },
    check: 'profile-warnings',
    verdict: 'warning',
    says: /^boot0\.vil is 0\.99 V$/,
    does: /hardware\/README\.md/,
  },
  { name: 'no target', wanted: board({}), check: 'profile-target', verdict: 'warning', says: /no target/ },
];

test.each(table)('$name: $verdict', ({ check, verdict, says, does, ...change }) => {
  const findings = judge(facts(change)).filter((finding) => finding.check === check);
  expect(findings.map((finding) => finding.verdict)).toEqual([verdict]);
  expect(findings[0]!.seen).toMatch(says);
  if (verdict !== 'ok') expect(findings[0]!.advice).toMatch(does ?? /./);
});

test('what the ROM of the line is known for is told before anybody meets it', () => {
  const findings = judge(facts({ wanted: board({ target: { family: 'F072' } }) }));
  expect(findings.filter(({ check }) => check === 'profile-peculiarities')).toMatchObject([
    { verdict: 'ok', seen: expect.stringMatching(/STM32F071\/F072\/F078: .*USB hub.*Table 42/) },
  ]);
});

test('nothing is told of the DFU of a target whose USB goes nowhere', () => {
  const findings = judge(facts({ wanted: board({ target: { family: 'F072' }, usb: unplugged }) }));
  expect(findings.filter(({ check }) => check === 'profile-peculiarities')).toEqual([]);
});

test('every check has a row that warns or refuses, or nothing to refuse', () => {
  const judged = new Set(table.filter(({ verdict }) => verdict !== 'ok').map(({ check }) => check));
  expect(checkNames.filter((name) => !judged.has(name))).toEqual([
    'hotplug',
    'run-time-dfu',
    'profile-peculiarities',
    'image',
  ]);
});
