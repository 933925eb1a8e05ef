import type { CauseName } from '../../src/ops/entry/diagnose.ts';
import type { FirmwareManner } from '../../src/sim/firmware/firmware-manner.ts';
import type { ScenarioName } from '../../src/sim/scenarios.ts';
import type { TimedTruth } from '../../src/sim/truth.ts';

/** A board with its fault, and what bootctl is told of it. */
export interface World {
  readonly scenario: ScenarioName;
  /** Lines of the profile beside wiring; default: an F405 reset by its lines, with an application on USB. */
  readonly family?: string;
  readonly methods?: 'lines' | 'rc-cap' | 'soft-jump';
  readonly usart?: true;
  /** The board's place is named. */
  readonly path?: string;
  readonly usb?: string;
  /** The application prints text, and its USB goes nowhere. */
  readonly onSerial?: true;
  /** The profile does not say what the application is. */
  readonly unknownApplication?: true;
  readonly firmware?: FirmwareManner;
}

/** What really happened, by the truth log. */
type Truth = (events: readonly TimedTruth[]) => boolean;

const boots = (what: 'rom' | 'application') => (events: readonly TimedTruth[]) =>
  events.some((event) => event.what === 'boot0-sampled' && event.boots === what);
/** The last reset is the one that brings the application back. */
const startedRom: Truth = boots('rom');
const neverRom: Truth = (events) => !startedRom(events);
const wasReset: Truth = (events) => events.some(({ what }) => what === 'nrst');
const neverReset: Truth = (events) => !wasReset(events);
const bothOf =
  (...all: readonly Truth[]): Truth =>
  (events) =>
    all.every((one) => one(events));
/** The application has left the bus before any reset. */
const leftUnreset: Truth = (events) => {
  const first = (what: string) => events.findIndex((event) => event.what === what);
  return first('vanished') >= 0 && (first('nrst') < 0 || first('vanished') < first('nrst'));
};
const always: Truth = () => true;
const enumerated =
  (device: RegExp): Truth =>
  (events) =>
    events.some((event) => event.what === 'enumerated' && device.test(event.device));
const hasFault =
  (name: string): Truth =>
  (events) =>
    events.some((event) => event.what === 'fault' && event.name === name);

/** A sentence about a cause: what it needs, a world in which it is true, and worlds in which it would be false. */
export interface Sentence {
  readonly of: CauseName;
  readonly says: RegExp;
  /** The observation without which it may not be said. */
  readonly needs: string;
  readonly trueIn: World;
  /** What makes it true there, physically. */
  readonly because: Truth;
  readonly falseIn: readonly World[];
}

const stuckLow: World = { scenario: 'boot0-stuck-low-running' };
const silent: World = { scenario: 'boot0-stuck-low' };
const captured: World = { scenario: 'rom-captured' };
const onSerial: World = { ...stuckLow, usart: true, onSerial: true, usb: 'usb: { connected: false }' };
const katapult = { usb: { vendorId: '1d50', productId: '6177' } } as const;
const here = '1-2';

