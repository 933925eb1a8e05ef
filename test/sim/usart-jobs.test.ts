import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import type { SimBench } from '../../src/sim/sim-bench.ts';
import { type CommandRun, firmware, linesAtEnd, type RunOptions, runCommand } from '../helpers/command.ts';
import { pattern, startable } from '../helpers/engine.ts';
import { f405, profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootctl-'));

/** The reference circuit with its TX and RX on a USART of the ROM. */
const boardWith = (id: string, usart: string, adapter = '{}'): string =>
  profileFile(id, f405, `adapter: ${adapter}`, wholeBoot0, `usart: ${usart}`, 'methods: [rc-cap]');

/** 256 KiB that an F405 would start. */
const large = join(folder, 'large.bin');
const content = startable(romPersonalities.F405, pattern(256 * 1024));
writeFileSync(large, content);

const usual = boardWith('usual', '{ connected: true }');
const job = (image: string, profile: string, scenario: string, ...more: string[]) => [
  ...['flash', image, ...(image === large ? ['--address', '0x08000000'] : []), '--profile', profile],
  ...['--simulate', scenario, '--json', ...more],
];
const flash = (argv: readonly string[], options?: RunOptions) => runCommand(argv, options);
const ratesMeasured = ({ bench }: CommandRun): readonly number[] =>
  bench.truth.of('usart-measured').map(({ baudRate }) => baudRate);
const holdsLarge = ({ bench }: CommandRun): boolean =>
  Buffer.compare(bench.boards[0].memory.flash.read(0x0800_0000, content.length), content) === 0;

test('a large image is worth a faster rate: the fastest one that ROM and adapter agree on', async () => {
  const run = await flash(job(large, usual, 'no-usb'));
  expect(run.result).toMatchObject({ ok: true, verified: true, bootloader: 'usart' });
  expect(holdsLarge(run)).toBe(true);
  // The ROM measures 921600 too badly: it is called in vain, and 460800 is right.
  expect(ratesMeasured(run)).toEqual([115_200, 921_600, 460_800]);
  expect(run.events.filter(({ event }) => event === 'usart.rate')).toMatchObject([
    { baudRate: 921_600, works: false, message: expect.stringMatching(/921600/) },
    { baudRate: 460_800, works: true },
  ]);
  expect(run.bench.truth.of('left')).toMatchObject([{ address: 0x0800_0000 }]);
  expect(linesAtEnd(run)).toEqual({ rts: 'released', dtr: 'released' });

  const slow = await flash(job(large, usual, 'no-usb', '--baud', '115200'));
  const time = ({ result }: CommandRun) => (result.durations as { flash: number }).flash;
  expect(time(run)).toBeLessThan(0.45 * time(slow));
});

test.each([
  { name: 'a small image', argv: job(firmware, usual, 'no-usb'), rates: [115_200] },
  { name: '--baud', argv: job(large, usual, 'no-usb', '--baud', '57600'), rates: [57_600] },
  { name: 'nothing is read back', argv: job(large, usual, 'no-usb', '--no-verify'), rates: [115_200] },
  { name: 'bytes are kept that nothing checks', argv: job(large, usual, 'no-usb', '--keep'), rates: [115_200] },
  {
    name: 'the profile allows no more',
    argv: job(large, boardWith('limited', '{ connected: true, fastestBaudRate: 230400 }'), 'no-usb'),
    rates: [115_200, 230_400],
  },
  {
    name: 'a profile with a reason for less than 115200',
    argv: job(large, boardWith('careful', '{ connected: true, baudRate: 57600 }'), 'no-usb'),
    rates: [57_600],
  },
  {
    name: 'an adapter that nobody knows',
    argv: job(large, boardWith('unknown', '{ connected: true }', '{ vendorId: "cafe", productId: "4001" }'), 'no-usb'),
    rates: [115_200],
  },
])('$name: called at $rates', async ({ argv, rates }) => {
  const run = await flash(argv);
  expect(run.result).toMatchObject({ ok: true });
  expect(ratesMeasured(run)).toEqual(rates);
});

test('wires that garble bytes at the faster rate: back to the usual one, and the image is right', async () => {
  const run = await flash(job(large, usual, 'noisy-usart'));
  expect(run.result).toMatchObject({ ok: true, verified: true });
  expect(holdsLarge(run)).toBe(true);
  expect(ratesMeasured(run)).toEqual([115_200, 921_600, 460_800, 115_200]);
});

test('a verify at a faster rate does not hold the noise against the flash', async () => {
  const verify = (scenario: string) => ['verify', ...job(large, usual, scenario).slice(1)];
  const good = (bench: SimBench) => bench.boards[0].memory.flash.preload(0x0800_0000, content);
  const noisy = await flash(verify('noisy-usart'), { arrange: good });
  expect(noisy.result).toMatchObject({ ok: true, verified: true });
  expect(ratesMeasured(noisy).at(-1)).toBe(115_200);
  const bad = (bench: SimBench) => {
    good(bench);
    bench.boards[0].memory.flash.preload(0x0800_0800, Uint8Array.of(0x80));
  };
  const differs = await flash(verify('noisy-usart'), { arrange: bad });
  expect(differs.result).toMatchObject({
    ok: false,
    error: { code: 'verify-mismatch', message: expect.stringMatching(/^1 byte differ.*0x0800_0800/) },
  });
});

test('Ctrl-C while a faster rate is tried: lines idle, flash untouched, application restored', async () => {
  const arrange: RunOptions['arrange'] = (bench, abort) =>
    bench.truth.onEvent((event) => {
      if (event.what === 'usart-measured' && event.baudRate === 921_600) abort(new BootctlError('aborted', 'Ctrl-C'));
    });
  const run = await flash(job(large, usual, 'no-usb'), { arrange });
  expect(run.result).toMatchObject({ ok: false, exitCode: 130, flash: 'untouched' });
  expect(run.truth.filter(({ what }) => what === 'erased')).toEqual([]);
  expect(run.bench.truth.of('boot0-sampled').at(-1)).toMatchObject({ boots: 'application' });
  expect(linesAtEnd(run)).toEqual({ rts: 'released', dtr: 'released' });
});

test('a target that does not come back from a faster rate is entered again by its ladder, and stays slow', async () => {
  // The ROM dies at once after three faster rates and three ways back.
  const arrange: RunOptions['arrange'] = (bench) => {
    const { board } = bench.boards[0];
    let resets = 0;
    bench.truth.onEvent((event) => {
      const isReset =
        event.what === 'boot0-sampled' && event.boots === 'rom' && bench.truth.of('usart-measured').length > 0;
      if (!isReset || ++resets > 6) return;
      // Its supply dips: what comes after it is the crashed application, which says nothing.
      bench.clock.setTimeout(() => {
        board.powerOff();
        bench.clock.setTimeout(() => board.powerOn('application'), 100);
      }, 0);
    });
  };
  const run = await flash(job(large, usual, 'no-usb'), { arrange });
  expect(run.result).toMatchObject({ ok: true, verified: true });
  expect((run.result.attempts as object[]).length).toBeGreaterThan(1);
  expect(ratesMeasured(run)).toEqual([115_200, 115_200]);
});

test.each([
  { name: 'readout protection', protect: readoutProtect, erasedFirst: 12 },
  { name: 'write protection', protect: writeProtect, erasedFirst: 4 },
])('$name over USART: lifted with --unprotect --yes, entered again, and gone on', async ({ protect, erasedFirst }) => {
  const argv = job(firmware, usual, 'no-usb', '--unprotect', '--yes');
  const run = await flash(argv, { arrange: protect });
  expect(run.result).toMatchObject({ ok: true, verified: true, bootloader: 'usart' });
  expect(run.result.attempts).toMatchObject([{ outcome: 'entered' }, { outcome: 'entered' }]);
  const { memory } = run.bench.boards[0];
  expect([memory.readoutProtected, memory.flash.protectedSectors.size]).toEqual([false, 0]);
  const [first] = run.bench.truth.of('programmed');
  expect(run.bench.truth.of('erased').filter(({ t }) => t < first!.t)).toHaveLength(erasedFirst);
});

function readoutProtect({ boards }: SimBench): void {
  boards[0].memory.readoutProtected = true;
}
function writeProtect({ boards }: SimBench): void {
  boards[0].memory.flash.protectedSectors.add(0x0800_0000);
}

test.each([
  {
    bootloader: 'usart',
    argv: job(firmware, usual, 'no-usb'),
    arrange: writeProtect,
    hint: /--unprotect.*erases nothing/,
  },
  { bootloader: 'dfu', argv: job(firmware, 'rc-cap', 'write-protected'), hint: /WRP.*DFU has no command/ },
  { bootloader: 'dfu', argv: job(firmware, 'rc-cap', 'write-protected', '--unprotect', '--yes'), hint: /WRP/ },
])('a write-protected sector over $bootloader is named, with what can be done', async ({ argv, arrange, hint }) => {
  const run = await flash(argv, arrange ? { arrange } : {});
  expect(run.result).toMatchObject({ ok: false, exitCode: 6, error: { code: 'write-protected' } });
  const { message, hint: said } = run.result.error as { message: string; hint: string };
  expect(message).toContain('0x0800_0000');
  expect(said).toMatch(hint);
});

test('a write-protected sector that is blank is found as well', async () => {
  const arrange = (bench: SimBench) => {
    writeProtect(bench);
    const { flash } = bench.boards[0].memory;
    flash.preload(flash.address, new Uint8Array(flash.size).fill(0xff));
  };
  const run = await flash(job(firmware, usual, 'no-usb'), { arrange });
  expect(run.result).toMatchObject({ exitCode: 6, error: { code: 'write-protected' } });
});

test('wires that garble bytes at the usual rate as well: the flash is not called right, and a lower rate is the advice', async () => {
  const run = await flash(job(large, usual, 'noisy-usart', '--baud', '230400'));
  expect(run.result).toMatchObject({ ok: false, error: { hint: expect.stringContaining('`--baud`') } });
  expect(run.result.flash).not.toBe('verified');
  const slower = await flash(job(firmware, usual, 'noisy-usart', '--baud', '115200'));
  expect(slower.result).toMatchObject({ ok: true });
});

test('a worn-out bit is no write protection', async () => {
  const run = await flash(job(firmware, 'rc-cap', 'stuck-bit'));
  expect(run.result).toMatchObject({ exitCode: 7, error: { code: 'verify-mismatch' } });
});

test.each([
  { more: [], says: 'at 115200 baud, faster where that pays' },
  { more: ['--baud', '57600'], says: 'at 57600 baud\n' },
])('a dry run says how the USART would be called: $says', async ({ more, says }) => {
  const run = await runCommand(['flash', firmware, '--profile', usual, '--dry-run', ...more]);
  expect(run.stdout).toMatch(new RegExp(`USART +where no DFU device appears; ${says}`));
});

const onUsual = ['--profile', usual, '--simulate', 'no-usb', '--json'];

test.each([
  { name: 'verify of another image', argv: ['verify', firmware], code: 'verify-mismatch', hint: /`bootctl flash`/ },
  { name: 'a memory beside the flash', argv: ['read', 'x.bin', '--alt', '1'], code: 'memory-unknown', hint: /USB/ },
  {
    name: 'a range outside the flash',
    argv: ['read', 'x.bin', '--address', '0x1fff0000', '--length', '16'],
    code: 'image-out-of-range',
    hint: /--length/,
    isAtOnce: true,
  },
  {
    name: 'an erase of a write-protected sector',
    argv: ['erase', '--yes', '--length', '16384'],
    arrange: writeProtect,
    code: 'verify-mismatch',
    hint: /write-protected.*--unprotect/,
  },
  {
    name: 'a read of a readout-protected flash',
    argv: ['read', 'x.bin'],
    arrange: readoutProtect,
    code: 'readout-protected',
    hint: /`bootctl flash` with `--unprotect`/,
  },
])('$name says what to do: $hint', async ({ argv, arrange, code, hint, isAtOnce }) => {
  const run = await runCommand([...argv, ...onUsual], arrange ? { arrange } : {});
  expect(run.result.error).toMatchObject({ code, hint: expect.stringMatching(hint) });
  expect(linesAtEnd(run)).toEqual(isAtOnce ? undefined : { rts: 'released', dtr: 'released' });
});

test('a reset claims no bootloader', async () => {
  const run = await runCommand(['reset', '--profile', usual, '--simulate', 'no-usb']);
  expect(run.status).toBe(0);
  expect(run.stdout).toContain('PASS');
  expect(run.stdout).not.toMatch(/^ {2}method/m);
});
