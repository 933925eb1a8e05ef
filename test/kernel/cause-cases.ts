import type { CauseName } from '../../src/ops/entry/diagnose.ts';
import type { BoardSetup } from './agent/protocol.ts';
import { type CaseProfile, changed } from './profile-text.ts';

/** A board from which there is no way in. */
export interface CauseCase {
  readonly name: string;
  /** What bootctl is told. */
  readonly profile: CaseProfile;
  /** What the board is, where that differs. */
  readonly board?: CaseProfile;
  readonly scenario: NonNullable<BoardSetup['scenario']>;
  /** ms of each request of the adapter's driver. */
  readonly latency?: number;
  /** `--timeout`, where less than the profile's will do. */
  readonly timeout?: string;
  readonly code: 'methods-exhausted' | 'dfu-not-seen';
  /** What each attempt came to, where all came to the same. */
  readonly outcome: string;
  readonly attempts: number;
  readonly causes: readonly CauseName[];
  /** Evidence of the first cause. */
  readonly evidence: RegExp;
  /** What must have happened physically, and what must not; events as `what:value`. */
  readonly happened: readonly string[];
  readonly never: readonly string[];
}

type Change = readonly [string, string];

const application = 'application: { expect: usb, vendorId: "0483", productId: "5740", timeout: 8s }';
const onUsb: Change = ['application: { expect: none }', application];
/** An emulated guest takes a third of a second from pull-up to device. */
// One try a rung: the kernel takes seconds to give a device up.
const usb = 'attempts: 1\nusb: { vendorId: "0483", productId: "df11", enumerationTimeout: 3s }';
const family = (name: string): Change => ['methods:', `target: { family: ${name} }\nmethods:`];
const usart: Change = ['methods:', 'usart: { connected: true, baudRate: 115200 }\nmethods:'];

const twoLine = (id: string, ...more: readonly Change[]): CaseProfile =>
  changed(id, 'two-line', [
    ['id: two-line', `id: ${id}`],
    // `manual` stays in the list: without a terminal it is no rung.
    ['methods:', `${usb}\nmethods:`],
    ...more,
  ]);

const asked = `methods: [soft-jump]
softJump: [{ trigger: serial-command, send: "bootloader\\r\\n", baudRate: 115200, via: adapter }]`;

const resetIntoApplication = ['nrst:0', 'nrst:1', 'boots:application'];
const resetIntoRom = ['nrst:0', 'nrst:1', 'boots:rom'];
const twoAttempts = { code: 'methods-exhausted', outcome: 'dfu-not-seen', attempts: 2 } as const;
const unreadable = {
  ...twoAttempts,
  causes: ['enumeration-failed'],
  never: ['enumerated:board'],
} as const;

