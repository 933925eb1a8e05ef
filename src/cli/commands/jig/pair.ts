import { resolve } from 'node:path';
import { Command } from 'commander';
import { BootctlError } from '../../../base/errors.ts';
import { count } from '../../../base/text.ts';
import { withEntries } from '../../../base/yaml-file/with-entries.ts';
import type { Bench } from '../../../bench/bench.ts';
import { lastingPlace, placesBy, type UsbTree } from '../../../bench/usb-tree.ts';
import type { BoardProfile } from '../../../board/profile.ts';
import { type NamedSlot, namedSlots } from '../../../jig/pairing/named-slots.ts';
import { adaptersToAsk, type PairResult, pair } from '../../../jig/pairing/pair.ts';
import { placedSlots } from '../../../jig/places.ts';
import { jigText, planOfJig } from '../../../jig/plan/read-jig.ts';
import { emptyResult, failedResult } from '../../../ops/result.ts';
import { replaceFile } from '../../../store/replace-file.ts';
import type { CliContext, OnExit } from '../../context.ts';
import { type CliOptions, withOptions } from '../../given/options.ts';
import { givenProfile } from '../../given/profile.ts';
import { pairingPlan, unmovedLine, unpairedLines } from '../../output/pairing-text.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';
import { tableLines } from '../../output/table.ts';
import { jigArgument, usualJig } from './given-jig.ts';

const examples = `
Examples:
  bootctl jig pair --profile ./controller-c.yaml        find the slots of this station and write them into jig.yaml
  bootctl jig pair line2.yaml --yes --force             all slots anew, without a question
  bootctl jig pair --simulate 6                         try it with six simulated boards; nothing is written`;

interface PairOptions extends Omit<CliOptions, 'simulate'> {
  readonly simulate?: string | true;
}

/** `jig pair`: finds which adapter belongs to which target, and writes `slots` into jig.yaml. */
export function pairCommand(context: CliContext, onExit: OnExit): Command {
  const command = new Command('pair')
    .description(
      'find which adapter belongs to which target by resetting one board at a time, in two rounds that must agree, and write the slots into jig.yaml',
    )
    .argument('[jig.yaml]', jigArgument)
    .option('--simulate [boards]', 'pair so many simulated boards, 4 unless said otherwise; nothing is written')
    .option('--yes', 'do not ask before the boards are reset')
    .option('--force', 'find all slots anew, those in the file as well')
    .addHelpText('after', examples)
    .action(async (file: string | undefined, options: PairOptions) => onExit(await run(context, file, options)));
  return withOptions(command, context.env, ['profile', 'json', 'quiet']);
}

/** Resolves with the exit status. @throws BootctlError `jig-invalid`, `adapter-missing`, `usage` */
async function run(context: CliContext, name = usualJig, options: PairOptions): Promise<number> {
  const { now, signal } = context;
  const { json, quiet } = options;
  const started = now();
  const path = resolve(context.cwd, name);
  const text = await jigText(path, name);
  const { plan, profile: ofFile } = planOfJig(text, path, { name });
  const profile = await givenProfile(context, withProfile(options, ofFile));
  const { bench, tree, isSimulated } = await benchOf(context, profile, options);
  await using _bench = bench;
  const kept = options.force || isSimulated ? [] : plan.slots;
  const places = placedSlots({ slots: kept }, placesBy(tree.rootHubs));
  const taken = places
    .flatMap(({ adapterPort, target }) => [adapterPort, target])
    .filter((place) => place !== undefined);
  const ports = await adaptersToAsk({ bench, profile, taken });
  if (!isSimulated) await agree(context, pairingPlan(ports), options);
  const result = await pair({
    ...{ bench, profile, taken, signal },
    onAsk: (port, done, total) => {
      if (json) writeLine(context.stdout, 'pairing.asking', now() - started, { adapter: port.place, done, total });
      else if (!quiet) writeLines(context.stderr, [`[${done + 1}/${total}] ${port.path} at ${port.place}`]);
    },
  });
  const slots = namedSlots(
    result.pairs,
    kept.map((slot) => slot.name),
    (place) => lastingPlace(place, tree.rootHubs),
  );
  const isWritten = !isSimulated && result.error === null && slots.length > 0;
  if (isWritten) await write(path, name, withSlots(text, slots, options.force));
  return tell(context, { result, slots, file: isWritten ? name : undefined, started, options });
}