export const sentences: readonly Sentence[] = [
  {
    of: 'clone',
    says: /GigaDevice GD32 came instead of an STM32/,
    needs: 'ids or strings of a known clone on the newcomer',
    trueIn: { scenario: 'clone-gd32' },
    because: enumerated(/GD32/),
    falseIn: [captured, stuckLow],
  },
  {
    of: 'flash-bootloader',
    says: /a bootloader in the flash, came instead of the ROM/,
    needs: 'ids or a product string of a known bootloader on the newcomer',
    trueIn: { ...stuckLow, firmware: katapult },
    because: neverRom,
    falseIn: [captured, stuckLow],
  },
  {
    of: 'flash-bootloader',
    says: /The resets work, but BOOT0 was low when it was sampled/,
    needs: 'it came after a reset, and not after a request to the firmware',
    trueIn: { ...stuckLow, firmware: katapult },
    because: bothOf(wasReset, neverRom),
    falseIn: [captured, { scenario: 'no-usb' }],
  },
  {
    of: 'no-dfu-in-rom',
    says: /has no USB DFU/,
    needs: 'the row of the line in hardware/targets',
    trueIn: { scenario: 'no-usb', family: 'G03x_04x' },
    because: always,
    falseIn: [{ scenario: 'no-usb' }],
  },
  {
    of: 'reset-unnoticed',
    says: /the reset has reached it, and this host has not noticed/,
    needs: 'the application at the named place stayed listed and did not answer',
    trueIn: { scenario: 'pull-up-stays-unseen', path: here },
    because: bothOf(wasReset, startedRom),
    falseIn: [{ scenario: 'nrst-open-running', path: here }, stuckLow],
  },
  {
    of: 'nrst-not-moving',
    says: /stayed on the bus through 2 resets, and still answers/,
    needs: 'the application at the named place answered after the resets',
    trueIn: { scenario: 'nrst-open-running', path: here },
    because: neverReset,
    falseIn: [{ scenario: 'pull-up-stays-unseen', path: here }, captured],
  },
  {
    of: 'nrst-not-moving',
    says: /Or the board pulls D\+ up all the time/,
    needs: 'the application stayed, and could not be asked',
    trueIn: { scenario: 'pull-up-stays' },
    because: bothOf(wasReset, startedRom),
    falseIn: [{ scenario: 'nrst-open-running', path: here }],
  },
  {
    of: 'dfu-device-stayed',
    says: /stayed on the bus through a reset: it was not opened/,
    needs: 'a DFU device came and was still listed after one more reset',
    trueIn: { scenario: 'late-stranger-nrst-open' },
    because: neverReset,
    falseIn: [{ scenario: 'nrst-open' }, captured],
  },
  {
    of: 'dfu-device-elsewhere',
    says: /a DFU device came at 1-7 after 2 resets/,
    needs: 'a new DFU device at another place than the named one',
    trueIn: { scenario: 'other-usb-port', path: here },
    because: enumerated(/BOOTLOADER/),
    falseIn: [{ scenario: 'no-usb', path: here }],
  },
  {
    of: 'boot0-pin-disabled',
    says: /option bits of STM32G0B1.* can overrule the BOOT0 pin/,
    needs: 'the application came back, and the line has such option bits',
    trueIn: { ...stuckLow, family: 'G0B1_0C1' },
    because: neverRom,
    falseIn: [stuckLow, captured],
  },
  {
    of: 'boot0-low-at-sampling',
    says: /resets worked, but started the application: BOOT0 was low when it was sampled/,
    needs: 'the application came back after resets by the lines',
    trueIn: stuckLow,
    because: bothOf(wasReset, neverRom),
    falseIn: [captured, { scenario: 'nrst-open-running', path: here }, { scenario: 'no-usb' }],
  },
  {
    of: 'other-device',
    says: /another USB device appeared instead of the DFU device/,
    needs: 'a newcomer that no row knows',
    trueIn: { ...stuckLow, unknownApplication: true },
    because: enumerated(/application/),
    falseIn: [stuckLow, silent],
  },
  {
    of: 'host-too-slow',
    says: /missed the hold window/,
    needs: 'measured times of the edges',
    trueIn: { scenario: 'slow-host', methods: 'rc-cap' },
    because: always,
    falseIn: [{ scenario: 'boot0-stuck-low', methods: 'rc-cap' }],
  },
  {
    of: 'soft-jump-limited',
    says: /a jump from the application reaches the ROM of STM32L0.* only under a condition/,
    needs: 'the row of the line, and an attempt by soft jump',
    trueIn: { scenario: 'no-usb-running', methods: 'soft-jump', family: 'L07x_08x_usb', path: here },
    because: neverRom,
    falseIn: [{ scenario: 'no-usb-running', methods: 'soft-jump', path: here }],
  },
  ...(['rom-captured', 'virtual-machine', 'no-usb-running'] as const).map(
    (scenario): Sentence => ({
      of: 'rom-not-on-usb',
      says: /The USB cable, NRST and BOOT0 work/,
      needs: 'the application was on the bus, left it in the reset and did not come back',
      trueIn: { scenario },
      because: bothOf(wasReset, startedRom),
      falseIn: [stuckLow, silent, { scenario: 'no-usb' }, { scenario: 'nrst-open-running', path: here }],
    }),
  ),
  {
    of: 'rom-not-reached',
    says: /left the bus when it was asked, and no DFU device came/,
    needs: 'the application left after the request and did not come back',
    trueIn: { scenario: 'no-usb-running', methods: 'soft-jump', path: here },
    because: leftUnreset,
    falseIn: [captured, silent],
  },
  {
    of: 'enumeration-failed',
    says: /the host could not enumerate it/,
    needs: "the host's own log of failed enumerations",
    trueIn: { scenario: 'bad-crystal' },
    because: hasFault('usb-garbled'),
    falseIn: [{ scenario: 'no-usb' }, captured],
  },
  {
    of: 'rom-silent',
    says: /neither a DFU device on USB nor an answer on the USART/,
    needs: 'the USART was called in vain',
    trueIn: { ...silent, usart: true },
    because: neverRom,
    falseIn: [silent, { ...captured, usart: true }],
  },
  {
    of: 'usart-foreign',
    says: /was answered by (?:[0-9A-F]{2} ?)+, not by ACK or NACK/,
    needs: 'bytes on the USART that no ROM sends',
    trueIn: { ...onSerial, firmware: { temper: 'noisy' } },
    because: neverRom,
    falseIn: [{ ...silent, usart: true }, onSerial],
  },
  {
    of: 'usb-silent',
    says: /no USB device appeared after 2 attempts/,
    needs: 'nothing new on the bus, no failed enumeration, and nothing that left it',
    trueIn: silent,
    because: neverRom,
    falseIn: [captured, { scenario: 'bad-crystal' }, stuckLow],
  },
  {
    of: 'usb-silent',
    says: /measure BOOT0 and NRST during a reset/,
    needs: 'the lines have made a reset of which nothing was seen',
    trueIn: silent,
    because: bothOf(wasReset, neverRom),
    falseIn: [captured, { scenario: 'no-usb-running', methods: 'soft-jump', path: here }],
  },
];

