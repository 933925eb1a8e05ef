import { Command } from 'commander';
import { BootctlError, exitStatus } from '../../base/errors.ts';
import { circuitFigures } from '../../board/circuit/circuit-figures.ts';
import { bootLadder } from '../../board/ladder.ts';
import { profileWarnings } from '../../board/profile/profile-warnings.ts';
import { emptyResult, failedResult } from '../../ops/result.ts';
import type { CliContext, DefineCommand } from '../context.ts';
import { type CliOptions, withOptions } from '../given/options.ts';
import { givenProfile } from '../given/profile.ts';
import { profileLines } from '../output/profile-text.ts';
import { writeLine, writeResultLine } from '../output/result-line.ts';
import { writeLines } from '../output/safe-output.ts';
import { tableLines } from '../output/table.ts';
import { importCommand } from './profile/import.ts';
import { newCommand } from './profile/new.ts';

/** Board profiles: list, show, check, new, import. */
export const define: DefineCommand = (command, context, onExit) => {
  const list = new Command('list')
    .description('show the profiles in reach: built in, ./bootctl/profiles, your own')
    .action((options: CliOptions) => listAll(context, options));
  const show = new Command('show')
    .description('show wiring, times of the circuit and the ladder of one profile')
    .argument('<id|path>', 'a profile')
    .action((profile: string, options: CliOptions) => showOne(context, { ...options, profile }));
  const check = new Command('check')
    .description('check profile files; each problem with file, line and column')
    .argument('<path...>', 'profile files')
    .action(async (paths: readonly string[], options: CliOptions) => onExit(await checkAll(context, paths, options)));
  for (const subcommand of [list, show, check]) {
    command.addCommand(withOptions(subcommand, context.env, ['json']));
  }
  command.addCommand(newCommand(context)).addCommand(importCommand(context));
};

/** A profile of the list; one that does not parse has no content. */
interface Listed {
  readonly id: string;
  readonly origin: string;
  readonly path: string;
  readonly ok: boolean;
  readonly description: string;
  readonly methods: readonly string[];
}

async function listAll(context: CliContext, { json }: CliOptions): Promise<void> {
  const started = context.now();
  const { listProfiles } = await import('../../board/profile/find-profile.ts');
  const { cwd, profileFolder, stdout } = context;
  const places = { cwd, ...(profileFolder ? { userFolder: profileFolder } : {}) };
  const listed: Listed[] = [];
  for (const { id, path, origin } of listProfiles(places)) {
    const content = await givenProfile(context, { profile: path }).catch(onlyBootctlErrors);
    const isRead = !(content instanceof BootctlError);
    const { description, methods } = isRead ? content : { description: 'does not parse', methods: [] };
    listed.push({ id, origin, path, ok: isRead, description, methods });
  }
  if (json) {
    for (const profile of listed) writeLine(stdout, 'profile', context.now() - started, profile);
    return writeResultLine(stdout, context.now() - started, emptyResult);
  }
  const rows = listed.map(({ id, origin, methods, description }) => [id, origin, methods.join(', '), description]);
  writeLines(stdout, tableLines(['id', 'where', 'methods', 'description'], rows));
}

async function showOne(context: CliContext, options: CliOptions): Promise<void> {
  const started = context.now();
  const profile = await givenProfile(context, options);
  const ladder = bootLadder(profile);
  if (!options.json) {
    writeLines(context.stdout, profileLines(profile, ladder));
    return;
  }
  const values = { profile, figures: circuitFigures(profile), ladder };
  writeLine(context.stdout, 'profile', context.now() - started, values);
  writeResultLine(context.stdout, context.now() - started, emptyResult);
}

async function checkAll(context: CliContext, paths: readonly string[], { json }: CliOptions): Promise<number> {
  const started = context.now();
  const { stdout, stderr } = context;
  const failures: BootctlError[] = [];
  for (const path of paths) {
    const content = await givenProfile(context, { profile: path }).catch(onlyBootctlErrors);
    const failure = content instanceof BootctlError ? content : undefined;
    if (failure) failures.push(failure);
    const warnings = content instanceof BootctlError ? [] : profileWarnings(content);
    if (json) {
      const problems = failure?.message.split('\n') ?? [];
      writeLine(stdout, 'profile.checked', context.now() - started, { path, ok: !failure, problems, warnings });
    } else if (failure) writeLines(stderr, failure.message.split('\n'));
    else writeLines(stdout, [`${path}: good`, ...warnings.map((warning) => `  warning: ${warning}`)]);
  }
  const [first] = failures;
  if (json) writeResultLine(stdout, context.now() - started, first ? failedResult(first) : emptyResult);
  return first ? first.exitStatus : exitStatus.ok;
}

/** A refusal of a profile as a value; a bug is thrown on. */
function onlyBootctlErrors(error: unknown): BootctlError {
  if (error instanceof BootctlError) return error;
  throw error;
}
