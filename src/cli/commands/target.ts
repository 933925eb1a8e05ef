import { Command, InvalidArgumentError } from 'commander';
import type { CliContext, CommandMaker, OnExit } from '../context.ts';
import { imageOptions, jobOptions, type OptionName, outputOptions, withOptions } from '../options.ts';
import { runJob } from '../run-job.ts';
import type { RangeOptions, TaskMaker } from '../target-jobs.ts';

type Flag = 'length' | 'alt' | 'yes' | 'keep' | 'full' | 'stay';

const flags: Readonly<Record<Flag, readonly [flags: string, description: string]>> = {
  length: ['--length <bytes>', 'how many bytes from --address on; to the end of the memory without it'],
  alt: ['--alt <n>', 'another memory, by its number in `bootctl info`'],
  yes: ['--yes', 'do it: this cannot be undone'],
  keep: ['--keep', 'keep the bytes around the image in the sectors that it shares'],
  full: ['--full', 'erase and write every sector of the image, whatever it holds'],
  stay: ['--stay', 'leave the target in its bootloader afterwards'],
};

interface Row {
  readonly name: string;
  readonly description: string;
  readonly argument?: readonly [name: string, description: string];
  readonly isImage?: true;
  readonly flags: readonly Flag[];
  readonly options: readonly OptionName[];
  readonly task: (
    jobs: typeof import('../target-jobs.ts'),
    context: CliContext,
    argument: string,
    options: RangeOptions,
  ) => TaskMaker;
}

const image = ['<image...>', 'firmware images, - for standard input, app.bin@0x08008000'] as const;

/** Commands that work on a target in its bootloader, DFU or USART alike; each gets in by the profile's ladder. */
const rows: readonly Row[] = [
  {
    name: 'flash',
    description: 'write what differs of an image, verify it, start it and see it run',
    argument: image,
    isImage: true,
    flags: ['keep', 'full', 'stay'],
    options: [...jobOptions, ...imageOptions, 'restore', ...outputOptions],
    task: (jobs, _, __, options) => jobs.flashTask(options),
  },
  {
    name: 'verify',
    description: 'compare the flash with an image; changes nothing',
    argument: image,
    isImage: true,
    flags: [],
    options: [...jobOptions, 'address', 'force', ...outputOptions],
    task: (jobs) => jobs.verifyTask(),
  },
  {
    name: 'read',
    description: 'read flash, or another memory with --alt, into a file; changes nothing',
    argument: ['<file>', 'where the bytes go, raw'],
    flags: ['length', 'alt'],
    options: [...jobOptions, 'address', ...outputOptions],
    task: (jobs, context, path, options) => jobs.readTask(context, path, options),
  },
  {
    name: 'erase',
    description: 'erase the flash, or the sectors of --address and --length; the target stays in its bootloader',
    flags: ['length', 'yes'],
    options: [...jobOptions, 'address', 'noVerify', ...outputOptions],
    task: (jobs, _, __, options) => jobs.eraseTask(options),
  },
  {
    name: 'info',
    description: 'list the memories of the target: flash, option bytes, OTP, …',
    flags: [],
    options: [...jobOptions, ...outputOptions],
    task: (jobs) => jobs.infoTask(),
  },
  {
    name: 'write-memory',
    description: 'write option bytes or another memory as a whole',
    argument: ['<file>', 'the bytes, raw'],
    flags: ['alt', 'yes'],
    options: [...jobOptions, ...outputOptions],
    task: (jobs, context, path, options) => jobs.writeMemoryTask(context, path, options),
  },
  {
    name: 'reset',
    description: 'reset the target with BOOT0 low, so that its application starts',
    flags: [],
    options: [...jobOptions, ...outputOptions],
    task: (jobs) => jobs.resetTask(),
  },
];

export const targetCommands: Readonly<Record<string, CommandMaker>> = Object.fromEntries(
  rows.map((row) => [row.name, (context, onExit) => targetCommand(row, context, onExit)]),
);

function targetCommand(row: Row, context: CliContext, onExit: OnExit): Command {
  const { name, description, argument, isImage, task } = row;
  const command = new Command(name).description(description);
  if (argument) command.argument(...argument);
  for (const flag of row.flags) {
    if (flag === 'length' || flag === 'alt') command.option(...flags[flag], parseNumber);
    else command.option(...flags[flag]);
  }
  const example = `bootctl ${name} ${argument ? `${isImage ? 'firmware.hex' : 'memory.bin'} ` : ''}--profile rc-cap`;
  command.addHelpText('after', `\nExamples:\n  ${example}\n  ${example} --json`);
  const act = async (given: readonly string[], options: RangeOptions) => {
    const jobs = await import('../target-jobs.ts');
    const images = isImage ? given : [];
    onExit(await runJob(context, { images, options, task: task(jobs, context, given[0] ?? '', options) }));
  };
  command.action((...args: unknown[]) =>
    argument ? act([args[0]].flat() as string[], args[1] as RangeOptions) : act([], args[0] as RangeOptions),
  );
  return withOptions(command, context.env, row.options);
}

function parseNumber(text: string): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('A whole number, such as 4096 or 0x1000.');
}
