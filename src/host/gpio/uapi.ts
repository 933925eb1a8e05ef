import type { GpioOutput } from '../../bench/gpio-chips.ts';

// include/uapi/linux/gpio.h, version 2 of the interface (Linux 5.10): structures and requests, little- or big-endian as the
// host. Sizes and offsets are those that the C compiler gives for that header.

/** `_IOC(direction, 0xB4, number, size)` (asm-generic/ioctl.h); 2 reads, 3 reads and writes. */
const request = (direction: 2 | 3, number: number, size: number): number =>
  ((direction << 30) | (size << 16) | (0xb4 << 8) | number) >>> 0;

const sizes = { chipInfo: 68, lineInfo: 256, lineRequest: 592, lineValues: 16 } as const;

export const gpioRequests = {
  chipInfo: request(2, 0x01, sizes.chipInfo),
  lineInfo: request(3, 0x05, sizes.lineInfo),
  getLine: request(3, 0x07, sizes.lineRequest),
  setValues: request(3, 0x0f, sizes.lineValues),
} as const;

const lineFlags = { used: 1n << 0n, output: 1n << 3n, openDrain: 1n << 6n } as const;
const attributes = { flags: 1, outputValues: 2 } as const;

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const put32 = (buffer: Buffer, value: number, at: number) =>
  littleEndian ? buffer.writeUInt32LE(value, at) : buffer.writeUInt32BE(value, at);
const put64 = (buffer: Buffer, value: bigint, at: number) =>
  littleEndian ? buffer.writeBigUInt64LE(value, at) : buffer.writeBigUInt64BE(value, at);
const get32 = (buffer: Buffer, at: number): number =>
  littleEndian ? buffer.readUInt32LE(at) : buffer.readUInt32BE(at);
const get64 = (buffer: Buffer, at: number): bigint =>
  littleEndian ? buffer.readBigUInt64LE(at) : buffer.readBigUInt64BE(at);

const nameAt = (buffer: Buffer, at: number): string => {
  const name = buffer.subarray(at, at + 32);
  const end = name.indexOf(0);
  return name.subarray(0, end < 0 ? 32 : end).toString('utf8');
};

/** struct gpiochip_info */
export const newChipInfo = (): Buffer => Buffer.alloc(sizes.chipInfo);
export const readChipInfo = (buffer: Buffer) => ({
  name: nameAt(buffer, 0),
  label: nameAt(buffer, 32),
  lines: get32(buffer, 64),
});

/** struct gpio_v2_line_info, asked for one line. */
export function newLineInfo(offset: number): Buffer {
  const buffer = Buffer.alloc(sizes.lineInfo);
  put32(buffer, offset, 64);
  return buffer;
}
export const readLineInfo = (buffer: Buffer) => {
  const flags = get64(buffer, 72);
  return { name: nameAt(buffer, 0), consumer: nameAt(buffer, 32), isUsed: (flags & lineFlags.used) !== 0n };
};

const bitsOf = (bits: readonly boolean[]): bigint =>
  bits.reduce((sum, bit, index) => (bit ? sum | (1n << BigInt(index)) : sum), 0n);

const configAt = 288;
const firstAttributeAt = 320;

/** struct gpio_v2_line_request: outputs at their idle levels, those with an open drain by an attribute of their own. */
export function newLineRequest(consumer: string, outputs: readonly GpioOutput[]): Buffer {
  const buffer = Buffer.alloc(sizes.lineRequest);
  for (const [index, { offset }] of outputs.entries()) put32(buffer, offset, 4 * index);
  buffer.write(consumer, 256, 31, 'utf8');
  put64(buffer, lineFlags.output, configAt);
  const drains = bitsOf(outputs.map(({ isOpenDrain }) => isOpenDrain));
  const config = [
    {
      id: attributes.outputValues,
      value: bitsOf(outputs.map(({ idle }) => idle === 1)),
      mask: bitsOf(outputs.map(() => true)),
    },
    ...(drains === 0n ? [] : [{ id: attributes.flags, value: lineFlags.output | lineFlags.openDrain, mask: drains }]),
  ];
  put32(buffer, config.length, configAt + 8);
  for (const [index, { id, value, mask }] of config.entries()) {
    const at = firstAttributeAt + 24 * index;
    put32(buffer, id, at);
    put64(buffer, value, at + 8);
    put64(buffer, mask, at + 16);
  }
  put32(buffer, outputs.length, 560);
  return buffer;
}

/** The descriptor that the kernel has made for the lines. */
export const readDescriptor = (buffer: Buffer): number => get32(buffer, 588);

/** struct gpio_v2_line_values for all lines of a request. */
export function newLineValues(levels: readonly (0 | 1)[]): Buffer {
  const buffer = Buffer.alloc(sizes.lineValues);
  put64(buffer, bitsOf(levels.map((level) => level === 1)), 0);
  put64(buffer, bitsOf(levels.map(() => true)), 8);
  return buffer;
}
