import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BootctlError, exitStatus } from '../../base/errors.ts';
import { hardwareFolder } from '../../base/hardware-folder.ts';
import type { BoardProfile } from '../../board/profile.ts';
import { doctor } from '../../ops/doctor.ts';
import { emptyResult } from '../../ops/result.ts';
import type { CliContext, DefineCommand } from '../context.ts';
import { imageToSearch } from '../given/images.ts';
import { type CliOptions, withOptions } from '../given/options.ts';
import { givenProfile } from '../given/profile.ts';
import { coloursFor } from '../output/colours.ts';
import { findingLines } from '../output/findings-text.ts';
import { writeLine, writeResultLine } from '../output/result-line.ts';
import { writeLines } from '../output/safe-output.ts';

const examples = `
No serial port is opened and nothing is sent to a USB device. Exit status 0: no problem, warnings at most; 3: a problem.

Examples:
  bootctl doctor
  bootctl doctor --profile rc-cap                            also this board: adapter, target, margins
  bootctl doctor --profile rc-cap --image build/app.elf      can this firmware be asked?
  bootctl doctor --udev | sudo tee /etc/udev/rules.d/60-bootctl.rules`;

interface DoctorOptions extends CliOptions {
  /** Print the udev rules and nothing else. */
  readonly udev?: boolean;
  /** Firmware of the board. */
  readonly image?: string;
}

/** The checks of a job without the job. */
export const define: DefineCommand = (command, context, onExit) => {
  command
    .option('--image <file>', 'firmware of the board: can it be asked, and by what the profile asks?')
    .option('--udev', 'print the udev rules for adapters and DFU devices')
    .addHelpText('after', examples)
    .action(async (options: DoctorOptions) => {
      onExit(options.udev ? printRules(context) : await printFindings(context, options));
    });
  withOptions(command, context.env, ['profile', 'usbPath', 'json']);
};

function printRules({ stdout }: CliContext): number {
  stdout.write(readFileSync(join(hardwareFolder('udev'), '60-bootctl.rules'), 'utf8'));
  return exitStatus.ok;
}

/** Resolves with the exit status. @throws BootctlError those of the host that no check expects */
async function printFindings(context: CliContext, options: DoctorOptions): Promise<number> {
  const { stdout, now, portTrouble } = context;
  const started = now();
  const image = options.image === undefined ? undefined : await imageToSearch(context, options.image, {});
  await using bench = await context.openBench({});
  const profile = await profileOrTrouble(context, options);
  const { findings, ...outcome } = await doctor({
    bench,
    portTrouble,
    host: await context.hostFacts(),
    profile,
    image,
  });
  if (options.json) {
    for (const finding of findings) writeLine(stdout, 'check', now() - started, finding);
    writeResultLine(stdout, now() - started, { ...emptyResult, ...outcome });
  } else {
    writeLines(stdout, findingLines(findings, coloursFor(context, stdout)));
  }
  return outcome.exitCode;
}

/** A profile that cannot be read is a finding, not the end. */
async function profileOrTrouble(
  context: CliContext,
  options: CliOptions,
): Promise<BoardProfile | BootctlError | undefined> {
  if (options.profile === undefined) return undefined;
  return givenProfile(context, options).catch((error: unknown) => {
    if (error instanceof BootctlError) return error;
    throw error;
  });
}
