import { Command } from 'commander';
import { BootctlError } from '../../../base/errors.ts';
import { hex32 } from '../../../base/text.ts';
import { disagreement, kitText } from '../../../firmware/agree.ts';
import { kitsIn } from '../../../firmware/signature.ts';
import type { CliContext } from '../../context.ts';
import { fileArgument, imageToSearch } from '../../given/images.ts';
import { type CliOptions, withOptions } from '../../given/options.ts';
import { givenProfile } from '../../given/profile.ts';
import { resultOfImage, writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';

/** `firmware check`: whether an image has the kit in it, and what it answers to. */
export function checkCommand(context: CliContext): Command {
  const command = new Command('check')
    .description(
      'find the kit in an image: its method, its version and what it answers to; with a profile, whether that is what the host asks',
    )
    .argument('<image>', fileArgument)
    .action((image: string, options: CliOptions) => check(context, image, options));
  return withOptions(command, context.env, ['profile', 'address', 'json']);
}

/** @throws BootctlError `firmware-kit-absent`, and those of reading an image */
async function check(context: CliContext, file: string, options: CliOptions): Promise<void> {
  const started = context.now();
  const profile = options.profile === undefined ? undefined : await givenProfile(context, options);
  const image = await imageToSearch(context, file, options);
  const kits = kitsIn(image.segments);
  if (kits.length === 0)
    throw new BootctlError('firmware-kit-absent', `${image.name} has no firmware kit of bootctl in it`);
  const contradiction = profile && disagreement(kits, profile);
  if (contradiction !== undefined) {
    throw new BootctlError('firmware-kit-absent', `${image.name}: ${contradiction}`, {
      hint: 'Run `bootctl firmware write` with this profile again, and build the firmware.',
    });
  }
  if (!options.json) {
    const agrees = profile ? [`This is what ${profile.id} asks.`] : [];
    return writeLines(context.stdout, [...kits.map((kit) => `${hex32(kit.address)}  ${kitText(kit)}`), ...agrees]);
  }
  for (const kit of kits) writeLine(context.stdout, 'firmware.kit', context.now() - started, kit);
  writeResultLine(context.stdout, context.now() - started, resultOfImage(image));
}
