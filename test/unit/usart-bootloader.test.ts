import { afterEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/bench/clock.ts';
import { sleep } from '../../src/bench/clock.ts';
import type { SerialLink } from '../../src/bench/serial-link.ts';
import { planEntry } from '../../src/board/circuit/planner.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import type { FirmwareImage } from '../../src/image/firmware-image.ts';
import { openUsart } from '../../src/ops/bootloader/open-usart.ts';
import { flashTarget } from '../../src/ops/engine/flash.ts';
import { LineDriver } from '../../src/ops/job/adapter/line-driver.ts';
import { Effects } from '../../src/ops/job/effects.ts';
import type { Job } from '../../src/ops/job/job.ts';
import { createSimBench, type SimBench } from '../../src/sim/sim-bench.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { referenceBoard } from '../helpers/circuits.ts';
import { type LinkAnswer, ScriptedLink } from '../helpers/scripted-link.ts';

const usart = { connected: true, baudRate: 115_200 };
const board = (family: string | undefined, changes: Partial<BoardProfile> = {}): BoardProfile =>
  referenceBoard({ usart, ...(family === undefined ? {} : { target: { family } }), ...changes });

function jobOf(profile: BoardProfile, bench: { clock: Clock }, link: SerialLink) {
  // What the flash operation and the opening use of a job.
  const job = { profile, bench, report: () => {}, effects: new Effects() } as unknown as Job;
  return { job, lines: new LineDriver({ link, wiring: profile.wiring, clock: bench.clock, report: job.report }) };
}

const imageOf = (address: number, data: Uint8Array): FirmwareImage => ({
  name: 'test.bin',
  format: 'binary',
  segments: [{ address, data, origin: 'offset 0x0' }],
  bytes: data.length,
  sha256: '',
});

/** A stack pointer into RAM and a reset vector behind the table (PM0214 §2.3.4), then bytes that are never 0xFF. */
function firmware(size: number): Uint8Array {
  const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 7) % 251);
  new DataView(bytes.buffer).setUint32(0, 0x2000_4000, true);
  new DataView(bytes.buffer).setUint32(4, 0x0800_0201, true);
  return bytes;
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error) => error,
  );
/** Until the text has come, or one second has passed without a byte. */
async function hear(link: SerialLink, text: string): Promise<string> {
  let heard = '';
  while (!heard.includes(text)) {
    const bytes = await link.receive(1_000);
    if (bytes.length === 0) return heard;
    heard += Buffer.from(bytes).toString('latin1');
  }
  return heard;
}

const never = new AbortController().signal;
const ignore = () => {};

