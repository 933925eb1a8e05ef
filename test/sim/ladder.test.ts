import { expect, test } from 'vitest';
import { causeNames } from '../../src/ops/entry/diagnose.ts';
import type { ScenarioName } from '../../src/sim/scenarios.ts';
import { firmware, runCommand } from '../helpers/command.ts';
import { profileFile, rcBoot0 } from '../helpers/profile-file.ts';

type Step = 'soft-jump' | 'rc-cap' | 'lines' | 'usart';

/** The reference circuit with these methods in this order; `usart` connects the adapter's TX and RX. */
function boardWith(steps: readonly Step[], via: 'target' | 'adapter', family = 'F405_407', usb = ''): string {
  const id = `${steps.join('-')}-${via}-${family.toLowerCase().replaceAll('_', '-')}${usb && '-usb'}`;
  const command = `{ trigger: serial-command, send: "bootloader\\r\\n", baudRate: 115200, via: ${via} }`;
  const application =
    via === 'adapter'
      ? '{ expect: serial, match: "ready", timeout: 5s }'
      : '{ expect: usb, vendorId: "0483", productId: "5740", timeout: 5s }';
  return profileFile(
    id,
    `target: { family: ${family} }`,
    rcBoot0(),
    `usart: { connected: ${steps.includes('usart')}, baudRate: 115200 }`,
    `methods: [${steps.filter((step) => step !== 'usart').join(', ')}]`,
    steps.includes('soft-jump') ? `softJump: [${command}]` : '',
    `application: ${application}`,
    usb,
  );
}

interface Row {
  readonly scenario: ScenarioName;
  readonly steps: readonly Step[];
  readonly via?: 'target' | 'adapter';
  /** Line of the profile. */
  readonly usb?: string;
  /** Method and bootloader that got in. */
  readonly by: string;
}

/** Every rung that fails before one that works. */
const rows: readonly Row[] = [
  { scenario: 'healthy', steps: ['soft-jump', 'rc-cap', 'lines'], by: 'soft-jump over dfu' },
  { scenario: 'healthy', steps: ['soft-jump', 'rc-cap'], via: 'adapter', by: 'soft-jump over dfu' },
  { scenario: 'crashed', steps: ['soft-jump', 'rc-cap', 'lines'], by: 'rc-cap over dfu' },
  { scenario: 'crashed', steps: ['soft-jump', 'rc-cap'], via: 'adapter', by: 'rc-cap over dfu' },
  { scenario: 'crashed', steps: ['soft-jump', 'lines'], by: 'lines over dfu' },
  { scenario: 'weak-capacitor', steps: ['rc-cap', 'lines'], by: 'lines over dfu' },
  { scenario: 'weak-capacitor', steps: ['soft-jump', 'rc-cap', 'lines'], by: 'lines over dfu' },
  { scenario: 'boot0-stuck-low-running', steps: ['rc-cap', 'lines', 'soft-jump'], by: 'soft-jump over dfu' },
  {
    scenario: 'nrst-open-running',
    steps: ['rc-cap', 'soft-jump'],
    usb: 'usb: { path: "1-2" }', // no reset can show whose application it is
    by: 'soft-jump over dfu',
  },
  { scenario: 'no-usb', steps: ['rc-cap', 'usart'], by: 'rc-cap over usart' },
  { scenario: 'no-usb', steps: ['lines', 'usart'], by: 'lines over usart' },
  { scenario: 'no-usb', steps: ['soft-jump', 'rc-cap', 'usart'], by: 'rc-cap over usart' },
  { scenario: 'slow-rc', steps: ['rc-cap', 'usart'], by: 'rc-cap over dfu' },
];

test.each(rows)('$scenario with $steps: in by $by', async ({ scenario, steps, via = 'target', usb, by }) => {
  const board = boardWith(steps, via, undefined, usb);
  const argv = ['recover', firmware, '--profile', board, '--simulate', scenario, '--json'];
  const { result, bench } = await runCommand(argv);
  expect(result.error).toBeNull();
  expect(`${result.method} over ${result.bootloader}`).toBe(by);
  expect(result).toMatchObject({ ok: true, verified: true });
  const attempts = result.attempts as { outcome: string }[];
  expect(attempts.filter(({ outcome }) => outcome === 'entered')).toHaveLength(1);
  expect(bench.truth.of('programmed-without-erase')).toEqual([]);
});