/** What is wrong with the board, or with the profile's words about it. */
export const causesOnBoard: readonly CauseCase[] = [
  {
    name: 'BOOT0 shorted to ground, the application comes back',
    profile: twoLine('boot0-low', onUsb),
    scenario: { board: { boot0Stuck: 0 }, flash: 'healthy' },
    ...twoAttempts,
    outcome: 'application-came-back',
    causes: ['boot0-low-at-sampling'],
    evidence: /^2 resets worked.*BOOT0 was low when it was sampled, also while its line held BOOT0/,
    happened: [...resetIntoApplication, 'enumerated:board'],
    never: ['boots:rom'],
  },
  {
    name: 'the same on a line whose option bits can take the pin away',
    profile: twoLine('pin-disabled', onUsb, family('G0B1_0C1')),
    scenario: { board: { boot0Stuck: 0 }, flash: 'healthy' },
    ...twoAttempts,
    outcome: 'application-came-back',
    causes: ['boot0-pin-disabled', 'boot0-low-at-sampling'],
    evidence: /option bits of STM32G0B1.*nBOOT_SEL/,
    happened: resetIntoApplication,
    never: ['boots:rom'],
  },
  {
    name: 'NRST not connected, the application stays',
    profile: twoLine('nrst-open', onUsb),
    scenario: { board: { nrstOpen: true }, flash: 'healthy' },
    timeout: '1s',
    ...twoAttempts,
    causes: ['nrst-not-moving'],
    evidence: /0483:5740 at \d+-[\d.]+\) stayed on the bus through 2 resets/,
    happened: ['lines:asserted', 'enumerated:board'],
    never: ['nrst:0', 'boots:rom', 'boots:application'],
  },
  {
    name: 'the profile names another USB port than the one that the board is at',
    profile: twoLine('elsewhere', ['productId: "df11",', 'productId: "df11", path: "9-9",']),
    board: twoLine('plugged-in'),
    scenario: {},
    timeout: '2s',
    ...twoAttempts,
    causes: ['dfu-device-elsewhere'],
    evidence: /^a DFU device came at \d+-[\d.]+ after 2 resets, and the one at 9-9 was awaited/,
    happened: [...resetIntoRom, 'enumerated:board'],
    never: [],
  },
  {
    name: 'another device of the board sends to a USART of the ROM, after the application has left',
    profile: twoLine('captured', onUsb),
    scenario: { flash: 'healthy', talksEvery: 50 },
    timeout: '1s',
    ...twoAttempts,
    causes: ['rom-not-on-usb'],
    evidence: /^the application \(0483:5740 at \d+-[\d.]+\) was on the bus, left it in the reset and did not come back/,
    happened: [...resetIntoRom, 'rom-interface:another', 'enumerated:board'],
    never: [],
  },
  {
    name: 'a crashed application and BOOT0 shorted: nothing is ever seen',
    profile: twoLine('usb-silent'),
    scenario: { board: { boot0Stuck: 0 } },
    timeout: '1s',
    ...twoAttempts,
    causes: ['usb-silent'],
    evidence: /^no USB device appeared after 2 attempts$/,
    happened: resetIntoApplication,
    never: ['boots:rom', 'enumerated:board'],
  },
  {
    name: 'the same with the USART of the ROM connected',
    profile: twoLine('rom-silent', usart),
    scenario: { board: { boot0Stuck: 0 } },
    timeout: '1s',
    ...twoAttempts,
    causes: ['rom-silent', 'usb-silent'],
    evidence: /neither a DFU device on USB nor an answer on the USART/,
    happened: resetIntoApplication,
    never: ['boots:rom', 'rom-interface:usart'],
  },
  {
    name: 'a ROM without USB',
    profile: twoLine('no-dfu', family('G03x_04x')),
    scenario: { rom: { usb: false } },
    ...twoAttempts,
    causes: ['no-dfu-in-rom'],
    evidence: /the ROM of STM32G030.* has no USB DFU/,
    happened: resetIntoRom,
    never: ['enumerated:board'],
  },
  {
    name: 'an adapter that is too slow for the capacitor',
    profile: changed('too-slow', 'rc-cap', [
      ['id: rc-cap', 'id: too-slow'],
      ['methods: [rc-cap, lines, manual]', 'methods: [rc-cap]'],
    ]),
    scenario: {},
    latency: 75,
    code: 'methods-exhausted',
    outcome: 'window-missed',
    attempts: 12,
    causes: ['host-too-slow'],
    evidence: /^12 attempts missed the hold window; BOOT0 had to hold for up to \d+ ms$/,
    happened: ['nrst:0', 'nrst:1'],
    never: [],
  },
  {
    name: 'a target whose ROM a jump reaches only under a condition',
    profile: changed('soft-jump-l0', 'two-line', [
      ['id: two-line', 'id: soft-jump-l0'],
      ['methods: [lines, manual]', `${usb}\ntarget: { family: L07x_08x_usb }\n${asked}`],
      ['application: { expect: none }', 'application: { expect: serial, match: "ready", timeout: 8s }'],
    ]),
    scenario: { flash: 'healthy', rom: { usb: false } },
    code: 'dfu-not-seen',
    outcome: 'dfu-not-seen',
    attempts: 1,
    causes: ['soft-jump-limited', 'usb-silent'],
    evidence: /a jump from the application reaches the ROM of STM32L072.* only under a condition/,
    happened: ['application:running'],
    never: ['boots:rom', 'enumerated:board'],
  },
];

