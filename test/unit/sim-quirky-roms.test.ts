import { expect, test } from 'vitest';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { quirkyPersonalities } from '../../src/sim/chip/quirky-personalities.ts';
import type { RomPersonality } from '../../src/sim/chip/rom-personality.ts';
import { engine, flashBase, pattern } from '../helpers/engine.ts';

/** Each emulated ROM, asked the way that it does not stand: it must misbehave, or a test that gets through it proves nothing. */
const { L476, C562, H743revV, H743V91, H743V133, H7A3, F427, G0B0, L152, WB55 } = quirkyPersonalities;
const bankTwo = 0x0810_0000;
const never = new AbortController().signal;

/** A ROM with something in the first bytes of either bank, and raw requests to it. */
async function raw(personality: RomPersonality) {
  const bench = await engine({ personality, content: pattern(personality === H743V91 ? 0x12_0000 : 16 * 1024, 3) });
  const { device } = bench.target.session;
  const out = (request: number, value = 0, ...data: readonly number[]) =>
    device.controlOut({ requestType: 0x21, request, value, index: 0 }, Uint8Array.from(data), 2_000);
  const state = async () =>
    (await device.controlIn({ requestType: 0xa1, request: 3, value: 0, index: 0 }, 6, 20_000))[4];
  const faults = () => bench.truth.of('fault').map(({ name }) => name);
  const isBlank = (address: number) => bench.memory.flash.read(address, 64).every((byte) => byte === 0xff);
  return { ...bench, device, out, state, faults, isBlank };
}

const eraseOf = (address: number) => [0x41, ...[0, 8, 16, 24].map((shift) => (address >>> shift) & 0xff)] as const;
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: { code: string }) => error.code,
  );

test('L476 stalls a DFU_GETSTATUS that comes early, and garbles a long block that is no multiple of 8', async () => {
  const { out, state, faults, target, memory } = await raw(L476);
  await out(1, 0, ...eraseOf(flashBase));
  expect(await state()).toBe(4);
  expect(await codeOf(state())).toBe('usb-stall');
  expect(faults()).toEqual(['polled while busy']);
  await target.becomeCautious(never);
  const odd = pattern(300);
  await target.write(flashBase, odd, () => {}, never);
  expect(faults()).toContain('garbled block');
  expect(Buffer.compare(memory.flash.read(flashBase, 300), odd)).not.toBe(0);
});

test('C562 stalls DFU_CLRSTATUS outside dfuERROR, and never answers for the functional descriptor', async () => {
  const { out, device } = await raw(C562);
  expect(await codeOf(out(4))).toBe('usb-stall');
  const asked = device.controlIn({ requestType: 0x81, request: 6, value: 0x2100, index: 0 }, 9, 500);
  expect(await codeOf(asked)).toBe('usb-timeout');
});

test('H743 rev V stays busy after the first sector of bank 2', async () => {
  const { out, state } = await raw(H743revV);
  await out(1, 0, ...eraseOf(bankTwo));
  for (let asked = 0; asked < 20; asked++) expect(await state()).toBe(4);
  await out(4);
  expect(await state()).toBe(10);
  await out(4);
  expect(await state()).toBe(2);
});

test('H743 V9.1 calls an erase in bank 2 done while it goes on', async () => {
  const { target, isBlank, clock } = await raw(H743V91);
  const before = clock.now();
  await target.erase(target.layout.sectors[8]!, never);
  expect(clock.now() - before).toBeLessThan(100);
  expect(isBlank(bankTwo)).toBe(false);
});

test.each([H743V133, G0B0, L152])('$id: the mass erase is acknowledged, and nothing is erased', async (personality) => {
  const { target, truth } = await raw(personality);
  await target.massErase(never);
  expect(truth.of('erased')).toEqual([]);
});

test('WB55: the mass erase takes what cannot be flashed again', async () => {
  const { target, faults } = await raw(WB55);
  await target.massErase(never);
  expect(faults()).toEqual(['wireless stack erased']);
});

test('H7A3 erases 8 KB where it names 2', async () => {
  const { target, truth } = await raw(H7A3);
  expect(target.layout.sectors[1]).toMatchObject({ address: flashBase + 2048, size: 2048 });
  await target.erase(target.layout.sectors[1]!, never);
  expect(truth.of('erased')).toMatchObject([{ address: flashBase, bytes: 8192 }]);
});

test('F427 acknowledges an erase in bank 2 and does nothing', async () => {
  const { target, truth } = await raw(F427);
  await target.erase(target.layout.sectors[12]!, never);
  expect(truth.of('erased')).toEqual([]);
});

test.each([romPersonalities.L072, L152])(
  '$id: erased is 0x00, and what is not erased refuses to be programmed',
  async (personality) => {
    const { target, memory } = await raw(personality);
    await target.erase(target.layout.sectors[0]!, never);
    expect(memory.flash.read(flashBase, 128).every((byte) => byte === 0x00)).toBe(true);
    const data = pattern(128, 7);
    await target.write(flashBase, data, () => {}, never);
    await target.write(flashBase, pattern(128, 8), () => {}, never);
    expect(Buffer.compare(memory.flash.read(flashBase, 128), data)).toBe(0);
  },
);
