import { gunzipSync } from 'node:zlib';
import { BootctlError, type ErrorCode } from '../../base/errors.ts';

/**
 * More than the text of any image: 16 MiB as Intel HEX take 46 MB. Limits the memory that a small file can make us
 * allocate.
 */
export const mostBytes = 128 * 1024 * 1024;

/** RFC 1952 §2.3.1: ID1, ID2, CM. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;

/** Error codes of zlib, and their meaning for a file. */
const causes: Readonly<Record<string, { readonly code: ErrorCode; readonly what: (format: string) => string }>> = {
  ERR_BUFFER_TOO_LARGE: {
    code: 'image-too-large',
    what: () => `unpacks to more than ${mostBytes / 1024 / 1024} MiB`,
  },
  Z_BUF_ERROR: { code: 'image-truncated', what: (format) => `ends in the middle of its ${format} data` },
};

/** @throws BootctlError `image-too-large`, `image-truncated`, `image-crc`, `image-malformed` */
export const gunzip = (bytes: Uint8Array, name: string): Uint8Array =>
  unpacked(name, 'gzip', (options) => gunzipSync(bytes, options));

/** What `run` unpacks, within the limit. @throws BootctlError as `gunzip`, in the words of `format` */
export function unpacked(
  name: string,
  format: 'gzip' | 'zlib',
  run: (options: { readonly maxOutputLength: number }) => Uint8Array,
): Uint8Array {
  try {
    return run({ maxOutputLength: mostBytes });
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    if (/incorrect (data|length) check/.test(message)) {
      throw new BootctlError('image-crc', `${name} fails the check of its ${format} data`, { cause });
    }
    const known = causes[code];
    const what = known?.what(format) ?? `has damaged ${format} data: ${message}`;
    throw new BootctlError(known?.code ?? 'image-malformed', `${name} ${what}`, { cause });
  }
}
