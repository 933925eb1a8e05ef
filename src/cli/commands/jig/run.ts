import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { exitStatus } from '../../../base/errors.ts';
import { bundledProgram } from '../../../base/hardware-folder.ts';
import { version } from '../../../base/version.ts';
import { forkProcess } from '../../../host/system/forked-process.ts';
import { runJsonCommand } from '../../../host/system/json-command.ts';
import { systemClock } from '../../../host/system/system-clock.ts';
import { type Jig, jigText, readJig } from '../../../jig/plan/read-jig.ts';
import { gateOf } from '../../../jig/station/gate.ts';
import { Station, type StationEnd } from '../../../jig/station/station.ts';
import type { PlannedSlot, StationSpec } from '../../../jig/station/station-spec.ts';
import { stationUnits } from '../../../jig/station/station-units.ts';
import { type Panel, servePanel } from '../../../panel/server.ts';
import { openRecords } from '../../../records/open-records.ts';
import type { Records } from '../../../records/records.ts';
import { versionOf } from '../../../records/simulated-runs.ts';
import type { CliContext, OnExit } from '../../context.ts';
import { plannedSlots } from '../../given/jig-slots.ts';
import { pageAccess } from '../../given/page-access.ts';
import { simulatedGolden } from '../../given/simulated-golden.ts';
import { simulatedJig } from '../../given/simulated-jig.ts';
import { openJigReport } from '../../output/jig-report.ts';
import { writeLines } from '../../output/safe-output.ts';

export interface JigRunOptions {
  readonly simulate?: true;
  readonly seed?: number;
  readonly units?: number;
  readonly page: boolean;
  readonly json?: true;
}

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
  const { profileFolder: userFolder } = context;
  const jig = await readJig(await jigText(path, file), path, { name: file, userFolder });
  const { plan } = jig;
  using records = openRecords(plan.records, {
    station: plan.station,
    now: Date.now,
    isSimulated: options.simulate === true,
    onBackupTrouble: ({ message }) => writeLines(context.stderr, [`bootctl: ${message}`]),
  });
  await using bench = options.simulate ? undefined : await context.openBench({});
  const slots = plannedSlots(jig, options.simulate === true);
  const onStuck = () => station.end({ aborts: false });
  const golden = options.simulate && (await goldenBoards(context, jig, slots));
  const simulated = golden && simulatedJig(jig, slots, { ...options, onStuck, golden: golden.scenarios });
  const station: Station = new Station({
    ...specOf(jig, slots, options, records),
    plan: golden ? { ...plan, hold: { ...plan.hold, golden: golden.plan } } : plan,
    bus: simulated ? simulated.bus : bench!.usb,
    simulatedUnit: (slot) => (simulated ? simulated.unitIn(slot) : undefined),
  });
  await using page = options.page ? await pageOf(context, station, plan) : undefined;
  const report = openJigReport(context, options, records.interrupted);
  station.subscribe(report.event);
  if (page) report.page(page.address);
  if (simulated) simulated.operate(station);
  const ended = await untilEnd(station, context.signal);
  const status = statusOf(ended, context);
  report.end(ended.view, status);
  return status;
}

/** Says which golden units of the jig no simulated board can be. */
async function goldenBoards({ stderr }: CliContext, { plan, image }: Jig, slots: readonly PlannedSlot[]) {
  const profiles = [...new Map(slots.map(({ profile }) => [profile.id, profile])).values()];
  const golden = await simulatedGolden(plan.hold.golden, profiles, image);
  const units = plan.hold.golden?.units ?? {};
  for (const label of golden.missing)
    writeLines(stderr, [`bootctl: golden unit ${label} is left out: no simulated board shows ${units[label]}`]);
  return golden;
}

/** Runs it; a signal aborts what is under way, in order. */
function untilEnd(station: Station, signal: AbortSignal): Promise<StationEnd> {
  const end = () => station.end({ aborts: true });
  signal.addEventListener('abort', end, { once: true });
  station.start();
  if (signal.aborted) end();
  return station.ended;
}

function pageOf(context: CliContext, station: Station, { page }: Jig['plan']): Promise<Panel> {
  return servePanel({ station, clock: systemClock, ...page, ...pageAccess(context) });
}

const specOf = (jig: Jig, slots: readonly PlannedSlot[], options: JigRunOptions, records: Records) => {
  const { plan, image, text, rows } = jig;
  return {
    slots,
    image,
    planHash: hashOf(text),
    profileHash: hashOf(JSON.stringify(slots.map(({ profile }) => profile))),
    version: versionOf(version(), options.simulate === true),
    records,
    units: stationUnits(plan, rows, Date.now, (serials) => records.serialsInUse(serials)),
    askGate: gateOf(plan.gate, runJsonCommand),
    clock: systemClock,
    now: Date.now,
    startProcess: (onMessage) => forkProcess(bundledProgram('slot'), onMessage),
    simulated: options.simulate ? (options.page ? 'real' : 'virtual') : undefined,
    wanted: options.units,
  } satisfies Partial<StationSpec>;
};

const hashOf = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** The lot may be complete before the units that were asked for. */
function statusOf({ isEnough, view: { quantity, counts } }: StationEnd, { signal }: CliContext): number {
  if (isEnough || (quantity !== undefined && counts.passed >= quantity)) return exitStatus.ok;
  return signal.aborted ? exitStatus.aborted : exitStatus.adapter;
}