describe('with the simulated ROM', () => {
  const open: SimBench[] = [];
  afterEach(async () => {
    for (const sim of open.splice(0)) await sim[Symbol.asyncDispose]();
  });

  /** A target whose ROM never enumerates, brought in by hand with the plan that the ladder would use. */
  async function entered(profile: BoardProfile, scenario = 'no-usb') {
    const sim = createSimBench({ profile, scenario });
    open.push(sim);
    const [port] = await sim.serial.list();
    const link = await sim.serial.open(port!.path, { baudRate: 115_200, parity: 'none' });
    const { job, lines } = jobOf(profile, sim, link);
    await lines.drive(planEntry('rc-cap', profile.wiring, profile));
    return { sim, job, lines, target: await openUsart(job, lines) };
  }

  test('who it is', async () => {
    const { target } = await entered(board('F405_407'));
    expect(target).toMatchObject({
      kind: 'usart',
      usb: null,
      place: '/dev/ttySIM0',
      product: 'STM32F405/407/415/417',
      transferSize: 256,
    });
    expect(target.layout.sectors).toHaveLength(12);
  });

  test.each(['F405_407', 'L07x_08x_usb', 'G0B1_0C1', 'H74x_75x'])(
    '%s: flashed, verified, left, and the application heard on the same wires',
    async (family) => {
      const application = { expect: 'serial', match: 'ready', baudRate: 9_600, timeout: 3_000 } as const;
      const { sim, job, lines, target } = await entered(board(family, { application }));
      const bytes = firmware(5_000);
      const result = await flashTarget(job, target, imageOf(0x0800_0000, bytes), { verify: true });
      expect(result).toEqual({ condition: 'verified', error: null });
      const { flash } = sim.boards[0].memory;
      expect(Buffer.compare(flash.read(0x0800_0000, bytes.length), bytes)).toBe(0);
      await lines.link.configure({ baudRate: 9_600, parity: 'none' });
      await target.leave(0x0800_0000, never);
      expect(await hear(lines.link, 'ready')).toContain('ready');
      expect(sim.truth.of('left')).toMatchObject([{ address: 0x0800_0000 }]);
    },
  );

  test('sectors are erased by their number, and no others', async () => {
    const { sim, job, target } = await entered(board('F405_407'));
    await flashTarget(job, target, imageOf(0x0801_0000, firmware(70_000)), { verify: false });
    const erased = sim.truth.of('erased').map(({ address }) => address);
    expect(erased).toEqual([0x0801_0000, 0x0802_0000]);
  });

  test('an image that reaches into the second bank is refused before anything is erased', async () => {
    const { sim, job, target } = await entered(board('H74x_75x'));
    const image = imageOf(0x0810_0000 - 64, firmware(128));
    expect(await failure(flashTarget(job, target, image, { verify: true }))).toMatchObject({
      code: 'image-not-writable',
      message: expect.stringMatching(/second bank read-only by USART/),
    });
    expect(sim.truth.of('erased')).toEqual([]);
  });

  test('readout protection is found by the probe, and lifting it erases the flash', async () => {
    const { sim, job, target } = await entered(board('F405_407'), 'readout-protected');
    const result = await flashTarget(job, target, imageOf(0x0800_0000, firmware(64)), { verify: true });
    expect(result).toMatchObject({ condition: 'untouched', error: { code: 'readout-protected' } });
    await target.unprotect(never);
    expect(sim.boards[0].memory.readoutProtected).toBe(false);
  });

  test('an abort ends a write between two blocks, and what is under way is finished', async () => {
    const { sim, target } = await entered(board('F405_407'));
    await target.erase(target.layout.sectors[0]!, never);
    const abort = new AbortController();
    let bytes = 0;
    const onBytes = (count: number) => {
      bytes += count;
      if (bytes === 512) abort.abort(new Error('Ctrl-C'));
    };
    const data = firmware(4_096);
    expect(await failure(target.write(0x0800_0000, data, onBytes, abort.signal))).toMatchObject({ message: 'Ctrl-C' });
    const { flash } = sim.boards[0].memory;
    expect(Buffer.compare(flash.read(0x0800_0000, 512), data.subarray(0, 512))).toBe(0);
    expect(flash.read(0x0800_0200, 4)).toEqual(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
    // The ROM still listens: no exchange was torn.
    expect(await target.read(0x0800_0000, 4, ignore, never)).toEqual(Buffer.from(data.subarray(0, 4)));
  });
});

describe('with a scripted ROM', () => {
  // Bytes: AN3155 §2 and §3.1, §3.3, §3.4.
  const get = '79 0b 31 00 01 02 11 21 31 44 63 73 82 92 79';
  const id = (pid: string) => `79 01 ${pid} 79`;
  const nack = '1f';
  /** Read Memory: command, address, length with the data behind its ACK. */
  const readable = (data: string): readonly LinkAnswer[] => ['79', '79', `79 ${data}`];
  const refused: readonly LinkAnswer[] = ['79', nack];
  /** 256 bytes with the flash size in KiB, least significant byte first, at `offset`. */
  function registers(offset: number, size: number): string {
    const bytes = new Uint8Array(256);
    new DataView(bytes.buffer).setUint16(offset, size, true);
    return Buffer.from(bytes).toString('hex');
  }

  function bench(family: string | undefined, ...answers: readonly LinkAnswer[]) {
    const clock = new SimClock();
    const link = new ScriptedLink(clock, answers);
    return { clock, link, ...jobOf(board(family), { clock }, link) };
  }

  test('nobody answers: 3.5 s, and the port has its format back', async () => {
    const { clock, link, job, lines } = bench('F405_407');
    expect(await failure(openUsart(job, lines))).toMatchObject({ code: 'usart-no-sync', kind: 'entry' });
    expect(clock.now()).toBeGreaterThanOrEqual(3_500);
    expect(clock.now()).toBeLessThan(4_000);
    expect(link.calls.at(-1)).toBe('115200 none');
  });

  test('an abort during the calling', async () => {
    const { clock, link, job, lines } = bench('F405_407');
    const abort = new AbortController();
    clock.setTimeout(() => abort.abort(new Error('Ctrl-C')), 250);
    expect(await failure(openUsart(job, lines, abort.signal))).toMatchObject({ message: 'Ctrl-C' });
    expect(clock.now()).toBe(250);
    expect(link.calls.at(-1)).toBe('115200 none');
  });

  test('a signal that is aborted already, and one that is aborted once it is open', async () => {
    const none = bench('F405_407');
    expect(await failure(openUsart(none.job, none.lines, AbortSignal.abort(new Error('no'))))).toMatchObject({
      message: 'no',
    });
    expect(none.link.written).toEqual([]);
    const answers = ['79', get, id('04 13'), ...refused, ...refused, ...readable('00 00 02 20')];
    const { job, lines } = bench('F405_407', ...answers);
    const entry = new AbortController();
    const target = await openUsart(job, lines, entry.signal);
    entry.abort(new Error('the boot entry is over'));
    expect(await target.probe(never)).toBeUndefined();
  });

  test('another target than the profile names: both are in the message', async () => {
    const { link, job, lines } = bench('L47x_48x', '79', get, id('04 13'));
    expect(await failure(openUsart(job, lines))).toMatchObject({
      code: 'target-unexpected',
      recovery: 'stop',
      message: expect.stringMatching(/STM32F405.*0x413.*STM32L471/),
      details: { productId: 0x413, expected: 'L47x_48x' },
    });
    expect(link.calls.at(-1)).toBe('115200 none');
  });

  test('a product id that no line has: the profile decides, or nobody', async () => {
    const nobody = bench(undefined, '79', get, id('09 99'));
    expect(await failure(openUsart(nobody.job, nobody.lines))).toMatchObject({
      code: 'target-unknown',
      message: expect.stringMatching(/0x999/),
    });
    const { job, lines } = bench('F405_407', '79', get, id('09 99'), ...refused, ...refused);
    expect((await openUsart(job, lines)).layout.sectors).toHaveLength(12);
  });

  test('a line whose sectors are not known is recognised, and refused', async () => {
    const { job, lines } = bench(undefined, '79', get, id('04 70'), ...refused, ...refused);
    expect(await failure(openUsart(job, lines))).toMatchObject({
      code: 'target-unknown',
      message: expect.stringMatching(/STM32L4R5/),
      hint: expect.stringMatching(/DFU/),
    });
  });

  test('the flash size of an F4 is read with the 256 bytes around it', async () => {
    const { link, job, lines } = bench('F405_407', '79', get, id('04 13'), ...readable(registers(0x22, 512)));
    const target = await openUsart(job, lines);
    expect(target.layout.text).toBe('@Internal Flash /0x08000000/4*16Kg,1*64Kg,3*128Kg');
    expect(link.written).toEqual(['7f', '00ff', '02fd', '11ee', '1fff7a009a', 'ff00']);
  });

  test.each([
    { name: 'only the two bytes are readable', answers: [...refused, ...readable('40 00')], sectors: 64 },
    { name: 'nothing is readable', answers: [...refused, ...refused], sectors: 128 },
    { name: 'an erased register', answers: [...readable(registers(0xe0, 0xffff)), ...readable('ff ff')], sectors: 128 },
    { name: 'a part of 64 KB', answers: readable(registers(0xe0, 64)), sectors: 64 },
    { name: 'readout protection', answers: [nack, nack], sectors: 128 },
  ])('$name: $sectors pages', async ({ answers, sectors }) => {
    const { job, lines } = bench('F103_md', '79', get, id('04 10'), ...answers);
    expect((await openUsart(job, lines)).layout.sectors).toHaveLength(sectors);
  });

  test('a size that whole sectors do not fill is not believed', async () => {
    const { job, lines } = bench('F405_407', '79', get, id('04 13'), ...readable(registers(0x22, 40)));
    expect((await openUsart(job, lines)).layout.sectors).toHaveLength(12);
  });

  test('an L1 that ends a read without a word is called again (AN2606 T155)', async () => {
    const silent = ['79', undefined, nack] as const;
    const { link, job, lines } = bench(
      'L1_cat1',
      '79',
      get,
      id('04 16'),
      ...silent,
      ...silent,
      ...readable('01 02 03 04'),
    );
    const target = await openUsart(job, lines);
    expect(target.layout.sectors).toHaveLength(512);
    expect(link.written.slice(3)).toEqual(['11ee', '1ff80000e7', '7f', '11ee', '1ff8004cab', '7f']);
    expect([...(await target.read(0x0800_0000, 4, ignore, never))]).toEqual([1, 2, 3, 4]);
  });

  test.each([
    { name: 'by the id of the ROM', answers: readable('92'), product: /^STM32G0B1\/G0C1$/ },
    { name: 'by that of the other', answers: readable('d0'), product: /^STM32G0B0$/ },
    { name: 'not at all', answers: refused, product: /^STM32G0B0 or STM32G0B1\/G0C1$/ },
  ])('two lines with one product id are told apart $name', async ({ answers, product }) => {
    const size = readable(registers(0xe0, 128));
    const { link, job, lines } = bench(undefined, '79', get, id('04 67'), ...answers, ...size, ...size);
    expect(await openUsart(job, lines)).toMatchObject({ product: expect.stringMatching(product) });
    expect(link.written[4]).toBe('1fff9ffe81');
  });

  test('a lost adapter is the error, and disposing does not hide it', async () => {
    const { job, lines, link } = bench('F405_407', '79', get, id('04 13'), ...refused, ...refused);
    const target = await openUsart(job, lines);
    link.lose();
    expect(await failure(target.read(0x0800_0000, 4, () => {}, never))).toMatchObject({ code: 'adapter-lost' });
    expect(await failure(target[Symbol.asyncDispose]())).toBe('resolved');
    const gone = bench('F405_407', 'lost');
    expect(await failure(openUsart(gone.job, gone.lines))).toMatchObject({ code: 'adapter-lost' });
  });

  test('blocks end at multiples of 256, on an L0 of 128', async () => {
    const write = (count: number): readonly LinkAnswer[] => Array<LinkAnswer>(3 * count).fill('79');
    const f4 = bench('F405_407', '79', get, id('04 13'), ...refused, ...refused, ...write(3));
    const lengths: number[] = [];
    const note = (bytes: number) => void lengths.push(bytes);
    await (await openUsart(f4.job, f4.lines)).write(0x0800_0020, new Uint8Array(512), note, never);
    expect(lengths.splice(0)).toEqual([224, 256, 32]);
    const l0 = bench('L07x_08x_usb', '79', get, id('04 47'), ...refused, ...refused, ...write(3));
    const target = await openUsart(l0.job, l0.lines);
    expect(target.transferSize).toBe(128);
    await target.write(0x0800_0060, new Uint8Array(192), note, never);
    expect(lengths).toEqual([32, 128, 32]);
  });

  test('Go goes out in the ROM’s format, and the application finds its own', async () => {
    const answers = ['79', get, id('04 13'), ...refused, ...refused, '79', '79'];
    const { job, lines, link } = bench('F405_407', ...answers);
    const application = { expect: 'serial', match: 'x', baudRate: 9_600, timeout: 1 } as const;
    const target = await openUsart({ ...job, profile: { ...job.profile, application } }, lines);
    await link.configure({ baudRate: 9_600, parity: 'none' });
    await target.leave(0x0800_0000, never);
    expect(link.calls.slice(-4)).toEqual(['115200 even', 'write 21de', 'write 0800000008', '9600 none']);
    await target[Symbol.asyncDispose]();
    expect(link.calls.at(-1)).toBe('115200 none');
  });
});

test('the ROM of an L47x has twice its 2.56 s', async () => {
  const clock = new SimClock();
  const { job, lines } = jobOf(board('L47x_48x'), { clock }, new ScriptedLink(clock));
  expect(await failure(openUsart(job, lines))).toMatchObject({ message: expect.stringMatching(/5120 ms/) });
  await sleep(clock, 1);
  expect(clock.now()).toBeGreaterThan(5_120);
});
