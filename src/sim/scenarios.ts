import { BootctlError } from '../base/errors.ts';
import { nearNames } from '../base/near-names.ts';
import { late } from './neighbours.ts';
import type { Scenario, ScenarioDifferences } from './scenario.ts';

export type { Scenario, ScenarioDifferences } from './scenario.ts';

/** Bit 28 of four words: 0 in every vector into the flash, where images have their vectors. */
const stuckBits = [0x100, 0x104, 0x108, 0x10c].map((offset) => ({ address: 0x0800_0000 + offset, mask: 0x1000_0000 }));

/** With another adapter, opening the port may already reset the target, which would hide the scenario's fault. */
const quiet = { opensQuietly: true } as const;

const table = {
  'adapter-busy': { summary: 'Another program holds the port.', adapter: { refusesOpen: 'adapter-busy' } },
  'adapter-denied': { summary: 'The user may not open the port.', adapter: { refusesOpen: 'adapter-denied' } },
  'adapter-low-level': {
    summary:
      "The adapter's pins go up to 1.8 V only: BOOT0 is 1 while its line is released, and each reset starts the ROM.",
    board: { releasedLevel: 1.8 },
  },
  'adapter-lost': { summary: 'The adapter is unplugged while it holds NRST low.', adapter: { lostInReset: true } },
  'adapter-missing': { summary: 'No adapter is plugged in.', adapter: { count: 0 } },
  'already-dfu': {
    summary: 'The target is in its ROM when the job starts.',
    startsInRom: 'dfuIDLE',
    adapter: quiet,
  },
  'already-usart': {
    summary:
      'The target is in its ROM when the job starts, and its USB cable is not plugged in: only its USART answers.',
    startsInRom: 'dfuIDLE',
    rom: { usb: false },
    adapter: quiet,
  },
  'app-crashes': { summary: 'The flashed application never shows up.', flashedCrashes: true },
  'app-restarts': {
    summary: 'The flashed application shows up on USB, faults after 300 ms and is reset by its watchdog: for ever.',
    firmware: { faultsAfter: 300 },
  },
  'bad-crystal': {
    summary: 'The crystal has a frequency that the ROM takes for another: the host cannot enumerate it.',
    rom: { usb: 'garbled' },
  },
  'blank-flash': { summary: 'The flash is erased: a reset starts nothing.', flash: 'blank' },
  'board-pull-down': {
    summary: 'The board pulls BOOT0 to ground with 4.7 kΩ that are not in the profile: the charge is gone too soon.',
    boardPullDown: 4700,
  },
  'boot0-stuck-low': {
    summary: 'BOOT0 is shorted to ground: each reset starts the application.',
    board: { boot0Stuck: 0 },
  },
  'boot0-stuck-low-running': {
    summary: 'BOOT0 is shorted to ground, and the application runs: it comes back after each reset.',
    board: { boot0Stuck: 0 },
    flash: 'healthy',
  },
  'clone-at32': { summary: 'An Artery AT32F415 sits where the STM32 should.', personality: 'AT32F415' },
  'clone-gd32': { summary: 'A GigaDevice GD32VF103 sits where the STM32 should.', personality: 'GD32VF103' },
  crashed: { summary: 'The default: a crashed application, everything else as the profile says.' },
  'dfu-error': {
    summary: 'The target is in its ROM, and an earlier job left it in dfuERROR.',
    startsInRom: 'dfuERROR',
    adapter: quiet,
  },
  'flaky-crystal': {
    summary: 'The ROM takes its crystal for another at most starts: every third one enumerates.',
    rom: { usb: 'garbled' },
    enumeratesEvery: 3,
    adapter: quiet,
  },
  'flaky-entry': {
    summary: 'A bad BOOT0 contact: the first two resets do not reach the ROM, the third does.',
    board: { boot0Bounces: 2 },
    adapter: quiet,
  },
  healthy: { summary: 'The application runs, and can be asked for the bootloader.', flash: 'healthy' },
  'late-stranger': {
    summary: "Another board in DFU mode is plugged in elsewhere while the target's own DFU device is awaited.",
    neighbours: [late({ sampling: 2, after: 100 })],
  },
  'late-stranger-nrst-open': {
    summary: "The adapter's line does not reach NRST, and another board in DFU mode is plugged in elsewhere.",
    board: { nrstOpen: true },
    neighbours: [late({ at: 2_000 })],
  },
  'late-twin': {
    summary: 'A second board on the same lines, whose DFU device appears 200 ms after that of the target.',
    neighbours: [{ name: 'twin', runs: 'application', onLines: true, slowerBy: 200 }],
  },
  'lines-unsupported': { summary: 'The port has no modem lines.', adapter: { linesUnsupported: true } },
  'no-usb': { summary: 'The ROM runs, but never enumerates: no crystal, or no USB cable.', rom: { usb: false } },
  'no-usb-running': {
    summary: 'The application runs on USB; the ROM never enumerates: no crystal, or its USB is on another connector.',
    flash: 'healthy',
    rom: { usb: false },
    adapter: quiet,
  },
  'no-parity': {
    summary: "The ROM never enumerates, and the port sends no parity bit, like a Raspberry Pi's mini UART.",
    rom: { usb: false },
    adapter: { noParity: 'refused' },
  },
  'noisy-usart': {
    summary: 'The ROM never enumerates, and above 115200 baud the wires to its USART garble a byte now and then.',
    rom: { usb: false },
    adapter: { noisyAbove: 115_200 },
  },
  'nrst-open': { summary: "The adapter's line does not reach NRST: nothing resets.", board: { nrstOpen: true } },
  'nrst-open-running': {
    summary: "The adapter's line does not reach NRST, and the application runs on through every reset.",
    board: { nrstOpen: true },
    flash: 'healthy',
  },
  'operator-helps': {
    summary: 'BOOT0 is shorted to ground for the lines, but a person who is asked can hold its button.',
    board: { boot0Stuck: 0 },
    operatorAfter: 20_000,
  },
  'other-family': {
    summary: 'An STM32H743 sits where the profile names another line.',
    personality: 'H743',
  },
  'other-port': {
    summary: 'No adapter is plugged in, but an Arduino Uno is.',
    adapter: { count: 0 },
    otherPorts: [{ path: '/dev/ttyACM7', vendorId: '2341', productId: '0043', usbPath: '1-9' }],
  },
  'other-usb-port': { summary: 'The target is plugged in at 1-7, whatever the profile says.', usbPath: '1-7' },
  'parts-fast': {
    summary:
      'All parts on BOOT0 are at the end of their tolerances at which it empties soonest, and its pin draws 1 µA.',
    boot0Parts: 'fast',
  },
  'parts-slow': {
    summary: 'All parts on BOOT0 are at the end of their tolerances at which it empties last, and its pin gives 1 µA.',
    boot0Parts: 'slow',
  },
  'pull-up-stays': {
    summary: 'D+ has a pull-up of its own, and the application runs: the host does not notice that the target resets.',
    flash: 'healthy',
    pullUpStays: true,
    adapter: quiet,
  },
  'pull-up-stays-unseen': {
    summary: 'The same, on a host that cannot reset a port.',
    flash: 'healthy',
    pullUpStays: true,
    cannotResetPorts: true,
    adapter: quiet,
  },
  'readout-protected': {
    summary: 'RDP level 1: the ROM refuses to read and write.',
    memory: { readoutProtected: true },
  },
  'rom-captured': {
    summary: 'Another device of the board sends to a USART of the ROM, which listens to it and not to USB.',
    flash: 'healthy',
    talksEvery: 50,
    adapter: quiet,
  },
  'slow-host': {
    summary: 'The adapter is always so slow that each reset misses the hold window of the capacitor.',
    adapter: { ...quiet, slowResets: 1_000 },
  },
  'slow-rc': {
    summary: 'BOOT0 charges far slower than the profile says: only the longer charge reaches the threshold.',
    slowCharge: true,
  },
  stranger: {
    summary: 'Another target in DFU mode is on the bus, and must not be touched.',
    neighbours: [{ name: 'stranger', runs: 'rom' }],
  },
  'stuck-bit': { summary: 'Flash bits near 0x08000100 do not program.', memory: { faults: { stuckBits } } },
  'target-lost-once': {
    summary: "The target's USB contact fails for a moment during programming.",
    cablePulled: 'for-a-moment',
  },
  'target-lost': { summary: "The target's USB cable is pulled during programming.", cablePulled: true },
  'two-adapters': { summary: 'Two adapters fit the profile.', adapter: { count: 2 } },
  'two-adapters-alike': {
    summary: 'Two adapters fit the profile, and neither has a serial number.',
    adapter: { count: 2, withoutSerialNumber: true },
  },
  'two-connectors': {
    summary: 'The application comes at USB path 1-4, another connector of the board than that of its ROM.',
    flash: 'healthy',
    applicationPath: '1-4',
  },
  'two-new-devices': {
    summary: 'A second board on the same lines: two DFU devices appear.',
    neighbours: [{ name: 'twin', runs: 'application', onLines: true }],
  },
  'usb-denied': { summary: 'The user may not open the DFU device.', usbDenied: true },
  'virtual-machine': {
    summary: 'The host is a virtual machine, which is given the application on USB and not 0483:df11.',
    flash: 'healthy',
    hiddenFromHost: '0483:df11',
    adapter: quiet,
  },
  'weak-capacitor': {
    summary: 'The capacitor on BOOT0 is worn out: only a line that holds BOOT0 through the reset gets in.',
    weakCapacitor: true,
    adapter: quiet,
  },
  'window-missed': {
    summary: 'The adapter is so slow that the first two resets miss the hold window of the capacitor.',
    adapter: { ...quiet, slowResets: 2 },
  },
  'write-protected': {
    summary: 'The first sector is write-protected: the ROM acknowledges what it does not do.',
    memory: { protectedSectors: [0x0800_0000] },
  },
} as const satisfies Record<string, ScenarioDifferences & { readonly summary: string }>;

export type ScenarioName = keyof typeof table;

/** All scenarios, by name. */
export const scenarios: readonly Scenario[] = Object.entries(table).map(([name, row]) => ({ name, ...row }));

export const defaultScenario: ScenarioName = 'crashed';

/** The scenario of this name. @throws BootctlError `scenario-unknown`, naming those that are spelt alike */
export function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found) return found;
  const near = nearNames(
    name,
    scenarios.map((scenario) => scenario.name),
  );
  const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : undefined;
  throw new BootctlError('scenario-unknown', `There is no scenario ${JSON.stringify(name)}`, hint ? { hint } : {});
}
