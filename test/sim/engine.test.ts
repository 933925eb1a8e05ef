import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { KeptAround } from '../../src/ops/engine/keep-around.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { type EngineSetup, engine, flashBase, imageOf, pattern } from '../helpers/engine.ts';

const KiB = 1024;
const { F405, H743, G0B1, L072 } = romPersonalities;
const old = pattern(256 * KiB, 9);
const large = imageOf({ address: flashBase, data: pattern(256 * KiB) });
const count = (sent: readonly { name: string }[], name: RegExp) => sent.filter((one) => name.test(one.name)).length;

test.each<{ name: string; setup: EngineSetup; block: number }>([
  { name: 'F405', setup: { personality: F405 }, block: 2048 },
  { name: 'F405 that holds GETSTATUS', setup: { dfu: { getStatus: 'held' } }, block: 2048 },
  { name: 'H743', setup: { personality: H743 }, block: 1024 },
  { name: 'L4-like: every announcement is waited for', setup: { dfu: { earlyPoll: 'stall' } }, block: 2048 },
])('$name: 3 transfers for a block written, 1 for a block read', async ({ setup, block }) => {
  const { flash, sent, events } = await engine({ ...setup, content: old });
  expect(await flash(large)).toMatchObject({ error: null });
  const blocks = large.bytes / block;
  const sectors = events.find((event) => event.event === 'flash.planned')!;
  const written = sent.slice(sent.findIndex(({ name }) => /^DNLOAD [1-9]/.test(name)));
  const border = written.findIndex(({ name }) => name.startsWith('UPLOAD'));
  // The first block is written in two: its first unit at the very end.
  expect(count(sent, /^DNLOAD [1-9]/)).toBe(blocks + 1);
  // The search for the shortest wait may cost a request more on the first few blocks of a job.
  expect(written.slice(0, border).length).toBeLessThanOrEqual(3 * (blocks + 1) + 12);
  expect(count(written, /^UPLOAD/)).toBe(blocks + 1);
  // One more shows that the vectors are erased before anything else is.
  expect(count(sent, /^UPLOAD/)).toBe(blocks + (sectors as { erased: number }).erased + 2);
  // Pointers: for the probe and comparing, for that look, for writing and reading back, both once more for the last unit.
  expect(sent.filter(({ name, length }) => name === 'DNLOAD 0' && length === 5)).toHaveLength(
    (sectors as { erased: number }).erased + 7,
  );
});

test.each([
  { name: 'F405', setup: { personality: F405, family: 'F405_407' }, piece: 4 },
  { name: 'H743', setup: { personality: H743, family: 'H74x_75x' }, piece: 32 },
])(
  '$name: the $piece bytes that the flash programs in one operation are held back to the end',
  async ({ setup, piece }) => {
    const { flash, truth } = await engine({ ...setup, content: old });
    expect(await flash(large)).toMatchObject({ error: null });
    expect(truth.of('programmed').at(-1)).toMatchObject({ address: flashBase, bytes: piece });
  },
);

test('the same image again: read, and nothing else', async () => {
  const { flash, sent, truth } = await engine({ content: old });
  await flash(large);
  const before = truth.events.length;
  expect(await flash(large)).toEqual({ condition: 'verified', error: null });
  expect(truth.events.slice(before)).toEqual([]);
  expect(count(sent, /^UPLOAD/)).toBe(128);
  expect(sent.length).toBeLessThan(128 + 20);
});

test('one changed sector: only that one and the one of the vectors are erased, written and read back', async () => {
  const { flash, sent, truth, holds } = await engine({ content: old });
  await flash(large);
  const before = truth.events.length;
  const data = large.segments[0]!.data.slice();
  data[0x4100]! ^= 1;
  const changed = imageOf({ address: flashBase, data });
  expect(await flash(changed)).toMatchObject({ error: null });
  expect(holds(changed)).toBe(true);
  const events = truth.events.slice(before);
  expect(events.filter(({ what }) => what === 'erased')).toMatchObject([
    { address: flashBase },
    { address: flashBase + 0x4000 },
  ]);
  expect(events.filter(({ what }) => what === 'programmed')).toHaveLength(17);
  // All 128 blocks compared, those of that sector because they were asked for together; a look at the erased vectors; 16
  // blocks read back, one of them in two, and one of the neighbour.
  expect(count(sent, /^UPLOAD/)).toBe(128 + 1 + 17 + 1);
});