/** Where nothing gets in: the most telling cause, from a whole command. */
const causes: readonly {
  scenario: ScenarioName;
  steps: readonly Step[];
  via?: 'target' | 'adapter';
  family?: string;
  /** Line of the profile. */
  usb?: string;
  /** USB ids of what is in the flash, instead of those that the profile expects. */
  inFlash?: { readonly vendorId: string; readonly productId: string };
  /** The application sends by itself, on the wires of the adapter. */
  talks?: true;
  cause: string;
}[] = [
  { scenario: 'clone-gd32', steps: ['rc-cap'], cause: 'clone' },
  { scenario: 'clone-at32', steps: ['lines', 'usart'], cause: 'clone' },
  { scenario: 'crashed', steps: ['lines'], usb: 'usb: { vendorId: "0438", productId: "df11" }', cause: 'other-device' },
  {
    scenario: 'boot0-stuck-low-running',
    steps: ['rc-cap'],
    inFlash: { vendorId: '1d50', productId: '6177' },
    cause: 'flash-bootloader',
  },
  { scenario: 'boot0-stuck-low-running', steps: ['rc-cap', 'lines'], cause: 'boot0-low-at-sampling' },
  { scenario: 'boot0-stuck-low-running', steps: ['lines'], family: 'G0B1_0C1', cause: 'boot0-pin-disabled' },
  {
    scenario: 'pull-up-stays-unseen',
    steps: ['lines'],
    usb: 'usb: { path: "1-2" }',
    cause: 'reset-unnoticed',
  },
  { scenario: 'nrst-open-running', steps: ['rc-cap'], cause: 'nrst-not-moving' },
  { scenario: 'late-stranger-nrst-open', steps: ['rc-cap'], cause: 'dfu-device-stayed' },
  { scenario: 'other-usb-port', steps: ['lines'], usb: 'usb: { path: "1-2" }', cause: 'dfu-device-elsewhere' },
  { scenario: 'slow-host', steps: ['rc-cap'], cause: 'host-too-slow' },
  { scenario: 'no-usb', steps: ['lines'], family: 'G03x_04x', cause: 'no-dfu-in-rom' },
  { scenario: 'no-usb', steps: ['soft-jump'], family: 'L07x_08x_usb', cause: 'soft-jump-limited' },
  { scenario: 'rom-captured', steps: ['rc-cap', 'lines'], cause: 'rom-not-on-usb' },
  {
    scenario: 'no-usb-running',
    steps: ['soft-jump'],
    via: 'target',
    usb: 'usb: { path: "1-2" }',
    cause: 'rom-not-reached',
  },
  { scenario: 'bad-crystal', steps: ['lines'], cause: 'enumeration-failed' },
  {
    scenario: 'boot0-stuck-low-running',
    steps: ['lines', 'usart'],
    via: 'adapter',
    usb: 'usb: { connected: false }',
    talks: true,
    cause: 'usart-foreign',
  },
  { scenario: 'boot0-stuck-low', steps: ['lines', 'usart'], cause: 'rom-silent' },
  { scenario: 'boot0-stuck-low', steps: ['lines'], cause: 'usb-silent' },
];

test.each(causes)(
  '$scenario with $steps: no way in, $cause',
  async ({ scenario, steps, via, family = 'F405_407', usb, inFlash, talks, cause }) => {
    const profile = boardWith(steps, via ?? (steps.includes('soft-jump') ? 'adapter' : 'target'), family, usb);
    const argv = ['enter', '--profile', profile, '--simulate', scenario, '--json'];
    const own = { ...(inFlash ? { usb: inFlash } : {}), ...(talks ? { temper: 'noisy' as const } : {}) };
    const { status, result } = await runCommand(argv, { firmware: own });
    expect(status).toBe(4);
    expect((result.diagnosis as { cause: string }[])[0]?.cause).toBe(cause);
  },
);

test('every cause there is has a row', () => {
  expect([...new Set(causes.map(({ cause }) => cause))].sort()).toEqual([...causeNames].sort());
});
