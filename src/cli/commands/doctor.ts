import { Command } from 'commander';
import type { CliContext, OnExit } from '../context.ts';
import { type CliOptions, withOptions } from '../options.ts';

const examples = `
No serial port is opened and nothing is sent to a USB device. Exit status 0: no problem, warnings at most; 3: a problem.

Examples:
  bootctl doctor
  bootctl doctor --profile rc-cap                            also this board: adapter, target, margins
  bootctl doctor --udev | sudo tee /etc/udev/rules.d/60-bootctl.rules`;

export interface DoctorOptions extends CliOptions {
  /** Print the udev rules and nothing else. */
  readonly udev?: boolean;
}

/** The checks of a job without the job. */
export function doctorCommand(context: CliContext, onExit: OnExit): Command {
  const command = new Command('doctor')
    .description('check this host, its adapters and one profile; say what to do about each problem')
    .option('--udev', 'print the udev rules for adapters and DFU devices')
    .addHelpText('after', examples)
    .action(async (options: DoctorOptions) => {
      const { runDoctor } = await import('../run-doctor.ts');
      onExit(await runDoctor(context, options));
    });
  return withOptions(command, context.env, ['profile', 'usbPath', 'json']);
}
