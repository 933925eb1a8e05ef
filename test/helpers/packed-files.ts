import { createHash } from 'node:crypto';
import { crc32, deflateRawSync, deflateSync } from 'node:zlib';

const u16 = (value: number) => [value & 0xff, value >>> 8];
const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];

export interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
  readonly isStored?: boolean;
  /** Wrong figures on purpose. */
  readonly flags?: number;
  readonly method?: number;
  readonly crc?: number;
  readonly size?: number;
  readonly offset?: number;
}

/** A zip archive, field by field (PKWARE APPNOTE.TXT §4.3.7, §4.3.12, §4.3.16). */
export function zipFile(entries: readonly ZipEntry[], { comment = '', count = entries.length } = {}): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  const bytesOf = (parts: readonly Buffer[]) => parts.reduce((sum, part) => sum + part.length, 0);
  for (const { name, data, isStored = false, flags = 0x800, offset = bytesOf(local), ...wrong } of entries) {
    const packed = isStored ? data : deflateRawSync(data);
    const { method = isStored ? 0 : 8, crc = crc32(data), size = data.length } = wrong;
    const title = Buffer.from(name);
    const common = [...u16(flags), ...u16(method), ...u32(0), ...u32(crc), ...u32(packed.length), ...u32(size)];
    const head = [...[0x50, 0x4b, 3, 4], ...u16(20), ...common, ...u16(title.length), ...u16(0)];
    local.push(Buffer.from(head), title, Buffer.from(packed));
    const rest = [...[title.length, 0, 0, 0, 0].flatMap(u16), ...u32(0), ...u32(offset)];
    central.push(Buffer.from([...[0x50, 0x4b, 1, 2], ...u16(20), ...u16(20), ...common, ...rest]), title);
  }
  const sizes = [...[0, 0, count, count].flatMap(u16), ...u32(bytesOf(central)), ...u32(bytesOf(local))];
  const end = [...[0x50, 0x4b, 5, 6], ...sizes, ...u16(comment.length)];
  return Buffer.concat([...local, ...central, Buffer.from(end), Buffer.from(comment)]);
}

/** A firmware package as ArduPilot's chibios.py and PX4's px_mkfw.py write it, with other fields where given. */
export function autopilotPackage(image: Uint8Array, fields: Readonly<Record<string, unknown>> = {}): Buffer {
  const body = {
    board_id: 9,
    magic: 'APJFWv1',
    description: 'Firmware for a STM32F427xx board',
    image: deflateSync(image, { level: 9 }).toString('base64'),
    extf_image: deflateSync(Buffer.alloc(0)).toString('base64'),
    summary: 'Pixhawk1-1M',
    version: '0.1',
    image_size: image.length,
    extf_image_size: 0,
    git_identity: '0bb18a15',
    ...fields,
  };
  return Buffer.from(`${JSON.stringify(body, undefined, 4)}\n`);
}

export interface McubootFields {
  readonly header?: number;
  readonly flags?: number;
  readonly version?: readonly [major: number, minor: number, revision: number, build: number];
  readonly protectedTlvs?: readonly (readonly [type: number, data: readonly number[]])[];
  /** SHA-256 without it; none where undefined is given. */
  readonly hash?: 'sha256' | 'sha384' | 'sha512' | undefined;
  readonly signature?: number;
  /** A wrong figure on purpose. */
  readonly imageSize?: number;
}

const hashTypes = { sha256: 0x10, sha384: 0x11, sha512: 0x12 } as const;

/** A signed image, field by field (MCUboot, boot/bootutil/include/bootutil/image.h). */
export function mcubootImage(image: Uint8Array, fields: McubootFields = {}): Buffer {
  const { header = 512, flags = 0, version = [1, 2, 3, 0], protectedTlvs = [], signature = 0x22 } = fields;
  const hash = 'hash' in fields ? fields.hash : 'sha256';
  const tlv = (type: number, data: readonly number[]) => [...u16(type), ...u16(data.length), ...data];
  const area = (magic: number, tlvs: readonly number[]) => [...u16(magic), ...u16(tlvs.length + 4), ...tlvs];
  const inner = protectedTlvs.flatMap(([type, data]) => tlv(type, data));
  const protectedArea = inner.length > 0 ? area(0x6908, inner) : [];
  const [major, minor, revision, build] = version;
  const head = [
    ...[...u32(0x96f3_b83d), ...u32(0), ...u16(header), ...u16(protectedArea.length)],
    ...[
      ...u32(fields.imageSize ?? image.length),
      ...u32(flags),
      major,
      minor,
      ...u16(revision),
      ...u32(build),
      ...u32(0),
    ],
  ];
  const covered = [...head, ...Array<number>(header - 32).fill(0), ...image, ...protectedArea];
  const digest = hash ? tlv(hashTypes[hash], [...createHash(hash).update(Uint8Array.from(covered)).digest()]) : [];
  return Buffer.from([
    ...covered,
    ...area(0x6907, [...digest, ...tlv(1, Array(32).fill(7)), ...tlv(signature, Array(70).fill(9))]),
  ]);
}