/** Codes whose general hint names hardware, with the observation that each needs. */
export const hardwareHints: Readonly<Record<string, string>> = {
  'dfu-not-seen': 'none: things to check; where the attempts have shown more, the first cause takes its place',
  'application-came-back': 'the application came again after a reset or a request',
  'bootloader-absent': 'none: what to do first',
  'usart-no-sync': 'the ROM has not answered: things to check',
  'application-unproven': 'the application stayed on the bus through a reset by the adapter',
  'usb-timeout': 'a request had no answer',
  'usb-blocks-break-off': 'a block that is not carried out broke off, on a line that is known for it',
  'target-lost': 'the device is listed no more, or a transfer broke off',
  'dfu-state': 'the state stayed the same after DFU_CLRSTATUS, DFU_ABORT and a USB reset',
  'flash-unreadable': 'a read hung, reset or was refused twice, on a line with ECC: it can be so',
  'read-differs': 'two reads of one block differ',
  'usart-nack': 'the ROM answered NACK',
  'usart-timeout': 'an answer did not come',
  'usart-malformed': 'an answer had another length or checksum',
  'read-unsteady': 'two reads of one block differ',
  'adapter-missing': 'no port fits: nothing of an adapter was seen',
  'adapter-lost': 'the port is gone',
  'adapter-failed': 'a call on the port failed',
  'port-power-denied': 'the files of the port or the hub may not be written: which ones is in the message',
  'port-power-failed': 'a write to the port has failed, or it stayed as it was',
  'port-power-unavailable': 'none: what it takes, and which command says what is missing',
  'usb-denied': 'the user may not open the device',
  'circuit-not-analysable': 'none: what a profile needs for the command',
  'firmware-target-unknown': 'none: ways for a target whose registers are not known',
  'firmware-refused': 'none: ways where firmware cannot do it, by the block of the target',
  'firmware-circuit-unusable': 'none: what the circuit of the profile lacks, by its parts',
  'boot0-always-high': 'a reset with the line of BOOT0 released has led into the ROM',
  'boot0-never-high': 'a reset with BOOT0 charged for long has not led into the ROM',
  'wiring-unknown': 'no state of the lines, or no state that leads into the ROM, has shown anything: things to check',
  'calibration-unclear': 'the same timing has led into the ROM and not: things to check',
};