test('blank sectors are not erased, and blocks of 0xFF not written', async () => {
  const { flash, truth, holds } = await engine();
  const data = pattern(16 * KiB);
  data.fill(0xff, 4 * KiB, 12 * KiB);
  const image = imageOf({ address: flashBase, data });
  expect(await flash(image)).toMatchObject({ error: null });
  expect(truth.of('erased')).toEqual([]);
  expect(truth.of('programmed')).toHaveLength(5);
  expect(holds(image)).toBe(true);
});

test('the vector table is erased first; its sector is written last, and the first block at the very end', async () => {
  const { flash, truth } = await engine({ content: old });
  await flash(large);
  expect(truth.of('erased')[0]!.address).toBe(flashBase);
  const written = truth.of('programmed').map(({ address }) => address);
  expect(written.at(-1)).toBe(flashBase);
  expect(written.slice(-8).every((address) => address < flashBase + 0x4000)).toBe(true);
});

test.each([
  { keeps: true, around: new KeptAround(() => {}, { profile: 'test', place: '1-2' }) },
  { keeps: false, around: undefined },
])('bytes around the image in its sector: kept $keeps', async ({ keeps, around }) => {
  const { flash, memory, holds } = await engine({ content: old });
  const image = imageOf({ address: flashBase + 0x1000, data: pattern(100, 5) });
  expect(await flash(image, { around })).toMatchObject({ error: null, condition: 'verified' });
  expect(holds(image)).toBe(true);
  const before = Buffer.from(memory.flash.read(flashBase, 0x1000));
  expect(before.equals(old.subarray(0, 0x1000))).toBe(keeps);
  const after = memory.flash.read(flashBase + 0x1080, 0x4000 - 0x1080);
  expect(Buffer.from(after).equals(old.subarray(0x1080, 0x4000))).toBe(keeps);
});

const oneByteAtTheEnd = new Uint8Array(128 * KiB).fill(0xff);
oneByteAtTheEnd.set(old.subarray(0, 40 * KiB));
oneByteAtTheEnd[128 * KiB - 1] = 0x7f;

test.each<{ name: string; setup: EngineSetup; massErases: number; refused?: RegExp }>([
  {
    name: 'pages, the rest blank: at once',
    setup: { personality: G0B1, content: old.subarray(0, 40 * KiB), family: 'G0B1_0C1' },
    massErases: 1,
  },
  {
    name: 'of a line that nobody named: never, it may be a WB',
    setup: { personality: G0B1, content: old.subarray(0, 40 * KiB) },
    massErases: 0,
    refused: /names no target/,
  },
  {
    name: 'pages, something else lives above',
    setup: { personality: G0B1, content: pattern(128 * KiB, 3), family: 'G0B1_0C1' },
    massErases: 0,
    refused: /lives at 0x0800_A000/,
  },
  {
    name: 'pages, one byte lives at the very end',
    setup: { personality: G0B1, content: oneByteAtTheEnd, family: 'G0B1_0C1' },
    massErases: 0,
    refused: /lives at 0x0801_F/,
  },
  { name: 'one page only', setup: { personality: G0B1, content: old.subarray(0, 2 * KiB) }, massErases: 0 },
  { name: 'the ROM of an H743 cannot', setup: { personality: H743, content: old, family: 'H74x_75x' }, massErases: 0 },
])('mass erase: $name', async ({ setup, massErases, refused }) => {
  const { flash, sent, holds, events } = await engine(setup);
  const image = imageOf({ address: flashBase, data: pattern(40 * KiB) });
  expect(await flash(image)).toMatchObject({ error: null });
  expect(holds(image)).toBe(true);
  expect(sent.filter(({ name, length }) => name === 'DNLOAD 0' && length === 1)).toHaveLength(massErases);
  const planned = events.find(({ event }) => event === 'flash.planned') as { massEraseRefused?: string };
  expect(planned.massEraseRefused).toEqual(refused && expect.stringMatching(refused));
});

