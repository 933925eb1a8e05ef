import { writeFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { BootctlError } from '../../../base/errors.ts';
import { address32, amount, hex32 } from '../../../base/text.ts';
import type { DfuSuffix } from '../../../image/firmware-image.ts';
import { uf2Families } from '../../../image/formats/uf2-families.ts';
import { writeImage, writerFor, writers } from '../../../image/write-image.ts';
import type { CliContext } from '../../context.ts';
import { fileArgument, givenImages, type ImageOptions } from '../../given/images.ts';
import { imageFileOptions, withOptions } from '../../given/options.ts';
import { resultOfImage, writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';

const stIds = '0483:df11';

export const convertCommand = (context: CliContext): Command =>
  writingCommand(context, 'convert', 'write an image in another format, told by the ending of the output');

export const mergeCommand = (context: CliContext): Command =>
  writingCommand(context, 'merge', 'write several images as one, such as bootloader, application and data');

function writingCommand(context: CliContext, verb: 'convert' | 'merge', description: string): Command {
  const command = new Command(verb)
    .description(description)
    .argument('<image...>', fileArgument)
    .requiredOption('-o, --output <path>', 'file to write')
    .addOption(new Option('--to <format>', 'hex, srec, bin, uf2 or dfu, where the ending does not tell'))
    .addOption(new Option('--family <family>', 'UF2 family: a short name such as STM32F4, or a number'))
    .addOption(new Option('--dfu-suffix [vid:pid]', 'put a DFU suffix behind it; 0483:df11 unless said otherwise'))
    .action(async (images: readonly string[], options: ImageOptions) => {
      await convertImage(context, images, options);
    });
  return withOptions(command, context.env, [...imageFileOptions, 'json']);
}

/** `image convert` and `image merge`. @throws BootctlError `image-not-convertible`, `image-unwritable`, `usage`, and those of reading */
async function convertImage(context: CliContext, texts: readonly string[], options: ImageOptions): Promise<void> {
  const started = context.now();
  const { output = '', to = extname(output).slice(1), json } = options;
  const writer = writerFor(to);
  if (!writer) {
    const names = writers.map(({ endings }) => endings[0]).join(', ');
    const said = to === '' ? `${output} has no ending that names a format` : `'${to}' is no format that is written`;
    throw new BootctlError('usage', said, { hint: `Add \`--to\` with one of ${names}.` });
  }
  const image = await givenImages(context, texts, options);
  const bytes = writeImage(image, writer, { uf2Family: familyOf(options.family), suffix: suffixOf(options.dfuSuffix) });
  await writeFile(resolve(context.cwd, output), bytes).catch((cause: Error) => {
    throw new BootctlError('image-unwritable', `${output} cannot be written: ${cause.message}`, { cause });
  });
  /** A raw binary does not say where it goes: the next command has to. */
  const start = writer.format === 'binary' ? image.segments[0]?.address : undefined;
  if (json) {
    const values = {
      path: output,
      address: start,
      format: writer.format,
      fileBytes: bytes.length,
      bytes: image.bytes,
      sha256: image.sha256,
    };
    writeLine(context.stdout, 'image.written', context.now() - started, values);
    return writeResultLine(context.stdout, context.now() - started, resultOfImage(image));
  }
  const runs = amount(image.segments.length, 'runs');
  writeLines(context.stdout, [
    `${output}: ${amount(image.bytes, 'bytes')} in ${runs}, sha256 ${image.sha256}`,
    ...(start === undefined ? [] : [placeText(output, start)]),
  ]);
}

const placeText = (output: string, start: number): string =>
  `starts at ${address32(start)}, which the file does not say: ${output}@${hex32(start)}`;

function familyOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const id = Object.hasOwn(uf2Families, text)
    ? uf2Families[text]
    : /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text)
      ? Number(text)
      : undefined;
  if (id !== undefined && id <= 0xffff_ffff) return id;
  throw new BootctlError('usage', `There is no UF2 family '${text}'`, {
    hint: `Give a number, or one of ${Object.keys(uf2Families)
      .filter((name) => name.startsWith('STM32'))
      .join(', ')}.`,
  });
}

function suffixOf(text: string | true | undefined): DfuSuffix | undefined {
  if (text === undefined) return undefined;
  const match = /^([0-9a-f]{4}):([0-9a-f]{4})$/i.exec(text === true ? stIds : text);
  if (!match) throw new BootctlError('usage', `'${text}' is no pair of USB ids`, { hint: 'Write it as 0483:df11.' });
  return { vendorId: Number.parseInt(match[1]!, 16), productId: Number.parseInt(match[2]!, 16), dfuVersion: 0x0100 };
}
