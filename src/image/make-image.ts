import { createHash } from 'node:crypto';
import { BootctlError } from '../base/errors.ts';
import type { FirmwareImage, ImageFormat, ParsedFile, Segment } from './firmware-image.ts';
import { signedImages } from './signed-images.ts';

/**
 * An image of a file's content, with its size and hash.
 * @throws BootctlError `image-empty` if the file has no bytes, not even for another alternate setting, and those of
 *   `signedImages`
 */
export function makeImage(name: string, format: ImageFormat, parsed: ParsedFile): FirmwareImage {
  const { segments, otherAlternates = [] } = parsed;
  const bytes = segments.reduce((sum, segment) => sum + segment.data.length, 0);
  if (bytes === 0 && otherAlternates.length === 0) throw new BootctlError('image-empty', `${name} holds no data`);
  const signed = signedImages(segments, name);
  return { name, format, ...parsed, ...(signed.length > 0 ? { signed } : {}), bytes, sha256: hashOf(segments) };
}

/** Lower-case hex SHA-256 of the bytes of all segments in their order. */
export function hashOf(segments: readonly Segment[]): string {
  const hash = createHash('sha256');
  for (const segment of segments) hash.update(segment.data);
  return hash.digest('hex');
}

/** `image` with other content. */
export function withSegments(image: FirmwareImage, segments: readonly Segment[]): FirmwareImage {
  const bytes = segments.reduce((sum, segment) => sum + segment.data.length, 0);
  return { ...image, segments, bytes, sha256: hashOf(segments) };
}
