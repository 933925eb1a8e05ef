import { chmodSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeGpioChips } from '../../src/host/gpio/node-gpio.ts';
import { type Ioctl, SystemCallError } from '../../src/host/system/ioctl.ts';

// Requests are compared with what the C compiler (gcc 12, x86-64) makes of linux/gpio.h: `_IOC` numbers and structures.
const request = { chipInfo: 0x8044b401, lineInfo: 0xc100b405, getLine: 0xc250b407, setValues: 0xc010b40f };
const zeros = (bytes: number) => '00'.repeat(bytes);
/** Line 21 as an open drain at 1, line 20 as an output at 0, both for "bootctl". */
const expectedRequest = [
  `1500000014000000${zeros(62 * 4)}`,
  `626f6f7463746c00${zeros(24)}`,
  `080000000000000002000000${zeros(20)}`,
  '020000000000000001000000000000000300000000000000',
  '010000000000000048000000000000000100000000000000',
  zeros(8 * 24),
  `02000000${zeros(28)}`,
].join('');
const outputs = [
  { offset: 21, idle: 1, isOpenDrain: true },
  { offset: 20, idle: 0, isOpenDrain: false },
] as const;

let devices: string;
beforeEach(() => {
  devices = mkdtempSync(join(tmpdir(), 'gpio-'));
  writeFileSync(join(devices, 'gpiochip0'), '');
  writeFileSync(join(devices, 'gpiochip10'), '');
  writeFileSync(join(devices, 'null'), '');
});
afterEach(() => rmSync(devices, { recursive: true }));

interface Kernel {
  readonly label?: string;
  readonly refuses?: string;
  readonly consumer?: string;
  readonly lineInfo?: string;
  readonly moves?: string;
}

/** A kernel with these chips; `calls` has what it was asked, as hex. */
function kernel({ label = 'pinctrl', refuses, consumer, lineInfo, moves }: Kernel = {}) {
  const calls: { readonly number: number; readonly argument: string }[] = [];
  const answer: Record<number, (argument: Buffer) => void> = {
    [request.chipInfo]: (argument) => {
      argument.write('gpiochip0', 0);
      argument.write(label, 32);
      argument.writeUInt32LE(58, 64);
    },
    [request.lineInfo]: (argument) => {
      if (lineInfo) throw new SystemCallError('ioctl', lineInfo);
      if (argument.readUInt32LE(64) !== 20 || consumer === undefined) return;
      argument.write(consumer, 32);
      argument.writeBigUInt64LE(1n, 72);
    },
    [request.getLine]: (argument) => {
      if (refuses) throw new SystemCallError('ioctl', refuses);
      argument.writeInt32LE(openSync(join(devices, 'null'), 'r'), 588);
    },
    [request.setValues]: () => {
      if (moves) throw new SystemCallError('ioctl', moves);
    },
  };
  const ioctl: Ioctl = async (_descriptor, number, argument) => {
    calls.push({ number, argument: argument.toString('hex') });
    answer[number]!(argument);
    return 0;
  };
  return { calls, chips: nodeGpioChips({ platform: 'linux', devices, ioctl: async () => ioctl }) };
}

test.skipIf(process.platform === 'win32')('both lines are taken and moved by one call each, and end idle', async () => {
  const { calls, chips } = kernel();
  const lines = await chips.open('gpiochip0', outputs);
  await lines.set([0, 1]);
  await lines[Symbol.asyncDispose]();
  await lines[Symbol.asyncDispose]();
  const made = calls.filter(({ number }) => number !== request.chipInfo);
  expect(made).toEqual([
    { number: request.getLine, argument: expectedRequest },
    { number: request.setValues, argument: '02000000000000000300000000000000' },
    { number: request.setValues, argument: '01000000000000000300000000000000' },
  ]);
  await expect(lines.set([0, 1])).rejects.toMatchObject({ code: 'gpio-failed' });
});

