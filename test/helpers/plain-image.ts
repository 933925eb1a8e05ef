import type { FirmwareImage } from '../../src/image/firmware-image.ts';

/** An image of these bytes, which no check has seen. */
export const imageOf = (...segments: { address: number; data: Uint8Array }[]): FirmwareImage => ({
  name: 'test',
  format: 'binary',
  segments: segments.map((segment) => ({ ...segment, origin: 'test' })),
  bytes: segments.reduce((sum, { data }) => sum + data.length, 0),
  sha256: '',
});
