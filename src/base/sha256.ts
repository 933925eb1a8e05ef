import { createHash } from 'node:crypto';

/** SHA-256 (FIPS 180-4) in 64 hexadecimal digits; of a text, over its UTF-8. */
export const sha256Hex = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex');
