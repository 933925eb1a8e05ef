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
const causes: Readonly<Record<string, { readonly code: ErrorCode; readonly what: string }>> = {
  ERR_BUFFER_TOO_LARGE: { code: 'image-too-large', what: `unpacks to more than ${mostBytes / 1024 / 1024} MiB` },
  Z_BUF_ERROR: { code: 'image-truncated', what: 'ends in the middle of its gzip data' },
};

/** @throws BootctlError `image-too-large`, `image-truncated`, `image-crc`, `image-malformed` */
export function gunzip(bytes: Uint8Array, name: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: mostBytes });
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const isCheck = /incorrect (data|length) check/.test(message);
    const known = isCheck ? ({ code: 'image-crc', what: 'fails the check of its gzip data' } as const) : causes[code];
    const { code: ours, what } = known ?? ({ code: 'image-malformed', what: `is damaged gzip: ${message}` } as const);
    throw new BootctlError(ours, `${name} ${what}`, { cause });
  }
}