/** An F405 of 512 KB: 4.55 s by sectors, half of the 8 s of 1 MB at once (DS8626); it announces 100 ms for that. */
const F405xE = {
  ...F405,
  geometry: { ...F405.geometry, sectors: F405.geometry.sectors.slice(0, 8), massEraseTime: 4_000 },
  dfu: { ...F405.dfu, alternates: ['@Internal Flash  /0x08000000/04*016Kg,01*064Kg,03*128Kg'] },
};

test.each<{ name: string; setup: EngineSetup; bytes: number; massErases: number }>([
  { name: 'named', setup: { personality: F405xE, family: 'F405_407' }, bytes: 500 * KiB, massErases: 1 },
  {
    name: 'by its sectors, which are those of no line that it harms',
    setup: { personality: F405xE },
    bytes: 500 * KiB,
    massErases: 1,
  },
  {
    name: 'not where a sector stays out of the image',
    setup: { personality: F405xE },
    bytes: 300 * KiB,
    massErases: 0,
  },
  {
    name: 'nor where it is not faster: 8 s against 8.55 s',
    setup: { personality: F405 },
    bytes: 1000 * KiB,
    massErases: 0,
  },
])('mass erase of an F405: $name', async ({ setup, bytes, massErases }) => {
  const { flash, sent, holds, truth } = await engine({ ...setup, content: pattern(512 * KiB, 9) });
  const image = imageOf({ address: flashBase, data: pattern(bytes) });
  expect(await flash(image)).toEqual({ error: null, condition: 'verified' });
  expect(holds(image)).toBe(true);
  expect(truth.of('programmed-without-erase')).toEqual([]);
  expect(sent.filter(({ name, length }) => name === 'DNLOAD 0' && length === 1)).toHaveLength(massErases);
});

test('pages of 128 bytes are compared and read in blocks of 2048', async () => {
  const image = imageOf({ address: flashBase, data: pattern(32 * KiB) });
  const { flash, sent, holds } = await engine({ personality: L072, content: old.subarray(0, 192 * KiB) });
  expect(await flash(image)).toMatchObject({ error: null });
  expect(holds(image)).toBe(true);
  expect(count(sent, /^UPLOAD/)).toBeLessThanOrEqual(16 + 16 + 2);
});

test('a mismatch is tried once more, and then is what it is', async () => {
  const stuck = { stuckBits: [{ address: flashBase + 0x4100, mask: 0x80 }] };
  const { flash, truth } = await engine({ content: old, faults: stuck });
  const { error, condition } = await flash(large);
  expect(condition).toBe('differs');
  expect(error).toMatchObject({ code: 'verify-mismatch', details: { address: flashBase + 0x4100, count: 1 } });
  const erased = truth.of('erased').map(({ address }) => address);
  expect(erased.filter((address) => address === flashBase + 0x4000)).toHaveLength(2);
  expect(erased.filter((address) => address === flashBase)).toHaveLength(1);
});

const image = imageOf({ address: flashBase, data: pattern(40 * KiB) });
/** Over the whole job: comparing, erasing 3 × 250 ms, programming 164 ms, reading back. */
const moments = Array.from({ length: 24 }, (_, index) => 5 + index * 45);

test.each(moments)('cut after %i ms: the second run does what is missing, and no more', async (moment) => {
  const { flash, truth, clock, holds, target } = await engine({ content: old });
  const stop = new AbortController();
  clock.setTimeout(() => stop.abort(new BootctlError('aborted', 'cut')), moment);
  const first = await flash(image, {}, stop.signal);
  const cutAt = truth.events.length;
  await target.becomeCautious(new AbortController().signal);
  expect(await flash(image)).toMatchObject({ error: null, condition: 'verified' });
  expect(holds(image)).toBe(true);
  expect(truth.of('programmed-without-erase')).toEqual([]);
  const addresses = (events: typeof truth.events, what: string) =>
    events.flatMap((event) => (event.what === what && 'address' in event ? [event.address] : []));
  const [before, after] = [truth.events.slice(0, cutAt), truth.events.slice(cutAt)];
  const twice = addresses(after, 'erased').filter((address) => addresses(before, 'erased').includes(address));
  expect(twice).toEqual([]);
  if (first.condition === 'verified') expect(after).toEqual([]);
});
