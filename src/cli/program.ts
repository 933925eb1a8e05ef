import { Command } from 'commander';
import { version } from '../base/version.ts';
import type { CliContext, DefineCommand, OnExit } from './context.ts';

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

/** One row of `--help`; what else the command is, its file says. */
interface CommandRow {
  readonly name: string;
  /** Options and arguments, as `bootctl --help` lists them. */
  readonly usage?: string;
  readonly description: string;
  readonly load: () => Promise<{ readonly define: DefineCommand }>;
}

const rows: readonly CommandRow[] = [
  {
    name: 'recover',
    usage: '[options] [image...]',
    description: 'get the target back: into its bootloader, flash, verify, leave, see the application run',
    load: () => import('./commands/recover.ts'),
  },
  {
    name: 'enter',
    usage: '[options]',
    description: 'bring the target into its bootloader and leave it there',
    load: () => import('./commands/enter.ts'),
  },
  {
    name: 'list',
    usage: '[options]',
    description: 'show adapters and DFU devices, found and usable apart',
    load: () => import('./commands/list.ts'),
  },
  {
    name: 'doctor',
    usage: '[options]',
    description: 'check this host, its adapters and one profile; say what to do about each problem',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'profile',
    description: 'list, show and check board profiles; make one by questions, or of the settings of another tool',
    load: () => import('./commands/profile.ts'),
  },
  {
    name: 'calibrate',
    usage: '[options]',
    description: 'measure a board by resets with changed timing, and write the values into its profile',
    load: () => import('./commands/calibrate.ts'),
  },
  {
    name: 'rc',
    description: 'choose the parts of an RC circuit on BOOT0, or say what those of a board promise',
    load: () => import('./commands/rc.ts'),
  },
  {
    name: 'learn',
    usage: '[options]',
    description: 'find out what RTS and DTR do to a board that nobody has described, and write its profile',
    load: () => import('./commands/learn.ts'),
  },
  {
    name: 'firmware',
    description: 'make files for firmware that can be asked into its bootloader, and find them in an image',
    load: () => import('./commands/firmware.ts'),
  },
  {
    name: 'image',
    description: 'look at firmware images, convert, merge, compare and check them',
    load: () => import('./commands/image.ts'),
  },
  {
    name: 'jig',
    description: 'a production jig: check its file, find its slots, make units in many slots; what its records say',
    load: () => import('./commands/jig.ts'),
  },
  {
    name: 'fleet',
    description: 'several stations at one lot, on PostgreSQL: its database, its stations, its lots',
    load: () => import('./commands/fleet.ts'),
  },
  {
    name: 'simulate',
    usage: '[options] [scenario] [image...]',
    description: 'run the main job against a simulated bench, or list the scenarios',
    load: () => import('./commands/simulate.ts'),
  },
  {
    name: 'ui',
    usage: '[options] [image...]',
    description: 'show one board as a page in a browser: choose, recover, see the lines move',
    load: () => import('./commands/ui.ts'),
  },
  {
    name: 'trace',
    usage: '[options] <file>',
    description: 'show a recorded job as a timeline, or export its lines and states as waveforms',
    load: () => import('./commands/trace.ts'),
  },
  {
    name: 'flash',
    usage: '[options] <image...>',
    description: 'write what differs of an image, verify it, start it and see it run',
    load: () => import('./commands/flash.ts'),
  },
  {
    name: 'verify',
    usage: '[options] <image...>',
    description: 'compare the flash with an image; changes nothing',
    load: () => import('./commands/verify.ts'),
  },
  {
    name: 'read',
    usage: '[options] <file>',
    description: 'read flash, or another memory with --alt, into a file; changes nothing',
    load: () => import('./commands/read.ts'),
  },
  {
    name: 'erase',
    usage: '[options]',
    description: 'erase the flash, or the sectors of --address and --length; the target stays in its bootloader',
    load: () => import('./commands/erase.ts'),
  },
  {
    name: 'info',
    usage: '[options]',
    description: 'list the memories of the target: flash, option bytes, OTP, …',
    load: () => import('./commands/info.ts'),
  },
  {
    name: 'write-memory',
    usage: '[options] <file>',
    description: 'write option bytes or another memory as a whole',
    load: () => import('./commands/write-memory.ts'),
  },
  {
    name: 'reset',
    usage: '[options]',
    description: 'reset the target with BOOT0 low, so that its application starts',
    load: () => import('./commands/reset.ts'),
  },
];

/** The program with all of its commands by name. Of a command that runs, or whose help is asked for, the file is loaded. */
export async function bootctlProgram(context: CliContext, onExit: OnExit): Promise<Command> {
  const program = new Command('bootctl')
    .description('Gets an STM32 back: NRST and BOOT0 by RTS and DTR, then flash, verify and proof over USB DFU.')
    .version(version(), '-V, --version')
    .addHelpText('after', examples)
    .configureHelp({ subcommandTerm: termOf });
  const complete = async (command: Command): Promise<void> => {
    const { define } = await rowOf(command)!.load();
    define(command, context, onExit);
    configure(command, context);
  };
  for (const { name, description } of rows) program.addCommand(new Command(name).description(description));
  program.hook('preSubcommand', (_, command) => complete(command));
  configure(program, context);
  const [first, name] = context.argv ?? [];
  const asked = first === 'help' && program.commands.find((command) => command.name() === name);
  if (asked) await complete(asked);
  return program;
}

const rowOf = (command: Command): CommandRow | undefined => rows.find(({ name }) => name === command.name());

/** Of `help`, which commander adds, what it says itself. */
function termOf(command: Command): string {
  const row = rowOf(command);
  return [command.name(), row ? row.usage : command.usage()].filter(Boolean).join(' ');
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
