import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitStatus } from '../../base/errors.ts';
import { listProfiles } from '../../board/profile/find-profile.ts';
import { openBrowser } from '../../host/system/open-browser.ts';
import { systemClock } from '../../host/system/system-clock.ts';
import { list } from '../../ops/list.ts';
import { recover } from '../../ops/recover.ts';
import type { Desk } from '../../panel/desk.ts';
import type { DeskChoices } from '../../panel/desk-choice.ts';
import { type DeskJob, DeskStation } from '../../panel/desk-station.ts';
import { servePanel } from '../../panel/server.ts';
import { keptFiles } from '../../store/kept-files.ts';
import type { CliContext, DefineCommand } from '../context.ts';
import { type ListenOptions, listenOption } from '../given/listen.ts';
import { type CliOptions, withOptions } from '../given/options.ts';
import { pageAccess } from '../given/page-access.ts';
import { givenScenario } from '../given/scenario.ts';
import { givenSpec } from '../given/spec.ts';
import { untilAbort } from '../given/until-abort.ts';
import { writeLines } from '../output/safe-output.ts';

const examples = `
The page shows one board: choose its profile, the adapter and a firmware, start, and see the lines move. Ctrl-C ends it.
Another address than 127.0.0.1 needs a token: BOOTCTL_TOKEN.

Examples:
  bootctl ui
  bootctl ui firmware.hex --profile rc-cap --open
  bootctl ui --simulate flaky-entry`;

interface UiOptions extends CliOptions, ListenOptions {
  readonly open?: boolean;
}

/** A page in a browser for one board. */
export const define: DefineCommand = (command, context, onExit) => {
  command
    .argument('[image...]', 'firmware that is chosen at first, as `bootctl recover` takes it')
    .addOption(listenOption('127.0.0.1:8471'))
    .option('--open', 'ask the desktop to show it')
    .addHelpText('after', examples)
    .action(async (images: readonly string[], options: UiOptions) => {
      onExit(await serveDesk(context, options, images));
    });
  withOptions(command, context.env, ['profile', 'port', 'simulate']);
};

async function serveDesk(context: CliContext, options: UiOptions, images: readonly string[]): Promise<number> {
  const scenario = await givenScenario(options, images[0]);
  const station = new DeskStation({
    simulated: scenario !== undefined,
    run: (job) => runJob(context, scenario, job),
    now: Date.now,
    signal: context.signal,
  });
  const folder = await mkdtemp(join(tmpdir(), 'bootctl-ui-'));
  try {
    await using panel = await servePanel({
      station,
      desk: { ...deskOf(context, options, images, scenario, folder), start: (choice) => station.start(choice) },
      clock: systemClock,
      ...options.listen,
      ...pageAccess(context),
      token: context.env.BOOTCTL_TOKEN,
    });
    writeLines(context.stdout, [`${panel.address}  (Ctrl-C ends it)`]);
    if (options.open) openBrowser(panel.address);
    await untilAbort(context.signal);
    await station.idle();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return exitStatus.ok;
}

function deskOf(
  context: CliContext,
  { profile, port }: CliOptions,
  images: readonly string[],
  scenario: string | undefined,
  folder: string,
): Omit<Desk, 'start'> {
  const { cwd, profileFolder } = context;
  return {
    async choices(): Promise<DeskChoices> {
      const known = listProfiles({ cwd, ...(profileFolder ? { userFolder: profileFolder } : {}) }).map(({ id }) => id);
      return {
        profiles: profile === undefined || known.includes(profile) ? known : [profile, ...known],
        adapters: scenario === undefined ? await adaptersOf(context) : [],
        chosen: { images, ...(profile === undefined ? {} : { profile }), ...(port === undefined ? {} : { port }) },
      };
    },
    async keepImage(name, bytes) {
      const path = join(folder, name);
      await writeFile(path, bytes);
      return path;
    },
  };
}

async function adaptersOf(context: CliContext): Promise<DeskChoices['adapters']> {
  await using bench = await context.openBench({});
  const { ports } = await list({ bench, portTrouble: context.portTrouble });
  return ports.map(({ info: { path, manufacturer, serialNumber, usbPath }, trouble }) => ({
    port: path,
    text: [path, manufacturer, serialNumber, usbPath, trouble?.code].filter(Boolean).join(' · '),
  }));
}

/** The main job, with nobody at the terminal. */
async function runJob(context: CliContext, scenario: string | undefined, { choice, signal, onProgress }: DeskJob) {
  const { profile: name, port, images } = choice;
  const options: CliOptions = { profile: name, quiet: true, ...(port === undefined ? {} : { port }) };
  const given = await givenSpec<undefined>(context, options, images);
  await using bench = await context.openBench({ profile: given.profile, scenario, port });
  return await recover({
    ...given,
    signal,
    bench,
    keptFiles: keptFiles(context, scenario !== undefined),
    onProgress: (event) => onProgress(event, bench.clock.now()),
  });
}
