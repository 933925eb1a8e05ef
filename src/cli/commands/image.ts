import { Command, Option } from 'commander';
import type { CliContext, OnExit } from '../context.ts';
import { type CliOptions, imageFileOptions, withOptions } from '../options.ts';

/** Options of `image` beside the shared ones. */
export interface ImageCommandOptions extends CliOptions {
  readonly target?: string;
  readonly layout?: string;
  readonly output?: string;
  readonly to?: string;
  readonly family?: string;
  /** The ids, or true for those of ST's ROM. */
  readonly dfuSuffix?: string | true;
}

const examples = `
Examples:
  bootctl image info firmware.elf --target F405_407
  bootctl image convert firmware.elf --output firmware.dfu
  bootctl image merge boot.hex app.bin@0x08008000 --output all.hex
  bootctl image convert app.hex --patch 0x0800FF00=text:SN0042 --output unit-42.hex
  bootctl image diff old.hex new.hex
  bootctl image verify firmware.hex --profile rc-cap

Formats, told by the content: raw binary, Intel HEX, Motorola S-record, ELF, DfuSe, UF2; each also with a DFU suffix,
or packed with gzip. Written are hex, srec, bin, uf2 and dfu.`;

const file = 'image file, - for standard input; a raw binary with its address: app.bin@0x08008000';

/** Firmware images without a board: info, convert, merge, diff, verify. */
export function imageCommand(context: CliContext, onExit: OnExit): Command {
  const command = new Command('image')
    .description('look at firmware images, convert, merge, compare and check them')
    .addHelpText('after', examples);
  const subcommands = [
    info(context),
    writing(context, 'convert', 'write an image in another format, told by the ending of the output'),
    writing(context, 'merge', 'write several images as one, such as bootloader, application and data'),
    diff(context, onExit),
    verify(context),
  ];
  for (const subcommand of subcommands) command.addCommand(subcommand);
  return command;
}

const target = () => new Option('--target <line>', 'line of the target, such as F405_407').env('BOOTCTL_TARGET');

function info(context: CliContext): Command {
  const command = new Command('info')
    .description('show format, runs, vector table, hashes, and what it would erase')
    .argument('<image...>', file)
    .addOption(target())
    .addOption(
      new Option('--layout <string>', "flash layout as a ROM names it: '@Internal Flash /0x08000000/04*016Kg'").env(
        'BOOTCTL_LAYOUT',
      ),
    )
    .action(async (images: readonly string[], options: ImageCommandOptions) => {
      const { showImage } = await import('../image-jobs.ts');
      await showImage(context, images, options);
    });
  return withOptions(command, context.env, ['profile', ...imageFileOptions, 'json']);
}

function writing(context: CliContext, verb: 'convert' | 'merge', description: string): Command {
  const command = new Command(verb)
    .description(description)
    .argument('<image...>', file)
    .requiredOption('-o, --output <path>', 'file to write')
    .addOption(new Option('--to <format>', 'hex, srec, bin, uf2 or dfu, where the ending does not tell'))
    .addOption(new Option('--family <family>', 'UF2 family: a short name such as STM32F4, or a number'))
    .addOption(new Option('--dfu-suffix [vid:pid]', 'put a DFU suffix behind it; 0483:df11 unless said otherwise'))
    .action(async (images: readonly string[], options: ImageCommandOptions) => {
      const { convertImage } = await import('../image-jobs.ts');
      await convertImage(context, images, options);
    });
  return withOptions(command, context.env, [...imageFileOptions, 'json']);
}

function diff(context: CliContext, onExit: OnExit): Command {
  const command = new Command('diff')
    .description('show where two images differ, whatever their formats; exit status 7 where they do')
    .argument('<first>', file)
    .argument('<second>', file)
    .action(async (first: string, second: string, options: ImageCommandOptions) => {
      const { diffImages } = await import('../image-jobs.ts');
      onExit(await diffImages(context, [first, second], options));
    });
  return withOptions(command, context.env, ['json']);
}

function verify(context: CliContext): Command {
  const command = new Command('verify')
    .description('check that images are whole and right for a target, as recover would; nothing is opened')
    .argument('<image...>', file)
    .addOption(target())
    .action(async (images: readonly string[], options: ImageCommandOptions) => {
      const { verifyImage } = await import('../image-jobs.ts');
      await verifyImage(context, images, options);
    });
  return withOptions(command, context.env, ['profile', ...imageFileOptions, 'force', 'json']);
}
