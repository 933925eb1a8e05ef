import { Command, Option } from 'commander';
import { findChip } from '../../chips/find-chip.ts';
import { targetNamed } from '../../chips/target-named.ts';
import { checkImage, type ImageBoard, overrideText } from '../../ops/engine/check-image.ts';
import { namedNotes } from '../../ops/engine/image-notes.ts';
import { knownOf } from '../../ops/engine/image-target.ts';
import { imageFacts } from '../../ops/image-facts.ts';
import type { CliContext, DefineCommand } from '../context.ts';
import { fileArgument, givenImages, type ImageOptions } from '../given/images.ts';
import { imageFileOptions, withOptions } from '../given/options.ts';
import { givenProfile } from '../given/profile.ts';
import { coloursFor } from '../output/colours.ts';
import { factLines, factValues } from '../output/image-facts-text.ts';
import { resultOfImage, writeLine, writeResultLine } from '../output/result-line.ts';
import { writeLines } from '../output/safe-output.ts';
import { convertCommand, mergeCommand } from './image/convert.ts';
import { diffCommand } from './image/diff.ts';

const examples = `
Examples:
  bootctl image info firmware.elf --target F405_407
  bootctl image convert firmware.elf --output firmware.dfu
  bootctl image merge boot.hex app.bin@0x08008000 --output all.hex
  bootctl image convert app.hex --patch 0x0800FF00=text:SN0042 --output unit-42.hex
  bootctl image diff old.hex new.hex
  bootctl image verify firmware.hex --profile rc-cap

Formats, told by the content: raw binary, Intel HEX, Motorola S-record, ELF, DfuSe, UF2, packages of ArduPilot (.apj)
and PX4 (.px4); each also with a DFU suffix, packed with gzip, or as the one firmware file in a zip archive. The headers
of MCUboot and SBSFU are shown. Written are hex, srec, bin, uf2 and dfu.`;

/** Firmware images without a board: info, convert, merge, diff, verify. */
export const define: DefineCommand = (command, context, onExit) => {
  command.addHelpText('after', examples);
  const subcommands = [
    infoCommand(context),
    convertCommand(context),
    mergeCommand(context),
    diffCommand(context, onExit),
    verifyCommand(context),
  ];
  for (const subcommand of subcommands) command.addCommand(subcommand);
};

const target = () => new Option('--target <line>', 'line of the target, such as F405_407').env('BOOTCTL_TARGET');

function infoCommand(context: CliContext): Command {
  const command = new Command('info')
    .description('show format, runs, vector table, hashes, and what it would erase')
    .argument('<image...>', fileArgument)
    .addOption(target())
    .addOption(
      new Option('--layout <string>', "flash layout as a ROM names it: '@Internal Flash /0x08000000/04*016Kg'").env(
        'BOOTCTL_LAYOUT',
      ),
    )
    .action(async (images: readonly string[], options: ImageOptions) => {
      await showImage(context, images, options);
    });
  return withOptions(command, context.env, ['profile', ...imageFileOptions, 'json']);
}

function verifyCommand(context: CliContext): Command {
  const command = new Command('verify')
    .description('check that images are whole and right for a target, as recover would; nothing is opened')
    .argument('<image...>', fileArgument)
    .addOption(target())
    .action(async (images: readonly string[], options: ImageOptions) => {
      await verifyImage(context, images, options);
    });
  return withOptions(command, context.env, ['profile', ...imageFileOptions, 'force', 'json']);
}

/** `image info`. @throws BootctlError those of reading, and of a layout that does not take the image */
async function showImage(context: CliContext, texts: readonly string[], options: ImageOptions): Promise<void> {
  const started = context.now();
  const board = await boardOf(context, options);
  const image = await givenImages(context, texts, options, knownOf(board));
  const facts = imageFacts(image, board, options.layout);
  if (!options.json) {
    writeLines(context.stdout, factLines(facts, coloursFor(context, context.stdout)));
    return;
  }
  writeLine(context.stdout, 'image', context.now() - started, factValues(facts));
  writeResultLine(context.stdout, context.now() - started, resultOfImage(image));
}

/** `image verify`: the checks of `recover`. @throws BootctlError the first refusal */
async function verifyImage(context: CliContext, texts: readonly string[], options: ImageOptions): Promise<void> {
  const started = context.now();
  const { stdout } = context;
  const board = await boardOf(context, options);
  const image = await givenImages(context, texts, options, knownOf(board));
  const notes = [...checkImage(image, board, options).map(overrideText), ...namedNotes(image, board)];
  if (options.json) {
    for (const message of notes) writeLine(stdout, 'note', context.now() - started, { message });
    return writeResultLine(stdout, context.now() - started, resultOfImage(image));
  }
  const target = board.target && findChip(board.target.family);
  const good = `${image.name}: good for ${target?.name ?? 'an STM32; name it with --target or --profile for closer checks'}`;
  writeLines(stdout, [...notes, good]);
}

const stUsb = { vendorId: '0483', productId: 'df11' } as const;

/** The board of `--profile`, of the line of `--target` if that is given. @throws BootctlError of kind `usage` */
async function boardOf(context: CliContext, options: ImageOptions): Promise<ImageBoard> {
  const board = options.profile === undefined ? { usb: stUsb } : await givenProfile(context, options);
  return options.target === undefined ? board : { ...board, target: { family: targetNamed(options.target).key } };
}
