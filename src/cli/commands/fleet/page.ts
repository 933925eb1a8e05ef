import { Command } from 'commander';
import { BootctlError, exitStatus } from '../../../base/errors.ts';
import { openDatabase } from '../../../fleet/database.ts';
import { readFleet } from '../../../fleet/live/read-fleet.ts';
import { FleetWatch, watchPatience } from '../../../fleet/live/watch-fleet.ts';
import { systemClock } from '../../../host/system/system-clock.ts';
import { emptyResult } from '../../../ops/result.ts';
import { serveFleet } from '../../../panel/fleet-panel.ts';
import type { CliContext, OnExit } from '../../context.ts';
import { type FleetOptions, givenDatabase, withDatabase } from '../../given/database.ts';
import { type ListenOptions, listenOption } from '../../given/listen.ts';
import { pageAccess } from '../../given/page-access.ts';
import { untilAbort } from '../../given/until-abort.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';

const notes = `
The page shows, and changes nothing. It is in English, German and Chinese. Another address than 127.0.0.1 needs a token: BOOTCTL_TOKEN.

Examples:
  bootctl fleet page
  BOOTCTL_TOKEN=… bootctl fleet page --listen 0.0.0.0:8472`;

/** `fleet page`: stations, lots and alarms in a browser, as they change. */
export function pageCommand(context: CliContext, onExit: OnExit): Command {
  const command = new Command('page')
    .description('the fleet in a browser, live: a tile a station, lots with yield, alarms, what has not arrived yet')
    .addOption(listenOption('127.0.0.1:8472'))
    .addHelpText('after', notes)
    .action(async (options: FleetOptions & ListenOptions) => onExit(await servePage(context, options)));
  return withDatabase(command, context);
}

/** @throws BootctlError those of `openDatabase` but `fleet-unreachable`, and those of `serveFleet` */
async function servePage(context: CliContext, options: FleetOptions & ListenOptions): Promise<number> {
  const { stdout, now, signal } = context;
  const started = now();
  const address = givenDatabase(options);
  const connect = () => openDatabase(address, { name: 'fleet page', patience: watchPatience });
  await tryOnce(connect);
  await using fleet = new FleetWatch({ connect, clock: systemClock, now: Date.now });
  await using panel = await serveFleet({
    fleet,
    clock: systemClock,
    ...options.listen,
    ...pageAccess(context),
    token: context.env.BOOTCTL_TOKEN,
  });
  if (options.json) writeLine(stdout, 'page', now() - started, { address: panel.address });
  else writeLines(stdout, [`${panel.address}  (Ctrl-C ends it)`]);
  await untilAbort(signal);
  if (options.json) writeResultLine(stdout, now() - started, emptyResult);
  return exitStatus.ok;
}

/** A database that does not answer may come, and the page says so; whatever else is wrong does not go away by waiting. */
async function tryOnce(connect: () => ReturnType<typeof openDatabase>): Promise<void> {
  try {
    await using database = await connect();
    await readFleet(database);
  } catch (error) {
    if (!(error instanceof BootctlError && error.code === 'fleet-unreachable')) throw error;
  }
}
