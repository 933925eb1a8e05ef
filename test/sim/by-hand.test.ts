import { expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { findChip } from '../../src/chips/find-chip.ts';
import { enter } from '../../src/ops/enter.ts';
import { manualEntry } from '../../src/ops/entry/ask-operator.ts';
import type { ProgressEvent } from '../../src/ops/job/events.ts';
import type { Scenario } from '../../src/sim/scenarios.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { boardFile, f405 } from '../helpers/profile-file.ts';

/** Jumper and button: a person starts the ROM, in their own time, and the USART has to be called all the while. */
const usart = 'usart: { connected: true }';
const byHand = ['methods: [manual]', 'application: { expect: none }'];
const load = (path: string) => findProfile(path, { cwd: '/' });
/** Its ROM has no DFU. */
const g071 = load(boardFile('g071-by-hand', 'target: { family: G07x_08x }', usart, ...byHand));
const f405Wires = load(boardFile('f405-by-hand', f405, usart, ...byHand));
const f405Alone = load(boardFile('f405-no-usb', f405, usart, 'usb: { connected: false }', ...byHand));

interface Story {
  readonly profile: typeof g071;
  /** When the person has set the jumper and tapped reset. */
  readonly after?: number;
  readonly scenario?: Partial<Scenario>;
  readonly timeout?: number;
}

async function run({ profile, after, scenario = {}, timeout }: Story) {
  const bench = createSimBench({ profile, scenario: { name: 'made up', summary: '', flash: 'healthy', ...scenario } });
  if (after !== undefined) bench.clock.setTimeout(() => bench.boards[0].board.enterRom(), after);
  const events: ProgressEvent[] = [];
  const started = bench.clock.now();
  const result = await enter({
    profile,
    bench,
    timeout,
    interactive: true,
    confirm: async () => true,
    onProgress: (event) => void events.push(event),
  });
  return { result, events, bench, took: (bench.clock.now() - started) / 1_000 };
}
const asked = (events: readonly ProgressEvent[]) =>
  events.flatMap((event) => (event.event === 'operator.asked' ? [event.message] : [])).join();
const waits = (events: readonly ProgressEvent[]) => events.filter(({ event }) => event === 'waiting').length;

test.each([300, 2_000, 20_000, 61_000, 118_000])(
  'a ROM without DFU that is started after %i ms is reached',
  async (after) => {
    const { result, took, events } = await run({ profile: g071, after });
    expect(result).toMatchObject({ ok: true, method: 'manual', bootloader: 'usart' });
    expect(took).toBeLessThan(after / 1_000 + 1.5);
    expect(waits(events)).toBe(1);
  },
);

test('nobody comes: 120 s, and no word of USB', async () => {
  const { result, took, events } = await run({ profile: g071 });
  expect(result).toMatchObject({ ok: false, exitCode: 4, attempts: [{ method: 'manual', outcome: 'usart-no-sync' }] });
  expect(took).toBeGreaterThan(119);
  expect(took).toBeLessThan(125);
  const said = [asked(events), JSON.stringify(result.error), JSON.stringify(result.diagnosis)].join();
  expect(said).toMatch(/PC10\/PC11 \(USART3\), USART1, USART2 \(for their pins see AN2606\)/);
  expect(said.replace(/has no USB DFU/g, '')).not.toMatch(/USB|cable|crystal/);
});

test.each([
  { profile: g071, timeout: 30_000 },
  { profile: f405Wires, timeout: 30_000 },
  { profile: f405Wires, timeout: 2_000 },
])('--timeout is the time of the person: $timeout', async ({ profile, timeout }) => {
  const { took } = await run({ profile, timeout });
  expect(took).toBeGreaterThan(timeout / 1_000 - 0.2);
  expect(took).toBeLessThan(timeout / 1_000 + 6.5);
});

test('both are possible, and only the USART is connected: it is called in turn with the scan of the bus', async () => {
  const { result, took, events } = await run({ profile: f405Wires, after: 20_000, scenario: { rom: { usb: false } } });
  expect(result).toMatchObject({ ok: true, method: 'manual', bootloader: 'usart' });
  expect(took).toBeLessThan(27);
  expect(waits(events)).toBe(1);
});

test('both are possible, and the cable is plugged in: DFU, unless the ROM was called before it could enumerate', async () => {
  const kinds = [];
  for (const after of [1_000, 7_000, 13_000, 30_000]) {
    const { result } = await run({ profile: f405Wires, after });
    expect(result).toMatchObject({ ok: true, method: 'manual' });
    kinds.push(result.bootloader);
  }
  expect(kinds).toContain('dfu');
});

test('an adapter that is missing does not keep a person from DFU', async () => {
  const { result, events } = await run({ profile: f405Wires, after: 3_000, scenario: { adapter: { count: 0 } } });
  expect(result).toMatchObject({ ok: true, bootloader: 'dfu' });
  expect(JSON.stringify(events)).toMatch(/the USART is not called: No USB-serial adapter/);
});

test('it keeps one from a ROM without DFU, before anybody is asked', async () => {
  const { result, events } = await run({ profile: g071, scenario: { adapter: { count: 0 } } });
  expect(result).toMatchObject({ exitCode: 3, error: { code: 'adapter-missing' } });
  expect(asked(events)).toBe('');
});

test('`usb: { connected: false }`: no wait for DFU, and no word of USB', async () => {
  const there = await run({ profile: f405Alone, after: 15_000, scenario: { rom: { usb: false } } });
  expect(there.result).toMatchObject({ ok: true, bootloader: 'usart' });
  expect(there.took).toBeLessThan(16.5);
  const none = await run({ profile: f405Alone });
  expect(none.took).toBeLessThan(125);
  const said = [asked(none.events), JSON.stringify(none.result.error), JSON.stringify(none.result.diagnosis)].join();
  expect(said.replace(/the USB of the target goes nowhere/g, '')).not.toMatch(/USB|cable|crystal|DFU/);
});

test.each([
  {
    profile: g071,
    says: /power on with BOOT0 held\. .* when the ROM answers on its USART \(TX and RX .* at PC10\/PC11/,
  },
  { profile: f405Wires, says: /plug the USB cable in .* when the DFU device appears, or the ROM answers on its USART/ },
  { profile: f405Alone, says: /power on with BOOT0 held\. .* when the ROM answers on its USART/ },
])('the prompt names what is waited for', ({ profile, says }) => {
  expect(manualEntry(profile, findChip(profile.target!.family))).toMatch(says);
});
