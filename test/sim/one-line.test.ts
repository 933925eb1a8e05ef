import { describe, expect, test } from 'vitest';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import type { FirmwareImage } from '../../src/image/firmware-image.ts';
import type { ProgressEvent } from '../../src/ops/job/events.ts';
import { recover } from '../../src/ops/recover.ts';
import { reset } from '../../src/ops/reset.ts';
import { scenarioNamed } from '../../src/sim/scenarios.ts';
import { createSimBench, type SimBench } from '../../src/sim/sim-bench.ts';
import { runCommand } from '../helpers/command.ts';
import { boardFile, f405 } from '../helpers/profile-file.ts';
import { imageOf } from '../helpers/rack.ts';

// One modem line reaches the board: the adapter does its half, and a person at the terminal the other one.

const nrstOnly = 'wiring: { nrst: { line: rts, asserted: 0 }, boot0: { line: none } }';
const boot0Only = 'wiring: { nrst: { line: none }, boot0: { line: dtr, asserted: 1 } }';
const onUsb = 'application: { expect: usb, vendorId: "0483", productId: "5740" }';
const at = 'usb: { path: "1-2" }';
const profileOf = (...lines: readonly string[]): BoardProfile =>
  parseProfile(['id: half', 'description: two buttons', 'methods: [manual]', at, ...lines].join('\n'), 'half.yaml');

type Person = (bench: SimBench) => void;
/** Holds BOOT0 from then on, and lets go of it when the ROM shows. */
const holds =
  (after: number): Person =>
  ({ clock, boards, truth }) => {
    const [{ board }] = boards;
    clock.setTimeout(() => board.holdBoot0(true), after);
    truth.onEvent(({ what }) => what === 'usb-opened' && board.holdBoot0(false));
  };
const taps =
  (after: number): Person =>
  ({ clock, boards }) =>
    void clock.setTimeout(() => boards[0].board.tapReset(), after);

/** A profile whose target is smaller than the image: it is only entered. */
const enterOnly = (profile: BoardProfile, person: Person) => run(profile, person, 'healthy', true, null);

async function run(
  profile: BoardProfile,
  person: Person,
  scenario = 'healthy',
  usb = true,
  image: FirmwareImage | null = imageOf(1),
) {
  const events: ProgressEvent[] = [];
  const given = { ...scenarioNamed(scenario), ...(usb ? {} : { rom: { usb: false as const } }) };
  const bench = createSimBench({ profile, scenario: given });
  person(bench);
  const onProgress = (event: ProgressEvent) => void events.push(event);
  const result = await recover({ profile, ...(image ? { image } : {}), bench, interactive: true, onProgress });
  const asked = events.flatMap((event) => (event.event === 'operator.asked' ? [event.message] : []));
  return { result, bench, asked, samples: bench.truth.of('boot0-sampled') };
}

describe('NRST only: the board is reset until BOOT0 is held', () => {
  test.each([
    ['healthy', 500],
    ['healthy', 12_000],
    ['crashed', 12_000],
    ['blank-flash', 47_000],
  ])('%s, held after %i ms', async (scenario, after) => {
    const { result, samples, asked } = await run(profileOf(f405, nrstOnly, onUsb), holds(after), scenario);
    expect(result).toMatchObject({ ok: true, method: 'manual', bootloader: 'dfu', application: 'seen' });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(
      /Hold the boot button.* keep it so: bootctl resets the board again and again\. bootctl goes on by itself/,
    );
    const entered = samples.findIndex(({ boots }) => boots === 'rom');
    expect(samples[entered]!.t).toBeGreaterThan(after);
    expect(samples[entered]!.t).toBeLessThan(after + 6_000);
  });
  test('over the USART, of a ROM without DFU', async () => {
    const profile = profileOf('target: { family: G07x_08x }', nrstOnly, 'usart: { connected: true }');
    const { result } = await enterOnly(profile, holds(9_000));
    expect(result).toMatchObject({ ok: true, method: 'manual', bootloader: 'usart' });
  });
  test('over the USART, where the DFU device does not show', async () => {
    const profile = profileOf(f405, nrstOnly, 'usart: { connected: true }');
    const { result } = await run(profile, holds(9_000), 'healthy', false);
    expect(result).toMatchObject({ ok: true, method: 'manual', bootloader: 'usart' });
  });
  test('nobody holds it: two minutes, and the application runs again', async () => {
    const { result, bench } = await run(profileOf(f405, nrstOnly, onUsb), () => {});
    expect(result).toMatchObject({ ok: false, exitCode: 4, flash: 'untouched', target: 'application' });
    expect(Math.round(result.attempts[0]!.took / 5_000)).toBe(24);
    expect(bench.boards[0].board.running).toBe('application');
  });
  test('reset works without anybody', async () => {
    const profile = profileOf(f405, nrstOnly, onUsb);
    const bench = createSimBench({ profile, scenario: 'healthy' });
    expect((await reset({ profile, bench })).error).toBeNull();
    expect(bench.truth.of('boot0-sampled').at(-1)).toMatchObject({ boots: 'application' });
  });
});