test('a chip is found by its name, its path and its label', async () => {
  for (const chip of ['gpiochip0', join(devices, 'gpiochip0')]) {
    await expect(kernel().chips.open(chip, outputs)).resolves.toBeDefined();
  }
  rmSync(join(devices, 'gpiochip10'));
  await expect(kernel({ label: 'pinctrl-bcm2711' }).chips.open('pinctrl-bcm2711', outputs)).resolves.toBeDefined();
  expect(await kernel().chips.list()).toEqual([
    { path: join(devices, 'gpiochip0'), name: 'gpiochip0', label: 'pinctrl', lines: 58 },
  ]);
});

test.each<[string, Kernel, string, RegExp]>([
  ['held by a consumer', { refuses: 'EBUSY', consumer: 'spi0 CS0' }, 'gpio-busy', /Line 20 .* held by "spi0 CS0"/],
  ['held by a consumer without a name', { refuses: 'EBUSY', consumer: '' }, 'gpio-busy', /which gives no name/],
  ['an old kernel', { refuses: 'ENOTTY', lineInfo: 'ENOTTY' }, 'gpio-unavailable', /version 2 .*ENOTTY/],
  ['rights', { refuses: 'EPERM' }, 'gpio-denied', /may not be opened/],
  ['anything else', { refuses: 'EIO' }, 'gpio-failed', /does not give line 21 and 20: EIO/],
])('%s is told', async (_name, given, code, message) => {
  await expect(kernel(given).chips.open('gpiochip0', outputs)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test('a chip or a line that is not there names those that are', async () => {
  await expect(kernel().chips.open('gpiochip7', outputs)).rejects.toMatchObject({
    code: 'gpio-missing',
    message: expect.stringMatching(/no GPIO chip gpiochip7 here; chips here: gpiochip0 \(pinctrl, 58 lines\), /),
  });
  await expect(kernel().chips.open('pinctrl', outputs)).rejects.toMatchObject({
    message: expect.stringMatching(/^2 GPIO chips are called pinctrl/),
  });
  const beyond = [{ offset: 532, idle: 1, isOpenDrain: true }] as const;
  await expect(kernel().chips.open('gpiochip0', beyond)).rejects.toMatchObject({
    code: 'gpio-missing',
    message: 'gpiochip0 has no line 532: its lines are 0 to 57',
    hint: expect.stringContaining('/sys/class/gpio'),
  });
});

test.skipIf(process.getuid?.() === 0)('a chip that this user may not open is no missing one', async () => {
  chmodSync(join(devices, 'gpiochip0'), 0);
  await expect(kernel().chips.open('gpiochip0', outputs)).rejects.toMatchObject({ code: 'gpio-denied' });
});

test('a move that fails is told with the lines', async () => {
  const lines = await kernel({ moves: 'EIO' }).chips.open('gpiochip0', outputs);
  await expect(lines.set([1, 1])).rejects.toMatchObject({
    code: 'gpio-failed',
    message: 'line 21 and 20 of gpiochip0 could not be moved: EIO',
  });
  await expect(lines[Symbol.asyncDispose]()).rejects.toMatchObject({ code: 'gpio-failed' });
});

test('elsewhere, and without the native call, it is said what is missing', async () => {
  await expect(nodeGpioChips({ platform: 'darwin' }).open('gpiochip0', outputs)).rejects.toMatchObject({
    code: 'gpio-unavailable',
    message: 'Lines of GPIO are moved on Linux only, and this is darwin',
  });
  expect(await nodeGpioChips({ platform: 'win32' }).list()).toEqual([]);
  const ioctl = async () => Promise.reject(new Error('no prebuilt binary'));
  await expect(nodeGpioChips({ platform: 'linux', devices, ioctl }).open('gpiochip0', outputs)).rejects.toMatchObject({
    code: 'gpio-unavailable',
    message: expect.stringContaining('no prebuilt binary'),
    hint: expect.stringContaining('koffi'),
  });
});
