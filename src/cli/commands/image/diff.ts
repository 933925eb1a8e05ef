import { Command } from 'commander';
import { BootctlError, exitStatus } from '../../../base/errors.ts';
import { address32, amount } from '../../../base/text.ts';
import { compareImages, type Difference } from '../../../image/combine.ts';
import { failedResult } from '../../../ops/result.ts';
import type { CliContext, OnExit } from '../../context.ts';
import { fileArgument, givenImages, type ImageOptions } from '../../given/images.ts';
import { withOptions } from '../../given/options.ts';
import { resultOfImage, writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';

/** Differences beyond these are counted, not listed. */
const mostListed = 20;

export function diffCommand(context: CliContext, onExit: OnExit): Command {
  const command = new Command('diff')
    .description('show where two images differ, whatever their formats; exit status 7 where they do')
    .argument('<first>', fileArgument)
    .argument('<second>', fileArgument)
    .action(async (first: string, second: string, options: ImageOptions) => {
      onExit(await diffImages(context, [first, second], options));
    });
  return withOptions(command, context.env, ['json']);
}

/** `image diff`; resolves with the exit status, which tells whether they are the same. @throws BootctlError those of reading */
async function diffImages(
  context: CliContext,
  texts: readonly [string, string],
  options: ImageOptions,
): Promise<number> {
  const started = context.now();
  const { stdout } = context;
  const [first, second] = [await givenImages(context, [texts[0]], {}), await givenImages(context, [texts[1]], {})];
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
    writeResultLine(stdout, context.now() - started, error ? failedResult(error) : resultOfImage(second));
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
