import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BootctlError } from '../base/errors.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import type { CliContext } from './context.ts';
import type { CliOptions } from './options.ts';

/** A file on the command line, with the address that may stand behind it. */
export interface ImageArgument {
  readonly path: string;
  readonly address?: number;
}

export type ImageFileOptions = Pick<CliOptions, 'address' | 'patch' | 'patchFile'>;

/** `app.bin@0x08008000`: the address must look like one, so that a file name may have an `@` elsewhere. */
export function parseImageArgument(text: string): ImageArgument {
  const match = /^(.+)@(0x[0-9a-f_]+|\d[\d_]*)$/is.exec(text);
  const address = match ? Number(match[2]!.replaceAll('_', '')) : Number.NaN;
  return match && address <= 0xffff_ffff ? { path: match[1]!, address } : { path: text };
}

/**
 * All images of a command line as one, with the patches in it; messages name the files as the person did.
 * @throws BootctlError those of `readImage`, `combineImages` and `applyPatches`, and `usage`
 */
export async function readImages(
  context: CliContext,
  texts: readonly string[],
  options: ImageFileOptions,
  uf2Families?: readonly number[],
): Promise<FirmwareImage> {
  const [first, ...rest] = texts.map(parseImageArgument);
  if (!first) throw new BootctlError('usage', 'No image is given');
  if (options.address !== undefined && rest.length > 0) {
    throw new BootctlError('usage', '--address is for one image, and there are several', {
      hint: 'Put the address behind each raw binary: `app.bin@0x08008000`.',
    });
  }
  const { combineImages } = await import('../image/combine.ts');
  const read = (one: ImageArgument) => readOne(context, { ...addressOf(options), ...one }, uf2Families);
  const images: [FirmwareImage, ...FirmwareImage[]] = [await read(first)];
  for (const one of rest) images.push(await read(one));
  return patched(context, combineImages(images), options);
}

const addressOf = ({ address }: ImageFileOptions): { address?: number } => (address === undefined ? {} : { address });

async function readOne(
  context: CliContext,
  { path, address }: ImageArgument,
  uf2Families: readonly number[] | undefined,
): Promise<FirmwareImage> {
  const { readImage } = await import('../image/load-image.ts');
  const { standardInput, cwd } = context;
  return readImage(path === '-' ? path : resolve(cwd, path), {
    standardInput,
    name: path,
    ...(address === undefined ? {} : { address }),
    ...(uf2Families ? { uf2Families } : {}),
  });
}

async function patched(
  { cwd }: CliContext,
  image: FirmwareImage,
  { patch = [], patchFile }: ImageFileOptions,
): Promise<FirmwareImage> {
  if (patch.length === 0 && patchFile === undefined) return image;
  const { applyPatches, parsePatch, parsePatchFile } = await import('../image/patch.ts');
  const fromOptions = patch.map((text, index) => parsePatch(text, `--patch ${index + 1}`));
  if (patchFile === undefined) return applyPatches(image, fromOptions);
  const text = await readFile(resolve(cwd, patchFile), 'utf8').catch((cause: Error) => {
    throw new BootctlError('image-unreadable', `${patchFile} cannot be read: ${cause.message}`, { cause });
  });
  return applyPatches(image, [...parsePatchFile(text, patchFile), ...fromOptions]);
}
