import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ScenarioName, scenarios } from '../../src/sim/scenarios.ts';
import { type CommandRun, firmware, linesAtEnd, runCommand } from '../helpers/command.ts';

/** `objcopy -O binary` of the same image: one run from 0x0800_0000, the gap filled with 0xFF. */
const expected = new Uint8Array(readFileSync(firmware.replace(/hex$/, 'bin')));
const erasedSectors = [0x0800_0000, 0x0800_4000, 0x0800_8000, 0x0800_c000];

interface Expectation {
  readonly scenario: ScenarioName;
  readonly status: number;
  readonly error?: string;
  /** Method/change:outcome of every attempt. */
  readonly attempts?: readonly string[];
  /** What the flash holds at the end; `as-before` means that nobody erased or programmed a byte. */
  readonly flash: 'image' | 'as-before' | 'other';
  /** The likely causes, in their order. */
  readonly causes?: readonly string[];
  /** What the message must name. */
  readonly says?: RegExp;
}

const entered = ['rc-cap/nominal:entered'];
const noneOfSix = (code: string) =>
  ['rc-cap', 'lines'].flatMap((method) =>
    ['nominal', 'longer charge', 'longer pulse'].map((change) => `${method}/${change}:${code}`),
  );

const table: readonly Expectation[] = [
  { scenario: 'crashed', status: 0, attempts: entered, flash: 'image' },
  { scenario: 'healthy', status: 0, attempts: entered, flash: 'image' },
  { scenario: 'blank-flash', status: 0, attempts: entered, flash: 'image' },
  { scenario: 'already-dfu', status: 0, attempts: entered, flash: 'image' },
  { scenario: 'dfu-error', status: 0, attempts: entered, flash: 'image' },
  { scenario: 'adapter-low-level', status: 0, attempts: entered, flash: 'image' }, // a leave is no reset
  { scenario: 'parts-fast', status: 0, attempts: entered, flash: 'image' },
  { scenario: 'parts-slow', status: 0, attempts: entered, flash: 'image' },
  {
    scenario: 'board-pull-down',
    status: 0,
    attempts: [
      ...['nominal', 'longer charge', 'longer pulse'].map((change) => `rc-cap/${change}:dfu-not-seen`),
      'lines/nominal:entered',
    ],
    flash: 'image',
  },
  { scenario: 'stranger', status: 0, attempts: entered, flash: 'image' },
  {
    scenario: 'slow-rc',
    status: 0,
    attempts: ['rc-cap/nominal:dfu-not-seen', 'rc-cap/longer charge:entered'],
    flash: 'image',
  },
  {
    scenario: 'flaky-entry',
    status: 0,
    attempts: ['rc-cap/nominal:dfu-not-seen', 'rc-cap/longer charge:dfu-not-seen', 'rc-cap/longer pulse:entered'],
    flash: 'image',
  },
  {
    scenario: 'window-missed',
    status: 0,
    attempts: ['rc-cap/nominal:window-missed', 'rc-cap/shorter pulse:window-missed', 'rc-cap/shorter pulse:entered'],
    flash: 'image',
  },
  {
    scenario: 'weak-capacitor',
    status: 0,
    attempts: [
      ...['nominal', 'longer charge', 'longer pulse'].map((change) => `rc-cap/${change}:dfu-not-seen`),
      'lines/nominal:entered',
    ],
    flash: 'image',
  },
  {
    scenario: 'slow-host',
    status: 0,
    attempts: [
      ...['nominal', 'longer charge', 'longer pulse'].flatMap((change) =>
        [change, ...Array(3).fill('shorter pulse')].map((tried) => `rc-cap/${tried}:window-missed`),
      ),
      'lines/nominal:entered',
    ],
    flash: 'image',
  },
  {
    scenario: 'boot0-stuck-low',
    status: 4,
    error: 'methods-exhausted',
    attempts: noneOfSix('dfu-not-seen'),
    flash: 'as-before',
    causes: ['usb-silent'],
    says: /6 attempts.*0483:df11 within 5\.0 s/,
  },
  {
    scenario: 'operator-helps', // nobody can be asked with --json
    status: 4,
    error: 'methods-exhausted',
    attempts: noneOfSix('dfu-not-seen'),
    flash: 'as-before',
  },
  {
    scenario: 'boot0-stuck-low-running',
    status: 4,
    error: 'methods-exhausted',
    attempts: noneOfSix('application-came-back'),
    flash: 'as-before',
    causes: ['boot0-low-at-sampling'],
    says: /0483:5740 at 1-2/,
  },
  {
    scenario: 'nrst-open-running',
    status: 4,
    error: 'methods-exhausted',
    attempts: noneOfSix('dfu-not-seen'),
    flash: 'as-before',
    causes: ['nrst-not-moving'],
  },
  {
    scenario: 'no-usb',
    status: 4,
    error: 'methods-exhausted',
    attempts: noneOfSix('dfu-not-seen'),
    flash: 'as-before',
  },
  ...(['no-usb-running', 'rom-captured', 'virtual-machine'] as const).map((scenario) => ({
    scenario,
    status: 4,
    error: 'methods-exhausted',
    attempts: noneOfSix('dfu-not-seen'),
    flash: 'as-before' as const,
    causes: ['rom-not-on-usb'],
  })),
  ...(['pull-up-stays', 'pull-up-stays-unseen'] as const).map((scenario) => ({
    scenario,
    status: 4,
    error: 'methods-exhausted',
    attempts: noneOfSix('dfu-not-seen'),
    flash: 'as-before' as const,
    causes: ['nrst-not-moving'],
  })),
  {
    scenario: 'already-usart',
    status: 4,
    error: 'methods-exhausted',
    attempts: noneOfSix('dfu-not-seen'),
    flash: 'as-before',
  },
  {
    scenario: 'no-parity',
    status: 4,
    error: 'methods-exhausted',
    attempts: noneOfSix('dfu-not-seen'),
    flash: 'as-before',
  },
  {
    scenario: 'noisy-usart',
    status: 4,
    error: 'methods-exhausted',
    attempts: noneOfSix('dfu-not-seen'),
    flash: 'as-before',
  },
  {
    scenario: 'flaky-crystal',
    status: 0,
    // The third start shows whose device it is by the reset that follows, the sixth one is entered.
    attempts: [...Array(4).fill('rc-cap/nominal:dfu-not-seen'), 'rc-cap/longer charge:entered'],
    flash: 'image',
  },
  {
    scenario: 'bad-crystal',
    status: 4,
    error: 'methods-exhausted',
    // Where the host has seen a device, the rung is tried four times: a later start may enumerate.
    attempts: ['rc-cap', 'lines'].flatMap((method) => [
      ...Array(4).fill(`${method}/nominal:dfu-not-seen`),
      `${method}/longer charge:dfu-not-seen`,
      `${method}/longer pulse:dfu-not-seen`,
    ]),
    flash: 'as-before',
    causes: ['enumeration-failed'],
  },
  ...(['clone-at32', 'clone-gd32'] as const).map((scenario) => ({
    scenario,
    status: 4,
    error: 'methods-exhausted',
    attempts: noneOfSix('dfu-not-seen'),
    flash: 'as-before' as const,
    causes: ['clone'],
  })),
  {
    scenario: 'nrst-open',
    status: 4,
    error: 'methods-exhausted',
    attempts: noneOfSix('dfu-not-seen'),
    flash: 'as-before',
  },
  {
    scenario: 'two-new-devices',
    status: 4,
    error: 'dfu-ambiguous',
    attempts: ['rc-cap/nominal:dfu-ambiguous'],
    flash: 'as-before',
    says: /1-2 and 1-3/,
  },
  {
    scenario: 'late-twin',
    status: 4,
    error: 'dfu-ambiguous',
    attempts: ['rc-cap/nominal:dfu-ambiguous'],
    flash: 'as-before',
    says: /1-2 and 1-3.*none of them was opened/,
  },
  { scenario: 'late-stranger', status: 0, attempts: entered, flash: 'image' },
  {
    scenario: 'late-stranger-nrst-open',
    status: 4,
    error: 'methods-exhausted',
    attempts: noneOfSix('dfu-not-seen'),
    flash: 'as-before',
    causes: ['dfu-device-stayed'],
  },
  {
    scenario: 'two-connectors',
    status: 4,
    error: 'dfu-ambiguous',
    attempts: ['rc-cap/nominal:dfu-ambiguous'],
    flash: 'as-before',
    says: /at 1-2 and 1-4/,
  },
  { scenario: 'other-usb-port', status: 0, attempts: entered, flash: 'image' },
  {
    scenario: 'other-family',
    status: 4,
    error: 'target-unexpected',
    attempts: ['rc-cap/nominal:target-unexpected'],
    flash: 'as-before',
    says: /1-2 is not the STM32F405.*\(F405_407\).*16\*128Kg.*it could be .*H74x_75x/,
  },
  {
    scenario: 'other-port',
    status: 3,
    error: 'adapter-unknown',
    attempts: [],
    flash: 'as-before',
    says: /ttyACM7 \(2341:0043/,
  },
  {
    scenario: 'adapter-missing',
    status: 3,
    error: 'adapter-missing',
    attempts: [],
    flash: 'as-before',
    says: /ports here/,
  },
  {
    scenario: 'two-adapters',
    status: 3,
    error: 'adapter-ambiguous',
    attempts: [],
    flash: 'as-before',
    says: /SIM00001.*SIM00002/,
  },
  {
    scenario: 'two-adapters-alike',
    status: 3,
    error: 'adapter-ambiguous',
    attempts: [],
    flash: 'as-before',
    says: /USB path 1-1.*USB path 1-5/,
  },
  { scenario: 'adapter-busy', status: 3, error: 'adapter-busy', attempts: [], flash: 'as-before' },
  { scenario: 'adapter-denied', status: 3, error: 'adapter-denied', attempts: [], flash: 'as-before' },
  { scenario: 'lines-unsupported', status: 3, error: 'adapter-lines-unsupported', attempts: [], flash: 'as-before' },
  {
    scenario: 'adapter-lost',
    status: 3,
    error: 'adapter-lost',
    attempts: ['rc-cap/nominal:adapter-lost'],
    flash: 'as-before',
  },
  {
    scenario: 'usb-denied',
    status: 3,
    error: 'usb-denied',
    attempts: ['rc-cap/nominal:usb-denied'],
    flash: 'as-before',
  },
  { scenario: 'readout-protected', status: 6, error: 'readout-protected', attempts: entered, flash: 'as-before' },
  {
    scenario: 'write-protected',
    status: 6,
    error: 'write-protected',
    attempts: entered,
    flash: 'as-before',
    says: /0x0800_0000/,
  },
  {
    scenario: 'target-lost',
    status: 5,
    error: 'target-lost',
    attempts: [...entered, ...noneOfSix('dfu-not-seen')],
    flash: 'other',
  },
  { scenario: 'target-lost-once', status: 0, attempts: [...entered, ...entered], flash: 'image' },
  {
    scenario: 'stuck-bit',
    status: 7,
    error: 'verify-mismatch',
    attempts: entered,
    flash: 'other',
    says: /0x0800_0103: expected 0x08, read 0x18/,
  },
  {
    scenario: 'app-restarts',
    status: 8,
    error: 'application-not-seen',
    attempts: entered,
    flash: 'image',
    says: /came \d+ times and was gone within a second/,
  },
  { scenario: 'app-crashes', status: 8, error: 'application-not-seen', attempts: entered, flash: 'image' },
];

test('every scenario has a row', () => {
  expect(table.map(({ scenario }) => scenario).sort()).toEqual(scenarios.map(({ name }) => name).sort());
});

const attemptsOf = ({ result }: CommandRun) =>
  (result.attempts as { method: string; change: string; outcome: string }[]).map(
    ({ method, change, outcome }) => `${method}/${change}:${outcome}`,
  );

test.each(table)(
  '$scenario: exit $status $error',
  async ({ scenario, status, error, attempts, flash, says, causes }) => {
    const run = await runCommand(['recover', firmware, '--profile', 'rc-cap', '--simulate', scenario, '--json']);
    const failure = run.result.error as { code: string; message: string; hint: string } | null;
    expect(run.status).toBe(status);
    expect(run.result).toMatchObject({ event: 'result', exitCode: status, ok: status === 0 });
    expect(failure?.code).toBe(error);
    if (says) expect(failure?.message).toMatch(says);
    if (causes) expect((run.result.diagnosis as { cause: string }[]).map(({ cause }) => cause)).toEqual(causes);
    expect(attemptsOf(run)).toEqual(attempts);
    expectFlash(run, flash);
    expectNothingHeld(run);
  },
);

/** Asks the truth log and the memory, not bootctl. */
function expectFlash({ bench, result, truth }: CommandRun, flash: Expectation['flash']): void {
  const [target, ...others] = bench.boards;
  const content = target.memory.flash.read(0x0800_0000, expected.length);
  expect(Buffer.from(content).equals(Buffer.from(expected))).toBe(flash === 'image');
  expect(result.verified).toBe(flash === 'image');
  const touched = truth.filter(({ what, board }) => (what === 'erased' || what === 'programmed') && board === 'target');
  expect(touched.length > 0).toBe(flash !== 'as-before');
  expect(truth.filter(({ what }) => what === 'programmed-without-erase')).toEqual([]);
  const erased = bench.truth.of('erased').map(({ address }) => address);
  // What is blank already needs no erase.
  if (flash === 'image')
    expect([...new Set(erased)].sort()).toEqual(bench.scenario.flash === 'blank' ? [] : erasedSectors);
  for (const { name } of others) {
    const done = ['usb-opened', 'dfu-request', 'erased', 'programmed'];
    expect(truth.filter(({ what, board }) => board === name && done.includes(what))).toEqual([]);
  }
}

/** Whatever happened: both lines released, no target left in reset. */
function expectNothingHeld(run: CommandRun): void {
  const lines = linesAtEnd(run);
  if (lines) expect(lines).toEqual({ rts: 'released', dtr: 'released' });
  const levels = run.bench.truth.of('nrst').filter(({ board }) => board === 'target');
  if (run.result.ok) expect(levels.at(-1)?.level).toBe(1);
}
