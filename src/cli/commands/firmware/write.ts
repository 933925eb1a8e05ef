import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { BootctlError } from '../../../base/errors.ts';
import { hardwareFolder } from '../../../base/hardware-folder.ts';
import {
  headerName,
  isUnchanged,
  type KitFile,
  type KitSources,
  kitFiles,
  sourceName,
} from '../../../firmware/kit-files.ts';
import { emptyResult } from '../../../ops/result.ts';
import { newFile } from '../../../store/new-file.ts';
import { replaceFile } from '../../../store/replace-file.ts';
import type { CliContext } from '../../context.ts';
import { firmwareValues, whatToAdd } from '../../output/firmware-text.ts';
import { makeFolder } from '../../output/output-file.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';
import { type FirmwareOptions, givenPlan, withFirmwareOptions } from './given-plan.ts';

interface WriteOptions extends FirmwareOptions {
  readonly singleHeader?: boolean;
}

/** `firmware write`: the kit and its configuration, into a folder of somebody's firmware. */
export function writeCommand(context: CliContext): Command {
  const command = new Command('write')
    .description(
      'write the kit for the firmware of a board: header, source and configuration; what you have changed is left',
    )
    .argument('<folder>', 'where the files go; made where it is not there')
    .option('--single-header', 'one header with all of it')
    .action((folder: string, options: WriteOptions) => write(context, folder, options));
  return withFirmwareOptions(command, context);
}

/** What became of a file. */
type Outcome = 'written' | 'renewed' | 'unchanged';

async function write(context: CliContext, folder: string, options: WriteOptions): Promise<void> {
  const started = context.now();
  const { profile, plan } = await givenPlan(context, options);
  const path = resolve(context.cwd, folder);
  const files = kitFiles(plan, kitSources(), options.singleHeader === true);
  const outcomes = await outcomesOf(path, folder, files);
  await makeFolder(path);
  for (const [index, { name, text }] of files.entries()) await writeOne(join(path, name), text, outcomes[index]!);
  const listed = files.map(({ name }, index) => ({ path: join(folder, name), outcome: outcomes[index]! }));
  if (!options.json) {
    const lines = listed.map((file) => `${file.outcome.padEnd(9)}  ${file.path}`);
    return writeLines(context.stdout, [...lines, '', ...whatToAdd(plan, profile, options.singleHeader === true)]);
  }
  writeLine(context.stdout, 'firmware', context.now() - started, { ...firmwareValues(plan), files: listed });
  writeResultLine(context.stdout, context.now() - started, emptyResult);
}

const kitSources = (): KitSources => {
  const read = (name: string) => readFileSync(join(hardwareFolder('firmware'), name), 'utf8');
  return { header: read(headerName), source: read(sourceName) };
};

/** All files are looked at before the first is written. @throws BootctlError `firmware-file-changed`, `output-unwritable` */
async function outcomesOf(path: string, folder: string, files: readonly KitFile[]): Promise<readonly Outcome[]> {
  const found = await Promise.all(files.map(({ name }) => contentOf(join(path, name))));
  const changed = files.filter((_, index) => found[index] !== undefined && !isUnchanged(found[index]));
  if (changed.length > 0) {
    const names = changed.map(({ name }) => join(folder, name)).join(' and ');
    throw new BootctlError('firmware-file-changed', `Not as bootctl has written it: ${names}`);
  }
  return files.map(({ text }, index) =>
    found[index] === undefined ? 'written' : found[index] === text ? 'unchanged' : 'renewed',
  );
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new BootctlError('output-unwritable', `Cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

async function writeOne(path: string, text: string, outcome: Outcome): Promise<void> {
  if (outcome === 'unchanged') return;
  const work = outcome === 'written' ? newFile(path, text) : replaceFile(path, text);
  await work.catch((cause: Error) => {
    throw new BootctlError('output-unwritable', `Cannot write ${path}: ${cause.message}`, { cause });
  });
}
