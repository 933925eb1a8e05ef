import { Command } from 'commander';
import { openDatabase } from '../../../fleet/database.ts';
import type { FleetView } from '../../../fleet/live/fleet-view.ts';
import { readFleet } from '../../../fleet/live/read-fleet.ts';
import { FleetWatch, watchPatience } from '../../../fleet/live/watch-fleet.ts';
import { systemClock } from '../../../host/system/system-clock.ts';
import { emptyResult } from '../../../ops/result.ts';
import type { CliContext } from '../../context.ts';
import { type FleetOptions, givenDatabase, withDatabase } from '../../given/database.ts';
import { untilAbort } from '../../given/until-abort.ts';
import { fleetLines } from '../../output/fleet-text.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';

const notes = `
Yield: good units of those that ended as pass or fail at least once, at whichever station. First pass: whose first such run has passed.
Drift: as in \`bootctl jig report\`, of the newest runs of each slot. All of it is of the records that have arrived.
Times are UTC, those of the database. Boards of racks and their jobs: \`bootctl fleet job\`.

Examples:
  bootctl fleet status
  bootctl fleet status --watch
  bootctl fleet status --json | jq '.stations[] | select(.isConnected | not).name'`;

interface StatusOptions extends FleetOptions {
  readonly watch?: true;
}

/** `fleet status`: stations, lots and alarms, once or as they change. */
export function statusCommand(context: CliContext): Command {
  const command = new Command('status')
    .description('stations and their slots, lots and their yield, drift, alarms, and what has not arrived yet')
    .option('--watch', 'again at each change, until Ctrl-C')
    .addHelpText('after', notes)
    .action((options: StatusOptions) => status(context, options));
  return withDatabase(command, context);
}

/** @throws BootctlError those of `openDatabase` and `readFleet` */
async function status(context: CliContext, options: StatusOptions): Promise<void> {
  const { stdout, now } = context;
  const started = now();
  const address = givenDatabase(options);
  const show = (view: FleetView) => {
    if (options.json) writeLine(stdout, 'fleet', now() - started, view);
    else writeLines(stdout, fleetLines(view));
  };
  {
    await using database = await openDatabase(address, { name: 'fleet status' });
    const view = await readFleet(database);
    if (!options.watch) show(view);
  }
  if (options.watch) await watch(context, address, show);
  if (options.json) writeResultLine(stdout, now() - started, emptyResult);
}

async function watch({ signal, stdout }: CliContext, address: string, show: (view: FleetView) => void): Promise<void> {
  const connect = () => openDatabase(address, { name: 'fleet status', patience: watchPatience });
  await using fleet = new FleetWatch({ connect, clock: systemClock, now: Date.now });
  fleet.subscribe(() => {
    if (stdout.isTTY) writeLines(stdout, ['', `${new Date().toTimeString().slice(0, 8)}  (Ctrl-C ends it)`]);
    show(fleet.view());
  });
  await untilAbort(signal);
}
