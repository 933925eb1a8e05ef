import { readFile } from 'node:fs/promises';
import { BootctlError } from '../base/errors.ts';
import { combineImages } from './combine.ts';
import type { FirmwareImage } from './firmware-image.ts';
import { type ReadImageOptions, readImage } from './load-image.ts';
import { applyPatches, parsePatch, parsePatchFile } from './patch.ts';

/** A file, and how messages name it. */
export interface NamedFile {
  readonly path: string;
  readonly name: string;
}

export interface ImageFile extends NamedFile {
  /** Where a raw binary goes. */
  readonly address?: number;
}

export interface ReadImagesOptions
  extends Pick<ReadImageOptions, 'standardInput' | 'uf2Families' | 'applicationStart'> {
  /** `ADDRESS=VALUE` each. */
  readonly patches?: readonly string[] | undefined;
  /** One patch a line. */
  readonly patchFile?: NamedFile | undefined;
}

/**
 * Several files as one image, with the patches in it.
 * @throws BootctlError those of `readImage`, `combineImages` and `applyPatches`
 */
export async function readImages(
  [first, ...rest]: readonly [ImageFile, ...ImageFile[]],
  { patches = [], patchFile, ...options }: ReadImagesOptions,
): Promise<FirmwareImage> {
  const read = ({ path, ...file }: ImageFile) => readImage(path, { ...options, ...file });
  const images: [FirmwareImage, ...FirmwareImage[]] = [await read(first)];
  for (const file of rest) images.push(await read(file));
  const image = combineImages(images);
  const given = patches.map((text, index) => parsePatch(text, `--patch ${index + 1}`));
  const all = patchFile ? [...(await patchesIn(patchFile)), ...given] : given;
  return all.length === 0 ? image : applyPatches(image, all);
}

async function patchesIn({ path, name }: NamedFile) {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new BootctlError('image-unreadable', `${name} cannot be read: ${cause.message}`, { cause });
  });
  return parsePatchFile(text, name);
}
