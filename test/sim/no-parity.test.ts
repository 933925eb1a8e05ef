import { expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { nodeSerialPorts } from '../../src/host/serial/node-serial.ts';
import { enter } from '../../src/ops/enter.ts';
import type { ProgressEvent } from '../../src/ops/job/events.ts';
import { type Scenario, scenarioNamed } from '../../src/sim/scenarios.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { f405, profileFile, wholeBoot0 } from '../helpers/profile-file.ts';
import { openPty, ptyPossible } from '../helpers/pty.ts';

/** A port that sends no parity bit: 0x7F is answered all the same, the first command is not. */
const profile = findProfile(
  profileFile('eight-n', f405, wholeBoot0, 'usart: { connected: true }', 'methods: [rc-cap]'),
  {
    cwd: '/',
  },
);

async function run(scenario: Scenario) {
  const bench = createSimBench({ profile, scenario });
  const events: ProgressEvent[] = [];
  const result = await enter({ profile, bench, onProgress: (event) => void events.push(event) });
  const notes = events.flatMap((event) => (event.event === 'note' ? [event.message] : []));
  return { result, notes, bench, order: events.map((event) => (event.event === 'note' ? event.message : event.event)) };
}

test('the driver has dropped it: a note before the call, and the hint names parity first', async () => {
  const { result, notes, bench, order } = await run(scenarioNamed('no-parity'));
  expect(bench.truth.of('usart-measured').length).toBeGreaterThan(0); // 0x7F was answered
  expect(result).toMatchObject({ ok: false, exitCode: 5, flash: 'untouched', error: { code: 'usart-nack' } });
  expect(result.error?.message).toMatch(
    /^Get: the ROM answered NACK, after it had answered 0x7F; \/dev\/\S+ has not taken even/,
  );
  expect(result.error?.hint).toMatch(/^First the parity: .*8E1.*dtoverlay=miniuart-bt.*Then the wires/);
  expect(notes.filter((text) => text.includes('parity'))).toEqual([notes[0]]);
  expect(notes[0]).toMatch(/has not taken even parity, and the ROM wants 8E1: unless a bridge/);
  expect(order.indexOf(notes[0]!)).toBeLessThan(order.indexOf('attempt.failed'));
});

test('the adapter drops it and its driver does not say so: no note, and the same hint', async () => {
  const { result, notes } = await run({ ...scenarioNamed('no-parity'), adapter: { noParity: 'ignored' } });
  expect(result).toMatchObject({ exitCode: 5, error: { hint: expect.stringMatching(/^First the parity.*CH340/) } });
  expect(result.error?.message).not.toMatch(/has not taken/);
  expect(notes.join()).not.toMatch(/parity/);
});

test('a port with parity: no word of it', async () => {
  const { result, notes } = await run(scenarioNamed('no-usb'));
  expect(result).toMatchObject({ ok: true, bootloader: 'usart' });
  expect(notes.join()).not.toMatch(/parity/);
});

test.skipIf(!ptyPossible)('the kernel takes parity away from a pseudo-terminal: read back, it is seen', async () => {
  const pty = await openPty();
  const link = await nodeSerialPorts().open(pty.path, { baudRate: 115_200, parity: 'none' });
  expect(link.lacksParity).toBe(false);
  await link.configure({ baudRate: 115_200, parity: 'even' });
  expect(link.lacksParity).toBe(true);
  await link.configure({ baudRate: 57_600, parity: 'none' });
  expect(link.lacksParity).toBe(false);
  await link[Symbol.asyncDispose]();
  pty[Symbol.dispose]();
});
