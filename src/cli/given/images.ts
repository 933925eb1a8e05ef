import { resolve } from 'node:path';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import { parseImageArgument } from '../../image/image-argument.ts';
import { type ImageFile, type ReadImagesOptions, readImages } from '../../image/read-images.ts';
import { usualFlash } from '../../image/usual-flash.ts';
import type { CliContext } from '../context.ts';
import type { CliOptions } from './options.ts';

export type ImageFileOptions = Pick<CliOptions, 'address' | 'patch' | 'patchFile'>;

/** Options of `image` beside the shared ones. */
export interface ImageOptions extends CliOptions {
  readonly target?: string;
  readonly layout?: string;
  readonly output?: string;
  readonly to?: string;
  readonly family?: string;
  /** The ids, or true for those of ST's ROM. */
  readonly dfuSuffix?: string | true;
}

export const fileArgument = 'image file, - for standard input; a raw binary with its address: app.bin@0x08008000';

/**
 * All images of a command line as one, with the patches in it; messages name the files as the person did.
 * @throws BootctlError those of `readImages`, and `usage`
 */
export async function givenImages(
  { cwd, standardInput }: CliContext,
  texts: readonly string[],
  { address, patch, patchFile }: ImageFileOptions,
  known: Pick<ReadImagesOptions, 'uf2Families' | 'applicationStart'> = {},
): Promise<FirmwareImage> {
  const [first, ...rest] = texts.map((text): ImageFile => {
    const { path, ...own } = parseImageArgument(text);
    const shared = address === undefined ? {} : { address };
    return { path: path === '-' ? path : resolve(cwd, path), name: path, ...shared, ...own };
  });
  if (!first) throw new BootctlError('usage', 'No image is given');
  if (address !== undefined && rest.length > 0) {
    throw new BootctlError('usage', '--address is for one image, and there are several', {
      hint: 'Put the address behind each raw binary: `app.bin@0x08008000`.',
    });
  }
  return readImages([first, ...rest], {
    standardInput,
    ...known,
    patches: patch,
    patchFile: patchFile === undefined ? undefined : { path: resolve(cwd, patchFile), name: patchFile },
  });
}

/** One image that is only searched: where a raw binary goes does not matter. @throws BootctlError those of `readImages` */
export async function imageToSearch(
  context: CliContext,
  file: string,
  options: ImageFileOptions,
): Promise<FirmwareImage> {
  try {
    return await givenImages(context, [file], options);
  } catch (error) {
    if (!isBootctlError(error, 'image-address-required') || file === '-') throw error;
    return givenImages(context, [file], { ...options, address: usualFlash.start });
  }
}
