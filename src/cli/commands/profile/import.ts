import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { BootctlError } from '../../../base/errors.ts';
import type { ImportedProfile, ImportInput } from '../../../board/import/import-profile.ts';
import { type ImportChoices, type ImportNote, type ToolName, toolNames } from '../../../board/import/imported.ts';
import { circuitNames } from '../../../board/import/sequence/circuits.ts';
import { profileWarnings } from '../../../board/profile/profile-warnings.ts';
import { targetNamed } from '../../../chips/target-named.ts';
import { emptyResult } from '../../../ops/result.ts';
import type { CliContext } from '../../context.ts';
import { type CliOptions, parseNumber, withOptions } from '../../given/options.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';
import { asPath, profileTarget, refuseExisting, writeProfile } from './write-profile.ts';

const examples = `
The settings stand behind the options: as one quoted line, or after -- as words; - reads the line from standard input.
What no key of a profile carries is listed with the reason, and so is what had to be assumed. Nothing else is guessed.

Examples:
  bootctl profile import --from stm32flash --output board.yaml "stm32flash -b 115200 -i rts,-dtr,dtr:-dtr,-rts /dev/ttyUSB0"
  bootctl profile import --from stm32flash --family F103_md -- -i 20,-21,21:-20,21 /dev/ttyAMA0
  bootctl profile import --from stm32loader "stm32loader -p /dev/ttyUSB0 -s -B -e -w -v firmware.bin"
  bootctl profile import --from platformio platformio.ini --environment nucleo
  bootctl profile import --from klipper "make flash FLASH_DEVICE=/dev/serial/by-id/usb-Klipper_stm32f446xx_2A00-if00"
  bootctl profile import --from katapult "flashtool.py -d /dev/ttyUSB0 -b 250000 -f klipper.bin"
  bootctl profile import --from esptool "D0|R1|W0.1|D1|R0|W0.05|D0"`;

interface ImportOptions extends CliOptions {
  readonly from: ToolName;
  readonly output?: string;
  readonly name?: string;
  readonly family?: string;
  readonly circuit?: string;
  readonly gpioChip?: string;
  readonly gpioBase?: number;
  readonly environment?: string;
}

/** `profile import`: a profile of what another tool was told. */
export function importCommand(context: CliContext): Command {
  const command = new Command('import')
    .description('make a profile of the settings of another tool')
    .argument('<settings...>', 'command line or file of that tool, - for standard input')
    .addOption(new Option('--from <tool>', 'whose settings they are').choices(toolNames).makeOptionMandatory())
    .option('--output <file>', 'file to write; standard output without it')
    .option('--name <id>', 'name of the profile, if not that of the file')
    .option('--family <line>', 'line of the target, such as F103_md')
    .addOption(new Option('--circuit <name>', 'which circuit, where several fit').choices(circuitNames))
    .option('--gpio-chip <chip>', 'chip whose lines the numbers of GPIO count; gpiochip0 without it')
    .option('--gpio-base <n>', 'number of its first line', parseNumber)
    .option('--environment <name>', 'which environment of a platformio.ini')
    .option('--force', 'replace the file where it is there')
    .addHelpText('after', examples)
    .action((settings: readonly string[], options: ImportOptions) => importSettings(context, settings, options));
  return withOptions(command, context.env, ['json']);
}

/** @throws BootctlError `usage`, `import-not-understood`, `import-not-possible`, `profile-exists`, `output-unwritable` */
async function importSettings(context: CliContext, settings: readonly string[], options: ImportOptions): Promise<void> {
  const started = context.now();
  const { id, file } = profileTarget(options.output, options.name, 'imported');
  if (file !== undefined) refuseExisting(context, file, options.force);
  // The other commands on profiles need none of it.
  const { importProfile, ...files } = await import('../../../board/import/import-profile.ts');
  const input = await inputOf(context, settings, options.from, files);
  const imported = importProfile(options.from, id, input, choicesOf(options));
  if (file !== undefined) await writeProfile(context, file, imported.text, options.force);
  const { text, carried, assumed, notCarried } = imported;
  const warnings = profileWarnings(imported.profile);
  if (options.json) {
    const values = { tool: options.from, id, path: file ?? null, text, carried, assumed, notCarried, warnings };
    writeLine(context.stdout, 'profile.imported', context.now() - started, values);
    return writeResultLine(context.stdout, context.now() - started, emptyResult);
  }
  if (file === undefined) {
    context.stdout.write(text);
    const said = `${assumed.length} assumed, ${notCarried.length} not carried over: they stand at its head`;
    return writeLines(context.stderr, [said, ...warnings.map((warning) => `warning: ${warning}`)]);
  }
  writeLines(context.stdout, reportLines(file, imported, warnings));
}

const choicesOf = ({ family, circuit, gpioChip, gpioBase, environment }: ImportOptions): ImportChoices => ({
  ...(family !== undefined && { family: targetNamed(family).key }),
  ...(circuit !== undefined && { circuit }),
  ...(gpioChip !== undefined && { gpioChip }),
  ...(gpioBase !== undefined && { gpioBase }),
  ...(environment !== undefined && { environment }),
});

/** Which of the words and texts are files of a tool. */
interface ToolFiles {
  readonly isToolFile: (tool: ToolName, word: string) => boolean;
  readonly isToolText: (tool: ToolName, text: string) => boolean;
}

async function inputOf(
  context: CliContext,
  settings: readonly string[],
  tool: ToolName,
  { isToolFile, isToolText }: ToolFiles,
): Promise<ImportInput> {
  const [only = ''] = settings;
  if (settings.length > 1) return { words: settings };
  if (only === '-') {
    const text = Buffer.from(await context.standardInput()).toString('utf8');
    const words = [text.trim()];
    return isToolText(tool, text) ? { words: ['-'], file: { name: 'standard input', text } } : { words };
  }
  if (!isToolFile(tool, only)) return { words: settings };
  const text = await readFile(resolve(context.cwd, only), 'utf8').catch((cause: Error) => {
    throw new BootctlError('usage', `${only} cannot be read: ${cause.message}`, {
      hint: 'Check the path and that you may read the file.',
      cause,
    });
  });
  return { words: settings, file: { name: only, text } };
}

function reportLines(
  file: string,
  { carried, assumed, notCarried, port }: ImportedProfile,
  warnings: readonly string[],
): readonly string[] {
  const path = asPath(file);
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
  const noteLine = ({ about, why }: ImportNote) => `${about}: ${why}`;
  return [
    `${file}: written`,
    ...section(
      'Carried over',
      carried.map(({ key, from }) => `${key}: ${from}`),
    ),
    ...section('Assumed: check these', assumed.map(noteLine)),
    ...section('Not carried over', notCarried.map(noteLine)),
    ...section('Warnings', warnings),
    '',
    `Next: bootctl recover --profile ${path}${port === undefined ? '' : ` --port ${port}`} --dry-run`,
  ];
}