const withProfile = ({ simulate: _rack, profile, ...options }: PairOptions, ofFile: string | undefined): CliOptions => {
  const named = profile ?? ofFile;
  return named === undefined ? options : { ...options, profile: named };
};

/** The bench of this host, or a rack of simulated boards whose wiring is not in the order of the places. */
async function benchOf(
  context: CliContext,
  profile: BoardProfile,
  { simulate }: PairOptions,
): Promise<{ bench: Bench; tree: UsbTree; isSimulated: boolean }> {
  if (simulate === undefined)
    return { bench: await context.openBench({}), tree: await context.usbTree(), isSimulated: false };
  const boards = simulate === true ? 4 : Number(simulate);
  if (!Number.isInteger(boards) || boards < 1 || boards > 32) {
    throw new BootctlError('usage', `--simulate took "${simulate}"`, {
      hint: 'Give the number of simulated boards, 1 to 32.',
    });
  }
  const { createSimRack } = await import('../../../sim/rack.ts');
  const lines = Array.from({ length: boards }, (_, index) => ({
    adapter: `1-1.${index + 1}`,
    targets: [`1-2.${((index + 1) % boards) + 1}`],
  }));
  const { bench } = createSimRack({ profile, lines });
  return { bench, tree: { rootHubs: [], devices: [], switches: {} }, isSimulated: true };
}

/** What will be done is said before a line moves. @throws BootctlError `usage` where nobody agrees */
async function agree(
  { ask, stdout, stderr }: CliContext,
  plan: readonly string[],
  { yes, json, quiet }: PairOptions,
): Promise<void> {
  if (json) writeLine(stdout, 'pairing.planned', 0, { text: plan });
  else if (!quiet) writeLines(stderr, plan);
  if (yes) return;
  const hint = 'Add `--yes` to agree to it.';
  if (!ask || json) throw new BootctlError('usage', 'Boards would be reset, and nobody can be asked', { hint });
  const answer = await ask("Reset these boards? Type 'yes' or 'no':");
  if (!/^\s*y(es)?\s*$/i.test(answer))
    throw new BootctlError('usage', 'It was not agreed to; nothing has moved', { hint });
}

const withSlots = (text: string, slots: readonly NamedSlot[], force: boolean | undefined): string =>
  withEntries(text, 'slots', Object.fromEntries(slots.map(({ name, ...places }) => [name, places])), force === true);

/** @throws BootctlError `output-unwritable` */
async function write(path: string, name: string, text: string): Promise<void> {
  await replaceFile(path, text).catch((cause: Error) => {
    throw new BootctlError('output-unwritable', `${name} cannot be written: ${cause.message}`, { cause });
  });
}

interface Told {
  readonly result: PairResult;
  readonly slots: readonly NamedSlot[];
  /** That was written. */
  readonly file: string | undefined;
  readonly started: number;
  readonly options: PairOptions;
}

function tell(context: CliContext, { result, slots, file, started, options }: Told): number {
  const { stdout, now } = context;
  const { unpaired, unmoved } = result;
  const error = result.error ?? incomplete(result);
  if (options.json) {
    for (const slot of slots) writeLine(stdout, 'pairing.slot', now() - started, slot);
    for (const one of unpaired) writeLine(stdout, 'pairing.unpaired', now() - started, one);
    for (const one of unmoved) writeLine(stdout, 'pairing.unmoved', now() - started, one);
    writeResultLine(stdout, now() - started, error ? failedResult(error) : emptyResult);
    return error?.exitStatus ?? 0;
  }
  if (slots.length > 0)
    writeLines(
      stdout,
      tableLines(
        ['slot', 'adapter', 'target'],
        slots.map((slot) => [slot.name, slot.adapter, slot.target]),
      ),
    );
  if (result.error === null) writeLines(stdout, unpaired.flatMap(unpairedLines));
  writeLines(stdout, unmoved.map(unmovedLine));
  if (file !== undefined)
    writeLines(stdout, [
      `${count(slots.length, 'slot')} written into ${file}; \`bootctl jig check\` looks at the rest`,
    ]);
  if (error) throw error;
  return 0;
}

function incomplete({ pairs, unpaired }: PairResult): BootctlError | null {
  if (unpaired.length === 0) return null;
  return new BootctlError(
    'pairing-incomplete',
    `${unpaired.length} of ${count(pairs.length + unpaired.length, 'adapter')} ${unpaired.length === 1 ? 'has' : 'have'} no target`,
  );
}
