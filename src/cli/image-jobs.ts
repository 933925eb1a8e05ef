import { writeFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { BootctlError, exitStatus } from '../base/errors.ts';
import { address32 } from '../base/text.ts';
import type { Target } from '../chips/target.ts';
import { compareImages, type Difference } from '../image/combine.ts';
import type { DfuSuffix, FirmwareImage } from '../image/firmware-image.ts';
import { uf2Families } from '../image/formats/uf2-families.ts';
import { writeImage, writerFor, writers } from '../image/write-image.ts';
import { checkImage, imageTarget, overrideText } from '../ops/engine/check-image.ts';
import { imageFacts } from '../ops/image-facts.ts';
import { emptyResult, failedResult } from '../ops/result.ts';
import type { ImageCommandOptions } from './commands/image.ts';
import type { CliContext } from './context.ts';
import { amount } from './format.ts';
import { factLines, factValues } from './image-facts-text.ts';
import { readImages } from './image-files.ts';
import { writeLine, writeResultLine } from './result-line.ts';
import { readProfile } from './run-job.ts';
import { writeLines } from './safe-output.ts';
import { targetNamed } from './target-named.ts';

/** Differences beyond these are counted, not listed. */
const mostListed = 20;
const stIds = '0483:df11';

/** `image info`. @throws BootctlError those of reading, and of a layout that does not take the image */
export async function showImage(
  context: CliContext,
  texts: readonly string[],
  options: ImageCommandOptions,
): Promise<void> {
  const started = context.now();
  const target = await targetOf(context, options);
  const image = await readImages(context, texts, options, familiesOf(target));
  const facts = imageFacts(image, target, options.layout);
  if (!options.json) {
    writeLines(context.stdout, factLines(facts));
    return;
  }
  writeLine(context.stdout, 'image', context.now() - started, factValues(facts));
  writeResultLine(context.stdout, context.now() - started, resultWith(image));
}

/** `image convert` and `image merge`. @throws BootctlError `image-not-convertible`, `image-unwritable`, `usage`, and those of reading */
export async function convertImage(
  context: CliContext,
  texts: readonly string[],
  options: ImageCommandOptions,
): Promise<void> {
  const started = context.now();
  const { output = '', to = extname(output).slice(1), json } = options;
  const writer = writerFor(to);
  if (!writer) {
    const names = writers.map(({ endings }) => endings[0]).join(', ');
    const said = to === '' ? `${output} has no ending that names a format` : `'${to}' is no format that is written`;
    throw new BootctlError('usage', said, { hint: `Add \`--to\` with one of ${names}.` });
  }
  const image = await readImages(context, texts, options);
  const bytes = writeImage(image, writer, { uf2Family: familyOf(options.family), suffix: suffixOf(options.dfuSuffix) });
  await writeFile(resolve(context.cwd, output), bytes).catch((cause: Error) => {
    throw new BootctlError('image-unwritable', `${output} cannot be written: ${cause.message}`, { cause });
  });
  if (json) {
    const values = {
      path: output,
      format: writer.format,
      fileBytes: bytes.length,
      bytes: image.bytes,
      sha256: image.sha256,
    };
    writeLine(context.stdout, 'image.written', context.now() - started, values);
    return writeResultLine(context.stdout, context.now() - started, resultWith(image));
  }
  const runs = amount(image.segments.length, 'runs');
  writeLines(context.stdout, [`${output}: ${amount(image.bytes, 'bytes')} in ${runs}, sha256 ${image.sha256}`]);
}

/** `image diff`; resolves with the exit status, which tells whether they are the same. @throws BootctlError those of reading */
export async function diffImages(
  context: CliContext,
  texts: readonly [string, string],
  options: ImageCommandOptions,
): Promise<number> {
  const started = context.now();
  const { stdout } = context;
  const [first, second] = [await readImages(context, [texts[0]], {}), await readImages(context, [texts[1]], {})];
  const differences = compareImages(first, second);
  const bytes = differences.reduce((sum, { length }) => sum + length, 0);
  const error =
    bytes === 0
      ? undefined
      : new BootctlError('image-differs', `${first.name} and ${second.name} differ in ${amount(bytes, 'bytes')}`, {
          details: { bytes },
        });
  if (options.json) {
    for (const difference of differences) writeLine(stdout, 'image.difference', context.now() - started, difference);
    writeResultLine(stdout, context.now() - started, error ? failedResult(error) : resultWith(second));
  } else {
    const listed = differences.slice(0, mostListed).map(differenceText);
    const hidden = differences.length - listed.length;
    const more = hidden > 0 ? [`and ${amount(hidden, 'more places')}`] : [];
    const verdict = error?.message ?? `${first.name} and ${second.name} hold the same ${amount(first.bytes, 'bytes')}`;
    writeLines(stdout, [...listed, ...more, verdict]);
  }
  return error?.exitStatus ?? exitStatus.ok;
}

const differenceText = ({ kind, address, length, origins }: Difference): string =>
  `${address32(address)}  ${amount(length, 'bytes')} ${kind} (${origins.join('; ')})`;

/** `image verify`: the checks of `recover`. @throws BootctlError the first refusal */
export async function verifyImage(
  context: CliContext,
  texts: readonly string[],
  options: ImageCommandOptions,
): Promise<void> {
  const started = context.now();
  const { stdout } = context;
  const target = await targetOf(context, options);
  const image = await readImages(context, texts, options, familiesOf(target));
  const usb = options.profile === undefined ? stUsb : (await readProfile(context, options)).usb;
  const profile = { usb, ...(target ? { target: { family: target.key } } : {}) };
  const overridden = checkImage(image, profile, options).map(overrideText);
  if (options.json) {
    for (const message of overridden) writeLine(stdout, 'note', context.now() - started, { message });
    return writeResultLine(stdout, context.now() - started, resultWith(image));
  }
  const good = `${image.name}: good for ${target?.name ?? 'an STM32; name it with --target or --profile for closer checks'}`;
  writeLines(stdout, [...overridden, good]);
}

const stUsb = { vendorId: '0483', productId: 'df11' } as const;

const resultWith = ({ bytes, sha256 }: FirmwareImage) => ({ ...emptyResult, image: { bytes, sha256 } });

const familiesOf = (target: Target | undefined): readonly number[] | undefined =>
  target && imageTarget(target).uf2Families;

/** The line of `--target`, or else of `--profile`. */
async function targetOf(context: CliContext, options: ImageCommandOptions): Promise<Target | undefined> {
  const key =
    options.target ??
    (options.profile === undefined ? undefined : (await readProfile(context, options)).target?.family);
  return key === undefined ? undefined : targetNamed(key);
}

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
