import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { sleep } from '../../src/bench/clock.ts';
import { firmware, linesAtEnd, runCommand } from '../helpers/command.ts';
import { f405, profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootctl-'));
const expected = readFileSync(firmware.replace(/hex$/, 'bin'));
const overUsart = [wholeBoot0, 'usart: { connected: true, baudRate: 115200 }', 'methods: [rc-cap]'];
const usart = profileFile('usart', f405, ...overUsart);

/** The same commands on either bootloader. */
const benches = [
  { bootloader: 'dfu', more: ['--profile', 'rc-cap', '--simulate', '--json'] },
  { bootloader: 'usart', more: ['--profile', usart, '--simulate', 'no-usb', '--json'] },
] as const;

const changes = ({ truth }: Awaited<ReturnType<typeof runCommand>>) =>
  truth.filter(({ what }) => what === 'erased' || what === 'programmed');

test.each(benches)(
  '$bootloader: flash, verify, read, erase on one board after the other',
  async ({ bootloader, more }) => {
    const flashed = await runCommand(['flash', firmware, ...more]);
    expect(flashed.result).toMatchObject({ ok: true, bootloader, verified: true, flash: 'verified' });
    const { bench } = flashed;
    const touched = changes(flashed).length;

    const verified = await runCommand(['verify', firmware, ...more], { bench });
    expect(verified.result).toMatchObject({ ok: true, exitCode: 0, verified: true });
    const again = await runCommand(['flash', firmware, ...more], { bench });
    expect(again.result).toMatchObject({ ok: true, verified: true });
    expect(again.events.find(({ event }) => event === 'flash.planned')).toMatchObject({ kept: 4, erased: 0, bytes: 0 });

    const file = join(folder, `${bootloader}.bin`);
    const read = await runCommand(['read', file, '--length', String(expected.length), ...more], { bench });
    expect(read.result).toMatchObject({ ok: true, flash: 'untouched' });
    expect(readFileSync(file).equals(expected)).toBe(true);
    expect(changes(read)).toHaveLength(touched);

    const erased = await runCommand(['erase', '--yes', '--length', '16384', ...more], { bench });
    expect(erased.result).toMatchObject({ ok: true, flash: 'erased' });
    const content = bench.boards[0].memory.flash.read(0x0800_0000, 16_384);
    expect(content.every((byte) => byte === 0xff)).toBe(true);
    expect(
      Buffer.from(bench.boards[0].memory.flash.read(0x0800_4000, 64)).equals(expected.subarray(0x4000, 0x4040)),
    ).toBe(true);

    const differs = await runCommand(['verify', firmware, ...more], { bench });
    expect(differs.result).toMatchObject({ ok: false, exitCode: 7, error: { code: 'verify-mismatch' } });
    expect(linesAtEnd(differs)).toEqual({ rts: 'released', dtr: 'released' });
  },
  30_000,
);

const dfu = benches[0].more;

test.each([
  { argv: ['erase'], says: /--yes/ },
  { argv: ['write-memory', usart, '--alt', '1'], says: /--yes/ },
  { argv: ['write-memory', usart, '--yes'], says: /--alt/ },
])('$argv is refused before anything moves', async ({ argv, says }) => {
  const run = await runCommand([...argv, ...dfu]);
  expect(run.status).toBe(2);
  expect((run.result.error as { hint: string }).hint).toMatch(says);
  expect(run.truth.filter(({ what }) => what === 'lines')).toEqual([]);
});

const named = profileFile('named', f405, wholeBoot0, 'methods: [rc-cap]');
const unnamed = profileFile('unnamed', wholeBoot0, 'methods: [rc-cap]');

/** An F405 has 1 MB from 0x0800_0000 on. */
const outside = [
  { range: ['--address', '0x09000000'], says: /0x0900_0000 .*0x0800_0000 to 0x080F_FFFF/ },
  { range: ['--address', '0x07fffff0', '--length', '32'], says: /0x07FF_FFF0 and 32 bytes/ },
  { range: ['--address', '0x080ffff0', '--length', '32'], says: /0x080F_FFF0 and 32 bytes/ },
  { range: ['--length', '0x100001'], says: /0x0800_0000 and 1048577 bytes/ },
];

test.each(outside)(
  '$range is refused before anything moves where the profile names the target',
  async ({ range, says }) => {
    for (const command of [
      ['read', join(folder, 'none.bin')],
      ['erase', '--yes'],
    ]) {
      const run = await runCommand([...command, ...range, '--profile', named, '--simulate', '--json']);
      expect(run.status).toBe(2);
      expect(run.result.error).toMatchObject({ code: 'image-out-of-range', message: expect.stringMatching(says) });
      expect(run.truth.filter(({ what }) => what === 'lines')).toEqual([]);
    }
  },
);

test.each(outside)('$range where only the target tells: it is asked, and stays as it was', async ({ range, says }) => {
  const run = await runCommand(['erase', '--yes', ...range, '--profile', unnamed, '--simulate', '--json']);
  expect(run.status).toBe(5); // refused after its reset: status 2 promises that nothing has moved
  expect(run.result).toMatchObject({
    flash: 'untouched',
    error: { code: 'image-out-of-range', message: expect.stringMatching(says) },
  });
  expect((run.result.error as { message: string }).message).toMatch(/"Internal Flash", which the target names/);
  expect(changes(run)).toEqual([]);
});

test("another memory is the target's own to tell: the range of the flash does not count for it", async () => {
  const file = join(folder, 'otp-part.bin');
  const argv = ['read', file, '--alt', '2', '--address', '0x1fff7800', '--length', '16'];
  const run = await runCommand([...argv, '--profile', named, '--simulate', '--json']);
  expect(run.result).toMatchObject({ ok: true });
  expect(readFileSync(file)).toHaveLength(16);
});

test('info lists every memory, and read reaches each of them', async () => {
  const info = await runCommand(['info', ...dfu]);
  const memories = info.events.filter(({ event }) => event === 'target.memory');
  expect(memories).toMatchObject([
    { setting: 0, name: 'Internal Flash' },
    { setting: 1, name: 'Option Bytes' },
    { setting: 2, name: 'OTP Memory' },
    { setting: 3, name: 'Device Feature' },
  ]);
  expect(changes(info)).toEqual([]);
  const file = join(folder, 'otp.bin');
  const read = await runCommand(['read', file, '--alt', '2', ...dfu]);
  expect(read.result).toMatchObject({ ok: true });
  expect(readFileSync(file)).toHaveLength(528);
  const missing = await runCommand(['read', file, '--alt', '9', ...dfu]);
  expect(missing.result.error).toMatchObject({ code: 'memory-unknown' });
});

test('option bytes are written as a whole and only when asked for, and the reset that follows is no failure', async () => {
  const file = join(folder, 'options.bin');
  writeFileSync(file, Buffer.alloc(16, 0xaa));
  const run = await runCommand(['write-memory', file, '--alt', '1', '--yes', ...dfu]);
  expect(run.result).toMatchObject({ ok: true, flash: 'untouched' });
  expect(run.bench.boards[0].memory.read(0x1fff_c000, 16).every((byte) => byte === 0xaa)).toBe(true);
  writeFileSync(file, Buffer.alloc(8));
  const short = await runCommand(['write-memory', file, '--alt', '1', '--yes', ...dfu]);
  expect(short.result.error).toMatchObject({
    code: 'image-out-of-range',
    message: expect.stringMatching(/16 bytes, not 8/),
  });
});

/** Another memory of an F405: 1 are its option bytes, after which it resets itself, 2 its OTP, 3 the device feature. */
const writeMemory = (alternate: number, bytes: Buffer, more: Parameters<typeof runCommand>[1] = {}, json = true) => {
  const file = join(folder, `memory-${alternate}.bin`);
  writeFileSync(file, bytes);
  const argv = ['write-memory', file, '--alt', String(alternate), '--yes', ...dfu];
  return runCommand(json ? argv : argv.slice(0, -1), more);
};
const written = ({ events }: Awaited<ReturnType<typeof runCommand>>) =>
  events.find(({ event }) => event === 'memory.written');

test('another memory is read back where it can be, and where the target has gone it is not called so', async () => {
  const feature = await writeMemory(3, Buffer.from([3, 0, 0, 0]));
  expect(feature.result).toMatchObject({ ok: true });
  expect(written(feature)).toMatchObject({ setting: 3, bytes: 4, readBack: 'same' });
  const text = await writeMemory(3, Buffer.from([3, 0, 0, 0]), {}, false);
  expect(text.stdout).toMatch(/PASS.*memory 3 is written and was read back/);
  const options = await writeMemory(1, Buffer.alloc(16, 0xaa));
  expect(written(options)).toMatchObject({ setting: 1, bytes: 16, readBack: 'not-possible' });
  const gone = await writeMemory(1, Buffer.alloc(16, 0xaa), {}, false);
  expect(gone.stdout).toMatch(/PASS.*memory 1 is written, but could not be read back: the target has reset itself/);
});

test('a memory that holds something else than what was written fails', async () => {
  const { bench } = await writeMemory(2, Buffer.alloc(512, 0xaa));
  const again = await writeMemory(2, Buffer.alloc(512, 0x55), { bench });
  expect(again.status).toBe(7);
  expect(again.result).toMatchObject({ ok: false, flash: 'untouched', error: { code: 'verify-mismatch' } });
  expect(again.result.error).toMatchObject({
    message: expect.stringMatching(/512 bytes differ; the first at 0x1FFF_7800: expected 0x55, read 0x00/),
  });
});

test.each([
  { name: 'the target resets a moment after its answer', says: /the target has reset itself/, fails: 'target-lost' },
  { name: 'the ROM refuses to read it', says: /refused/, fails: 'dfu-status' },
] as const)('$name: written, and not read back', async ({ says, fails }) => {
  const run = await writeMemory(3, Buffer.from([3, 0, 0, 0]), {
    arrange: ({ usb }) => {
      const { open } = usb;
      usb.open = async (info) => {
        const device = await open.call(usb, info);
        const { controlIn, selectAlternate } = device;
        let selected = 0;
        device.selectAlternate = async (number, setting) => {
          if (setting === 3) selected++;
          return selectAlternate.call(device, number, setting);
        };
        device.controlIn = async (request, ...rest) => {
          const isReadBack = selected === 2 && request.request === 2 && (request.requestType & 0x60) === 0x20;
          if (isReadBack) throw new BootctlError(fails, 'the read was refused');
          return controlIn.call(device, request, ...rest);
        };
        return device;
      };
    },
  });
  expect(run.result).toMatchObject({ ok: true });
  expect(written(run)).toMatchObject({ readBack: 'not-possible', message: expect.stringMatching(says) });
});

test.each(benches)('$bootloader: an erase that nobody looked at is not called erased', async ({ more }) => {
  const range = ['--length', '16384', '--no-verify'];
  const erased = await runCommand(['erase', '--yes', ...range, ...more]);
  expect(erased.result).toMatchObject({ ok: true, flash: 'erased, not checked' });
  const text = await runCommand(['erase', '--yes', ...range, ...more.slice(0, -1)]);
  expect(text.stdout).toMatch(/PASS.*the ROM acknowledged the erase, which was not checked/);
  const checked = await runCommand(['erase', '--yes', '--length', '16384', ...more.slice(0, -1)]);
  expect(checked.stdout).toMatch(/PASS.*the flash is erased/);
});

test('reset moves NRST once with BOOT0 low, and nothing is entered', async () => {
  const run = await runCommand(['reset', ...dfu]);
  expect(run.result).toMatchObject({ ok: true, bootloader: null, attempts: [] });
  await sleep(run.bench.clock, 100);
  expect(run.bench.truth.of('boot0-sampled').at(-1)).toMatchObject({ level: 0, boots: 'application' });
  expect(linesAtEnd(run)).toEqual({ rts: 'released', dtr: 'released' });
});

test('--keep saves what stands around the image, and --stay leaves the target in its bootloader', async () => {
  const run = await runCommand(['flash', firmware, '--keep', '--stay', ...dfu]);
  expect(run.result).toMatchObject({ ok: true, verified: true, application: 'not-checked' });
  expect(run.truth.filter(({ what }) => what === 'left')).toEqual([]);
  // Behind the image, in its last sector: the garbage of the crashed application.
  const behind = run.bench.boards[0].memory.flash.read(0x0800_d000, 256);
  expect(behind.every((byte) => byte === 0xff)).toBe(false);
});

/** Over USART the numbers of bank 2 are not known (hardware/targets): only all of it can be erased, at once. */
const twoBanks = profileFile('two-banks', 'target: { family: F42x_43x }', ...overUsart);

test('erase says so where a part cannot be erased, and erases nothing; all of it goes at once', async () => {
  const more = ['--profile', twoBanks, '--simulate', 'no-usb', '--json'];
  const part = await runCommand(['erase', '--yes', '--address', '0x08100000', '--length', '0x4000', ...more]);
  expect(part.result).toMatchObject({ ok: false, flash: 'untouched', error: { code: 'image-not-writable' } });
  expect(changes(part)).toEqual([]);
  const all = await runCommand(['erase', '--yes', ...more], { bench: part.bench });
  expect(all.result).toMatchObject({ ok: true, flash: 'erased' });
  expect(all.bench.boards[0].memory.flash.read(0x0800_0000, 0x20_0000).every((byte) => byte === 0xff)).toBe(true);
}, 30_000);

test('an erase of sectors that the option bytes protect is refused, and erases nothing', async () => {
  const argv = [
    'erase',
    '--yes',
    '--length',
    '0x10000',
    '--profile',
    'rc-cap',
    '--simulate',
    'write-protected',
    '--json',
  ];
  const run = await runCommand(argv);
  expect(run.result).toMatchObject({ exitCode: 6, flash: 'untouched', error: { code: 'write-protected' } });
  expect(changes(run)).toEqual([]);
});

test('a target that goes before its option bytes are on the way is lost, not written', async () => {
  const file = join(folder, 'options.bin');
  writeFileSync(file, Buffer.alloc(16, 0xaa));
  const run = await runCommand(['write-memory', file, '--alt', '1', '--yes', ...dfu], {
    arrange: ({ boards, usb }) => {
      const { open } = usb;
      usb.open = async (info) => {
        const device = await open.call(usb, info);
        const { selectAlternate } = device;
        device.selectAlternate = async (number, setting) => {
          await selectAlternate.call(device, number, setting);
          if (setting === 1) boards[0].board.powerOff();
        };
        return device;
      };
    },
  });
  expect(run.result).toMatchObject({ ok: false, error: { code: 'target-lost' } });
});
