import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { BootctlError, exitStatus } from '../../../base/errors.ts';
import { bundledProgram } from '../../../base/hardware-folder.ts';
import { openDatabase, shown } from '../../../fleet/database.ts';
import type { SimulatedBoards } from '../../../fleet/rack/process-of-job.ts';
import { takeJobs } from '../../../fleet/rack/queue.ts';
import { type Rack, readRack } from '../../../fleet/rack/rack-file.ts';
import { RackWorker } from '../../../fleet/rack/rack-worker.ts';
import { forkProcess } from '../../../host/system/forked-process.ts';
import { systemClock } from '../../../host/system/system-clock.ts';
import { hostPlaces } from '../../../host/usb/tree.ts';
import { createSimBench } from '../../../sim/sim-bench.ts';
import type { CliContext, OnExit } from '../../context.ts';
import { type FleetOptions, withDatabase } from '../../given/database.ts';
import { type CliOptions, withOptions } from '../../given/options.ts';
import { givenScenario } from '../../given/scenario.ts';
import { givenWorker } from '../../given/worker.ts';
import { openRackReport } from '../../output/rack-report.ts';

interface WorkOptions extends CliOptions, FleetOptions {
  readonly realTime?: true;
}

const examples = `
Examples:
  bootctl fleet work                       the boards of ./boards.yaml, until Ctrl-C or SIGTERM
  bootctl fleet work ./lab.yaml --simulate the same without hardware`;

/** `fleet work`: the boards of this computer, for whoever submits jobs for them. */
export function workCommand(context: CliContext, onExit: OnExit): Command {
  const command = new Command('work')
    .description('do the jobs that are submitted for the boards of this computer, until it is told to end')
    .argument('[boards.yaml]', 'the boards', 'boards.yaml')
    .option('--real-time', 'with --simulate: the boards take their time')
    .addHelpText('after', examples)
    .action(async (file: string, options: WorkOptions) => onExit(await work(context, file, options)));
  return withOptions(withDatabase(command, context), context.env, ['simulate']);
}

/** @throws BootctlError `rack-invalid`, `fleet-refused`, `worker-taken-over`, `board-taken`, `scenario-unknown` */
async function work(context: CliContext, file: string, options: WorkOptions): Promise<number> {
  const scenario = await givenScenario(options);
  const simulated: SimulatedBoards | undefined =
    scenario === undefined ? undefined : { scenario, time: options.realTime ? 'real' : 'virtual' };
  const rack = await rackOf(context, file, simulated);
  const { address, login } = givenWorker(context, rack.worker, options);
  const report = openRackReport(context, options, { worker: rack.worker, database: shown(address) });
  const named = { name: `fleet work ${rack.worker}`, login };
  const worker = new RackWorker({
    rack,
    connect: (patience) => openDatabase(address, { ...named, ...(patience === undefined ? {} : { patience }) }),
    takeJobs: (boards, run) => takeJobs({ address, options: named, boards, run }),
    doors: { start: (onMessage) => forkProcess(bundledProgram('slot'), onMessage), clock: systemClock, simulated },
    tell: report.tell,
  });
  await worker.run(context.signal);
  report.end(exitStatus.aborted);
  return exitStatus.aborted;
}

async function rackOf({ cwd, profileFolder }: CliContext, file: string, simulated?: SimulatedBoards): Promise<Rack> {
  const path = resolve(cwd, file);
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new BootctlError('rack-invalid', `${file} cannot be read (${cause.code ?? cause.message})`, {
      hint: 'Name the file behind the command, or go to the folder that has a boards.yaml.',
      cause,
    });
  });
  const places = simulated ? undefined : hostPlaces();
  const rack = readRack(text, path, { name: file, userFolder: profileFolder, places });
  // A scenario that is unknown, or breaks a part that a board lacks, is refused before the first job.
  if (simulated)
    for (const { profile } of rack.boards)
      await createSimBench({ profile, scenario: simulated.scenario })[Symbol.asyncDispose]();
  return rack;
}