/** What the kernel says, or what comes instead. */
export const causesOnUsb: readonly CauseCase[] = [
  {
    name: 'a USB device whose bits are garbled, as by a wrong crystal (EPROTO)',
    profile: twoLine('garbled'),
    scenario: { rom: { usb: 'garbled' } },
    // The kernel tries for two seconds, and only then looks at the target again.
    timeout: '3s',
    ...unreadable,
    evidence: /could not enumerate it, in 2 attempts \(\d+-\d+: device descriptor read\/64, error -71/,
    happened: [...resetIntoRom, 'fault:usb-garbled'],
  },
  {
    name: 'a USB device that never answers: the kernel says so after 15 s, and hears of no second reset',
    profile: twoLine('mute'),
    scenario: { rom: { usb: 'mute' } },
    ...unreadable,
    causes: ['enumeration-failed', 'usb-silent'],
    evidence: /could not enumerate it, in \d attempts? \(\d+-\d+: new full-speed USB device number \d+/,
    happened: [...resetIntoRom, 'fault:usb-mute'],
  },
  {
    name: "another maker's chip, where the profile waits for an STM32",
    profile: twoLine('clone'),
    scenario: { personality: 'GD32VF103' },
    ...twoAttempts,
    causes: ['clone'],
    evidence: /GigaDevice GD32 came instead of an STM32 \(28e9:0189 at \d+-[\d.]+/,
    happened: [...resetIntoRom, 'enumerated:board'],
    never: [],
  },
  {
    name: 'an application that the profile does not know comes back',
    // Without it the application's own port would pass for a second adapter.
    profile: twoLine('unknown-application', ['methods:', 'adapter: { serialNumber: adapter }\nmethods:']),
    board: twoLine('its-board', onUsb),
    scenario: { board: { boot0Stuck: 0 }, flash: 'healthy' },
    ...twoAttempts,
    causes: ['other-device'],
    evidence: /another USB device appeared instead of the DFU device: 0483:5740 at \d+-[\d.]+/,
    happened: [...resetIntoApplication, 'enumerated:board'],
    never: ['boots:rom'],
  },
  {
    name: 'Katapult in the flash comes instead of the ROM',
    profile: twoLine('katapult', ['methods:', 'adapter: { serialNumber: adapter }\nmethods:']),
    board: twoLine('its-katapult', [
      'application: { expect: none }',
      'application: { expect: usb, vendorId: "1d50", productId: "6177", timeout: 8s }',
    ]),
    scenario: { board: { boot0Stuck: 0 }, flash: 'healthy' },
    ...twoAttempts,
    causes: ['flash-bootloader'],
    evidence: /Katapult, a bootloader in the flash, came instead of the ROM \(1d50:6177 at \d+-[\d.]+\)/,
    happened: [...resetIntoApplication, 'enumerated:board'],
    never: ['boots:rom'],
  },
];

/** Every cause of src/ops/entry/diagnose.ts, as far as a kernel shows it. */
export const causeCases: readonly CauseCase[] = [...causesOnBoard, ...causesOnUsb];

/** 8 KiB of RAM are in every line: the firmware's own stack pointer is not. */
const stackInRam = ['--patch', '0x08000000=u32:0x20002000'];

/** Arguments of the main job on a board of this case. */
export const causeArguments = (
  { timeout }: Pick<Partial<CauseCase>, 'timeout'>,
  firmware: string,
  profile: string,
): readonly string[] => [
  ...['recover', firmware, '--profile', profile, ...stackInRam],
  ...(timeout === undefined ? [] : ['--timeout', timeout]),
];
