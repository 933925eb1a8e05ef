import { Command } from 'commander';
import { doctorCommand } from './commands/doctor.ts';
import { enterCommand } from './commands/enter.ts';
import { imageCommand } from './commands/image.ts';
import { listCommand } from './commands/list.ts';
import { profileCommand } from './commands/profile.ts';
import { recoverCommand } from './commands/recover.ts';
import { simulateCommand } from './commands/simulate.ts';
import { targetCommands } from './commands/target.ts';
import { traceCommand } from './commands/trace.ts';
import type { CliContext, CommandMaker, OnExit } from './context.ts';
import { version } from './version.ts';

const examples = `
Examples:
  bootctl recover firmware.hex --profile rc-cap        flash a board that no longer answers
  bootctl recover firmware.bin --address 0x08000000 -p ./my-board.yaml
  bootctl recover firmware.hex -p rc-cap --dry-run     see what would happen; nothing is opened
  bootctl recover firmware.hex -p rc-cap --simulate    try it without a board
  bootctl enter --profile rc-cap                       only into the bootloader
  bootctl list                                         adapters and DFU devices of this host
  bootctl doctor --profile rc-cap                      what stands in the way, and what to do about it

Exit status:
  0 done and observed · 1 internal error · 2 refused before anything moved · 3 adapter · 4 no bootloader reached
  5 protocol · 6 protected · 7 verify failed · 8 application not seen · 130 interrupted, lines idle`;

/** In the order of `--help`. Nothing heavy is loaded for them: each loads its operation when it runs. */
const commands: Readonly<Record<string, CommandMaker>> = {
  recover: recoverCommand,
  enter: enterCommand,
  list: listCommand,
  doctor: doctorCommand,
  profile: profileCommand,
  image: imageCommand,
  simulate: simulateCommand,
  trace: traceCommand,
  ...targetCommands,
};

/** The program for `context.argv`: with the command that it names alone, else with all of them. */
export function bootctlProgram(context: CliContext, onExit: OnExit): Command {
  const program = new Command('bootctl')
    .description('Gets an STM32 back: NRST and BOOT0 by RTS and DTR, then flash, verify and proof over USB DFU.')
    .version(version(), '-V, --version')
    .addHelpText('after', examples);
  const [name = ''] = context.argv ?? [];
  const named = Object.hasOwn(commands, name) ? commands[name] : undefined;
  for (const make of named ? [named] : Object.values(commands)) program.addCommand(make(context, onExit));
  configure(program, context);
  return program;
}

/** Output through the context and errors by exception, in this command and all below it. */
function configure(command: Command, context: CliContext): void {
  const { stdout, stderr } = context;
  command.exitOverride().configureOutput({
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => stderr.write(text),
    outputError: () => {}, // main reports it
    getOutHelpWidth: () => stdout.columns ?? 100,
    getErrHelpWidth: () => stderr.columns ?? 100,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  for (const subcommand of command.commands) configure(subcommand, context);
}
