import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Bench } from '../../src/bench/bench.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { readImage } from '../../src/image/load-image.ts';
import { recover } from '../../src/ops/recover.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { firmware } from '../helpers/command.ts';

/** Where the application does not show, the message names what came instead, and no reset that nobody made. */
const image = await readImage(firmware, { standardInput: async () => new Uint8Array(0) });
const rcCap = findProfile('rc-cap', { cwd: '/' });

async function endOf(profile: BoardProfile, bench: Bench): Promise<string> {
  const { error } = await recover({ profile, image, bench });
  expect(error?.code).toBe('application-not-seen');
  return `${error?.message} ${error?.hint}`;
}

test('an application with other ids than those of the profile is named', async () => {
  const application = { ...rcCap.application, vendorId: '1209', productId: '0001' } as BoardProfile['application'];
  const bench = createSimBench({ profile: rcCap });
  expect(await endOf({ ...rcCap, application }, bench)).toMatch(
    /no USB device 1209:0001 at 1-2 within .*; 0483:5740 came at 1-2 instead: .*`application` in the profile/,
  );
});

test('an application on another connector of the board is named with its place', async () => {
  const bench = createSimBench({ profile: rcCap });
  const { usb } = bench;
  const list = async () =>
    (await usb.list()).map((device) => (device.productId === '5740' ? { ...device, path: '1-4' } : device));
  const onTwoConnectors = {
    ...{ clock: bench.clock, serial: bench.serial, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() },
    usb: { list, onChange: (listener: () => void) => usb.onChange(listener), open: usb.open.bind(usb) },
  };
  expect(await endOf(rcCap, onTwoConnectors)).toMatch(
    /no USB device 0483:5740 at 1-2 within .*; one came at 1-4: .*write `path: "1-4"` into `application`/,
  );
});

test('a bootloader that comes back after the leave of a board without lines has seen no reset', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'bootctl-no-lines-')), 'no-lines.yaml');
  writeFileSync(
    path,
    `id: no-lines
description: nothing but its USB cable
target: { family: F405_407 }
methods: [soft-jump]
softJump: [{ trigger: dfu-detach, via: target }]
application: { expect: usb, vendorId: "1d50", productId: "606f", timeout: 5s }
`,
  );
  const profile = findProfile(path, { cwd: '/' });
  const bench = createSimBench({ profile, scenario: 'healthy' });
  const [{ board }] = bench.boards;
  bench.truth.onEvent(({ what }) => {
    if (what === 'left') bench.clock.setTimeout(() => board.enterRom(), 1);
  });
  const said = await endOf(profile, bench);
  expect(said).toMatch(/After the leave the bootloader came back: DFU device at 1-2; there was no reset/);
  expect(said).toMatch(/press the reset button/);
  expect(bench.truth.of('boot0-sampled')).toEqual([]);
});
