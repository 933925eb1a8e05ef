import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BootctlError } from '../../src/base/errors.ts';
import { type ImageOptions, parseImage } from '../../src/image/load-image.ts';

export const fixturePath = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/firmware/${name}`, import.meta.url));
export const fixture = (name: string): Buffer => readFileSync(fixturePath(name));

/** The error that a piece of code throws. */
export function refusalOf(run: () => unknown): BootctlError {
  try {
    run();
  } catch (error) {
    if (error instanceof BootctlError) return error;
    throw error;
  }
  throw new Error('accepted');
}

export const parse = (bytes: Uint8Array | string, options: ImageOptions = {}) =>
  parseImage(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, 'a', options);

/** Runs of an image as address and hex bytes. */
export const runsOf = ({ segments }: { segments: readonly { address: number; data: Uint8Array }[] }) =>
  segments.map(({ address, data }) => [address, Buffer.from(data).toString('hex')] as const);

const u16 = (value: number) => [value & 0xff, value >>> 8];
const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];

/** CRC-32 bit by bit (DFU 1.1 appendix B): reflected 0xEDB88320, start 0xFFFFFFFF, not inverted at the end. */
function crcBitByBit(bytes: Iterable<number>): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  }
  return crc >>> 0;
}

/** `content` with a suffix of DFU 1.1 appendix B, field by field. */
export function suffixed(
  content: Iterable<number>,
  ids: { device?: number; product?: number; vendor?: number; dfu?: number } = {},
) {
  const { device = 0xffff, product = 0xdf11, vendor = 0x0483, dfu = 0x0100 } = ids;
  const head = [...content, ...u16(device), ...u16(product), ...u16(vendor), ...u16(dfu), 0x55, 0x46, 0x44, 16];
  return Uint8Array.from([...head, ...u32(crcBitByBit(head))]);
}

export interface DfuseTarget {
  readonly alternate: number;
  readonly name?: string;
  readonly elements: readonly (readonly [address: number, data: readonly number[]])[];
  /** Wrong figures on purpose. */
  readonly size?: number;
  readonly count?: number;
}

/** A DfuSe file without its suffix, field by field (UM0391). */
export function dfuseContent(
  targets: readonly DfuseTarget[],
  { size, version = 1, count }: { size?: number; version?: number; count?: number } = {},
): number[] {
  const ascii = (text: string, length: number) => [...Buffer.from(text.padEnd(length, '\0'), 'latin1')];
  const body = targets.flatMap((target) => {
    const elements = target.elements.flatMap(([address, data]) => [...u32(address), ...u32(data.length), ...data]);
    const named = target.name === undefined ? 0 : 1;
    return [
      ...ascii('Target', 6),
      target.alternate,
      ...u32(named),
      ...ascii(target.name ?? '', 255),
      ...u32(target.size ?? elements.length),
      ...u32(target.count ?? target.elements.length),
      ...elements,
    ];
  });
  return [...ascii('DfuSe', 5), version, ...u32(size ?? 11 + body.length), count ?? targets.length, ...body];
}

export const dfuseFile = (...args: Parameters<typeof dfuseContent>): Uint8Array =>
  suffixed(dfuseContent(...args), { dfu: 0x011a });

/** What ST's DFU File Manager makes where nobody fills in the ids: 0483:0000, version 0 (STM32Cube packages, `*.dfu`). */
export const stDfuFile = (...args: Parameters<typeof dfuseContent>): Uint8Array =>
  suffixed(dfuseContent(...args), { dfu: 0x011a, product: 0, device: 0 });

export interface Uf2Block {
  readonly address: number;
  readonly data: readonly number[];
  readonly family?: number;
  readonly flags?: number;
  readonly number?: number;
  readonly total?: number;
  readonly length?: number;
}

/** A UF2 file, block by block (microsoft/uf2, README). */
export function uf2File(blocks: readonly Uf2Block[]): Uint8Array {
  const bytes = blocks.flatMap(({ address, data, family, flags = 0, number, total, length }, index) => {
    const all = flags | (family === undefined ? 0 : 0x2000);
    const header = [
      0x0a324655,
      0x9e5d5157,
      all,
      address,
      length ?? data.length,
      number ?? index,
      total ?? blocks.length,
      family ?? 0,
    ];
    return [...header.flatMap(u32), ...data, ...Array<number>(476 - data.length).fill(0), ...u32(0x0ab16f30)];
  });
  return Uint8Array.from(bytes);
}

export interface ElfPart {
  readonly type?: number;
  readonly virtual?: number;
  readonly physical: number;
  readonly data: readonly number[];
  readonly memory?: number;
}

/** A 32-bit little-endian executable with program headers only, field by field (System V ABI, chapters 4 and 5). */
export function elfFile(
  parts: readonly ElfPart[],
  { entry = 0, type = 2, machine = 40 }: { entry?: number; type?: number; machine?: number } = {},
): Uint8Array {
  const dataStart = 52 + 32 * parts.length;
  let offset = dataStart;
  const headers = parts.flatMap(({ type: kind = 1, virtual, physical, data, memory }) => {
    const header = [kind, offset, virtual ?? physical, physical, data.length, memory ?? data.length, 5, 4].flatMap(u32);
    offset += data.length;
    return header;
  });
  const ident = [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, ...Array<number>(9).fill(0)];
  const head = [...u16(type), ...u16(machine), ...u32(1), ...u32(entry), ...u32(52), ...u32(0), ...u32(0)];
  const sizes = [52, 32, parts.length, 40, 0, 0].flatMap(u16);
  return Uint8Array.from([...ident, ...head, ...sizes, ...headers, ...parts.flatMap(({ data }) => data)]);
}