describe('BOOT0 only: it is held until a person has tapped reset', () => {
  test.each([
    ['driven', '', 15_000],
    ['through its capacitor', 'boot0: { chargeResistor: 1k, capacitor: 4.7uF, bleedResistor: 47k }', 40_000],
  ])('%s', async (_, circuit, after) => {
    const { result, samples, asked, bench } = await run(profileOf(f405, boot0Only, onUsb, circuit), taps(after));
    expect(result).toMatchObject({ ok: true, method: 'manual', bootloader: 'dfu', application: 'seen' });
    expect(asked[0]).toMatch(
      /bootctl holds BOOT0 at 1; keep BOOT1 low\. Tap the reset button.*goes on by itself when the DFU device appears/,
    );
    expect(samples).toMatchObject([{ boots: 'rom' }]);
    // Let go before the leave: nothing holds BOOT0 when the application is reset the next time.
    expect(bench.truth.of('lines').at(-1)).toMatchObject({ rts: 'released', dtr: 'released' });
    const opened = bench.truth.events.findIndex(({ what }) => what === 'usb-opened');
    const released = bench.truth.events.findLastIndex(({ what }) => what === 'lines');
    expect(released).toBeLessThan(opened);
  });
  test('over the USART', async () => {
    const profile = profileOf('target: { family: G07x_08x }', boot0Only, 'usart: { connected: true }');
    const { result, bench } = await enterOnly(profile, taps(9_000));
    expect(result).toMatchObject({ ok: true, method: 'manual', bootloader: 'usart' });
    expect(bench.truth.of('lines').at(-1)).toMatchObject({ dtr: 'released' });
  });
  test('nobody comes: the line is let go at the end', async () => {
    const { result, bench } = await run(profileOf(f405, boot0Only, onUsb), () => {});
    expect(result).toMatchObject({ ok: false, exitCode: 4, flash: 'untouched' });
    expect(bench.truth.of('lines').at(-1)).toMatchObject({ rts: 'released', dtr: 'released' });
    expect(bench.boards[0].board.running).toBe('application');
  });
});

describe('without a person, and in profiles', () => {
  const file = (id: string, ...lines: readonly string[]) => boardFile(id, f405, ...lines);
  test.each([
    ['nrst', nrstOnly],
    ['boot0', boot0Only],
  ])('%s only, in a pipe: nobody to ask, and no line moves', async (name, wiring) => {
    const argv = [
      'enter',
      '--profile',
      file(`pipe-${name}`, wiring, 'methods: [manual]'),
      '--simulate',
      'healthy',
      '--json',
    ];
    const { status, result, truth } = await runCommand(argv);
    expect([status, (result.error as { code: string }).code]).toEqual([4, 'nobody-to-ask']);
    expect(truth.some(({ what }) => what === 'lines')).toBe(false);
  });
  test.each([
    [
      'lines',
      nrstOnly,
      /methods\[0\]: lines moves both pins, and no line moves BOOT0: the method for that is `manual`/,
    ],
    [
      'rc-cap',
      boot0Only,
      /methods\[0\]: rc-cap moves both pins, and no line moves NRST: the method for that is `manual`/,
    ],
  ])('the method %s is refused, with the one that fits', async (method, wiring, message) => {
    const { status, stderr } = await runCommand([
      'profile',
      'check',
      file(`refused-${method}`, wiring, `methods: [${method}]`),
    ]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
  test.each([
    ['both-none', 'wiring: { nrst: { line: none }, boot0: { line: none } }', /`line` rts or dtr of one pin at least/],
    [
      'level',
      'wiring: { nrst: { line: rts, asserted: 0 }, boot0: { line: none, asserted: 1 } }',
      /`\{ line: none \}` where nobody drives it/,
    ],
    [
      'no-level',
      'wiring: { nrst: { line: rts }, boot0: { line: none } }',
      /wiring\.nrst\.asserted: missing; allowed: 0, 1/,
    ],
    ['half', 'wiring: { nrst: { line: rts, asserted: 0 } }', /either `nrst` and `boot0`/],
  ])('%s is refused', async (name, wiring, message) => {
    const { status, stderr } = await runCommand(['profile', 'check', file(`bad-${name}`, wiring, 'methods: [manual]')]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
  test('profile check is silent, and the lines count as needed', async () => {
    const path = file('good-half', nrstOnly, 'methods: [manual]');
    expect((await runCommand(['profile', 'check', path])).stdout).toBe(`${path}: good\n`);
    const profile = profileOf(f405, nrstOnly);
    const bench = createSimBench({ profile, scenario: 'lines-unsupported' });
    const result = await recover({ profile, image: imageOf(1), bench, interactive: true });
    expect(result.error?.code).toBe('adapter-lines-unsupported');
  });
});
