import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { exitStatus } from '../../../base/errors.ts';
import { systemClock } from '../../../host/system/system-clock.ts';
import type { JigPlan } from '../../../jig/plan/jig-plan.ts';
import { jigText, readJig } from '../../../jig/plan/read-jig.ts';
import { type StationFile, stationFile } from '../../../jig/plan/station-file.ts';
import type { StationEnd } from '../../../jig/station/station.ts';
import type { StationHandle } from '../../../jig/station-view.ts';
import { type Panel, servePanel } from '../../../panel/server.ts';
import { type OpenRecords, openRecords } from '../../../records/open-records.ts';
import type { CliContext, OnExit } from '../../context.ts';
import { type JigRunOptions, jigStation } from '../../given/jig-station.ts';
import { pageAccess } from '../../given/page-access.ts';
import { openJigReport } from '../../output/jig-report.ts';
import { writeLines } from '../../output/safe-output.ts';

const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least) return value;
    throw new InvalidArgumentError(`It is a whole number from ${least} on.`);
  };

/** `jig run`: the station of a jig.yaml, until it is told to end. */
export const runCommand = (context: CliContext, onExit: OnExit): Command =>
  new Command('run')
    .description('make the units of a lot: each slot by itself, each run in the records before anything moves')
    .argument('[jig.yaml]', 'the jig', 'jig.yaml')
    .option('--simulate', 'with simulated units, adapters and an operator: no hardware is used')
    .option('--seed <number>', 'what happens at random in the simulation', wholeNumber(0))
    .option('--units <number>', 'end after so many good units', wholeNumber(1))
    .option('--no-page', 'without the page for the operator')
    .option('--json', 'events as JSON, one a line, the result last')
    .action(async (file: string, options: JigRunOptions) => onExit(await runJig(context, file, options)));

async function runJig(context: CliContext, file: string, options: JigRunOptions): Promise<number> {
  const path = resolve(context.cwd, file);
  const text = await jigText(path, file);
  const ofFleet = stationFile(text, path, { name: file });
  if (ofFleet) return runInFleet(context, path, ofFleet, options);
  const { profileFolder: userFolder } = context;
  const jig = await readJig(text, path, { name: file, userFolder });
  using records = recordsOf(context, jig.plan, options);
  await using bench = options.simulate ? undefined : await context.openBench({});
  const { station, operate } = await jigStation({
    context,
    jig,
    options,
    records,
    bus: bench?.usb,
    wanted: options.units,
  });
  return await runShown(context, options, jig.plan, records, {
    handle: station,
    work: () => {
      operate();
      station.start();
      return station.ended;
    },
    end: (ending) => station.end(ending),
  });
}

/** Only a station in a fleet loads what belongs to one. */
async function runInFleet(
  context: CliContext,
  path: string,
  file: StationFile,
  options: JigRunOptions,
): Promise<number> {
  const { openFleetStation } = await import('../../given/fleet-station.ts');
  if (file.unused.length > 0)
    writeLines(context.stderr, [`what is made comes from the fleet; not used of jig.yaml: ${file.unused.join(', ')}`]);
  using records = recordsOf(context, file, options);
  await using bench = options.simulate ? undefined : await context.openBench({});
  await using fleet = openFleetStation({ context, path, file, options, records, bus: bench?.usb });
  const { station } = fleet;
  return await runShown(context, options, file, records, {
    handle: station,
    work: () => station.work(),
    end: (ending) => station.end(ending),
  });
}

function recordsOf(
  { stderr }: CliContext,
  { records, station }: Pick<JigPlan, 'records' | 'station'>,
  { simulate }: JigRunOptions,
): OpenRecords {
  return openRecords(records, {
    station,
    now: Date.now,
    isSimulated: simulate === true,
    onBackupTrouble: ({ message }) => writeLines(stderr, [`bootctl: ${message}`]),
  });
}

/** A station as it is run and ended. */
interface Running {
  readonly handle: StationHandle;
  readonly work: () => Promise<StationEnd>;
  readonly end: (ending: { readonly aborts: boolean }) => void;
}

/** Runs it with its page and its report; a signal aborts what is under way, in order. */
async function runShown(
  context: CliContext,
  options: JigRunOptions,
  { page: place }: Pick<JigPlan, 'page'>,
  records: OpenRecords,
  { handle, work, end }: Running,
): Promise<number> {
  const { signal } = context;
  await using page = options.page ? await pageOf(context, handle, place) : undefined;
  const report = openJigReport(context, options, records.interrupted);
  handle.subscribe(report.event);
  if (page) report.page(page.address);
  const abort = () => end({ aborts: true });
  signal.addEventListener('abort', abort, { once: true });
  const working = work();
  if (signal.aborted) abort();
  const ended = await working;
  signal.removeEventListener('abort', abort);
  const status = statusOf(ended, context);
  report.end(ended.view, status);
  return status;
}

function pageOf(context: CliContext, station: StationHandle, page: JigPlan['page']): Promise<Panel> {
  return servePanel({ station, clock: systemClock, ...page, ...pageAccess(context) });
}

/** The lot may be complete before the units that were asked for. */
function statusOf({ isEnough, view: { quantity, counts } }: StationEnd, { signal }: CliContext): number {
  if (isEnough || (quantity !== undefined && counts.passed >= quantity)) return exitStatus.ok;
  return signal.aborted ? exitStatus.aborted : exitStatus.adapter;
}
