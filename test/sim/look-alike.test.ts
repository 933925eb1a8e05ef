import { expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { readImage } from '../../src/image/load-image.ts';
import type { ProgressEvent } from '../../src/ops/job/events.ts';
import { recover } from '../../src/ops/recover.ts';
import type { FirmwareManner } from '../../src/sim/firmware/firmware-manner.ts';
import type { Neighbour } from '../../src/sim/neighbours.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { firmware } from '../helpers/command.ts';
import { f405, profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

/** "Running" is said of this board's application, wherever another one like it shows up. */
const image = await readImage(firmware, { standardInput: async () => new Uint8Array(0) });
/** Over USART nothing tells where the target is on USB. */
const profile = findProfile(
  profileFile(
    'over-usart',
    f405,
    wholeBoot0,
    'usart: { connected: true, baudRate: 115200, fastestBaudRate: 115200 }',
    'methods: [rc-cap]',
    'application: { expect: usb, vendorId: "0483", productId: "5740", timeout: 3s }',
  ),
  { cwd: '/' },
);

async function run(neighbours: readonly Neighbour[], manner: FirmwareManner = {}) {
  const bench = createSimBench({ profile, scenario: 'no-usb', neighbours, firmware: manner });
  const notes: string[] = [];
  let left = 0;
  const onProgress = (event: ProgressEvent) => {
    if (event.event === 'note') notes.push(event.message);
    if (event.event === 'target.left') left ||= bench.clock.now();
  };
  const result = await recover({ profile, image, bench, timeout: 500, onProgress });
  return { result, left, seen: notes.flatMap((note) => / application has come at ([\d.-]+)/.exec(note)?.[1] ?? []) };
}

/** A board of the same product that somebody plugs in just as this one starts. */
const colleague = (at: number): Neighbour => ({
  name: 'stranger',
  runs: 'application',
  unplugged: true,
  moves: [{ when: { at }, what: 'plug' }],
});

test('over USART a second reset shows whose the application is', async () => {
  const { result, seen } = await run([]);
  expect(result).toMatchObject({ ok: true, bootloader: 'usart', application: 'seen' });
  expect(seen).toEqual(['1-2']);
});

test('one that comes first elsewhere stays in it, and is not taken for this board', async () => {
  const { left } = await run([]);
  const { result, seen } = await run([colleague(left - 60)]);
  expect(seen).toEqual(['1-3', '1-2']);
  expect(result).toMatchObject({ ok: true, application: 'seen' });
});

test('where this board crashes, another one that runs is no proof', async () => {
  const { left } = await run([]);
  const { result } = await run([colleague(left - 60)], { faultsAfter: 300 });
  expect(result).toMatchObject({ ok: false, exitCode: 8, application: 'not-seen' });
});
