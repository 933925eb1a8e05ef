import { Command, InvalidArgumentError, Option } from 'commander';
import { BootctlError } from '../../../base/errors.ts';
import { parseQuantity, type QuantityName } from '../../../base/quantity.ts';
import { type AdapterName, adapterNames, usualAdapter } from '../../../board/analysis/adapter-jitter.ts';
import { analyse } from '../../../board/analysis/analyse.ts';
import { manyBoards, usualDraw } from '../../../board/analysis/many-boards.ts';
import { type SeriesName, seriesNames } from '../../../board/circuit/preferred-values.ts';
import { designedBoard } from '../../../board/design/design-profile.ts';
import { proposalsFor } from '../../../board/design/proposals.ts';
import type { Candidate } from '../../../board/design/search.ts';
import { assumptionsOf, type Wish } from '../../../board/design/wish.ts';
import { parts } from '../../../board/pictures/draw-pins.ts';
import { profileWarnings } from '../../../board/profile/profile-warnings.ts';
import { targetNamed } from '../../../chips/target-named.ts';
import { emptyResult } from '../../../ops/result.ts';
import type { CliContext } from '../../context.ts';
import { parseNumber, withOptions } from '../../given/options.ts';
import { designLines, type Proposed } from '../../output/design-text.ts';
import { writeLine, writeResultLine } from '../../output/result-line.ts';
import { writeLines } from '../../output/safe-output.ts';
import { profileTarget, refuseExisting } from '../profile/write-profile.ts';
import { writeDesign } from './write-design.ts';

interface DesignOptions {
  readonly family: string;
  readonly supply: number;
  readonly adapter: { readonly name: AdapterName; readonly jitter?: number };
  readonly margin: number;
  readonly series: SeriesName;
  readonly pullDown?: number;
  readonly choose: number;
  readonly json?: boolean;
  readonly svg?: string;
  readonly spice?: string;
  readonly write?: string;
  readonly force?: boolean;
}

const examples = `
Each proposal has been through the same analysis as \`bootctl rc analyse\`. Of the first, or that of --choose, are the files.

Examples:
  bootctl rc design --family F405_407
  bootctl rc design --family G47x_48x --supply 3.0V --series E24 --margin 100%
  bootctl rc design --family F405_407 --write my-board.yaml --svg drawings --spice my-board.cir
  bootctl rc design --family L07x_08x_usb --adapter 2ms      the jitter that \`bootctl calibrate\` has measured`;

/** `rc design`: parts for a circuit that does not exist yet. */
export function designCommand(context: CliContext): Command {
  const command = new Command('design')
    .description('choose the parts of an RC circuit on BOOT0, draw it, and write its profile and netlist')
    .requiredOption('--family <name>', 'line of the target: a name of hardware/targets, such as F405_407')
    .addOption(
      new Option('--supply <volts>', 'VDD of the target').argParser(quantityOf('voltage')).default(3.3, '3.3V'),
    )
    .addOption(
      new Option(
        '--adapter <name|time>',
        `${adapterNames.join(', ')}, or by how much its edges may come late, such as 3ms`,
      )
        .argParser(parseAdapter)
        .default({ name: usualAdapter }, usualAdapter),
    )
    .addOption(
      new Option('--margin <percent>', 'of the hold at worst over what an entry then needs')
        .argParser(quantityOf('percentage'))
        .default(0.5, '50%'),
    )
    .addOption(
      new Option('--series <name>', 'of the resistors; capacitors are of E6').choices(seriesNames).default('E12'),
    )
    .option(
      '--pull-down <ohms>',
      'what the board itself has from BOOT0 to ground, such as 10k',
      quantityOf('resistance'),
    )
    .option('--choose <n>', 'which proposal the files are of', parseNumber, 1)
    .option('--svg <folder>', 'draw its wiring, its waveforms and its margin')
    .option('--spice <file>', 'write its netlist for ngspice')
    .option('--write <profile>', 'write its profile')
    .option('--force', 'replace the profile where it is there')
    .addHelpText('after', examples)
    .action((options: DesignOptions) => design(context, options));
  return withOptions(command, context.env, ['json']);
}

const quantityOf = (kind: QuantityName) => (text: string) => {
  try {
    return parseQuantity(text, kind);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
};

function parseAdapter(text: string): DesignOptions['adapter'] {
  const name = adapterNames.find((known) => known === text);
  if (name !== undefined) return { name };
  if (/^\d/.test(text)) return { name: usualAdapter, jitter: quantityOf('time')(text) };
  throw new InvalidArgumentError(`One of ${adapterNames.join(', ')}, or a time such as 3ms.`);
}

async function design(context: CliContext, options: DesignOptions): Promise<void> {
  const started = context.now();
  if (options.write !== undefined) refuseWrite(context, options.write, options.force);
  const { family, supply, adapter, margin, series, pullDown } = options;
  const chip = targetNamed(family);
  const wish: Wish = {
    family,
    supply,
    margin,
    series,
    adapter: adapter.name,
    ...(adapter.jitter !== undefined && { jitter: adapter.jitter }),
    ...(pullDown !== undefined && { boardPullDown: pullDown }),
  };
  const { proposals, fulfilling } = proposalsFor(wish);
  const proposed = proposals.map((candidate) => proposedOf(wish, candidate));
  const chosen = proposed[options.choose - 1] ?? refuseChoice(options.choose, proposed.length);
  const designed = designedBoard(wish, chosen, options.write);
  const written = await writeDesign(context, options, wish, designed, chosen.many);
  const warnings = profileWarnings(designed.board);
  if (options.json) {
    for (const [index, one] of proposed.entries())
      writeLine(context.stdout, 'rc.proposal', context.now() - started, values(one, index + 1));
    writeLine(context.stdout, 'rc.design', context.now() - started, {
      fulfilling,
      chosen: proposed.indexOf(chosen) + 1,
      written,
      warnings,
      profile: designed.text,
    });
    return writeResultLine(context.stdout, context.now() - started, emptyResult);
  }
  writeLines(context.stdout, [
    ...designLines(wish, chip, fulfilling, proposed),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...(written.length > 0
      ? ['', `Of proposal ${proposed.indexOf(chosen) + 1}: ${written.join(', ')}`]
      : ['', 'Add --write FILE.yaml, --svg FOLDER, --spice FILE: its profile, drawings and netlist.']),
  ]);
}

/** The same analysis as `rc analyse`, and its boards. */
function proposedOf(wish: Wish, candidate: Candidate): Proposed {
  const { plan, factors } = analyse(candidate.board, 'rc-cap', assumptionsOf(wish));
  return { candidate, many: manyBoards(candidate.board, plan, factors, usualDraw) };
}

/** Before the search, which takes a second. @throws BootctlError `usage`, `profile-exists` */
function refuseWrite(context: CliContext, file: string, force: boolean | undefined): void {
  profileTarget(file, undefined, 'design');
  refuseExisting(context, file, force);
}

function refuseChoice(choose: number, count: number): never {
  throw new BootctlError('usage', `There is no proposal ${choose}`, { hint: `They are numbered from 1 to ${count}.` });
}

/** Of a proposal, for `--json`: SI units, times in ms. */
function values({ candidate, many }: Proposed, place: number): object {
  const { board, dielectric, worst, ratio, current, recovery } = candidate;
  const { chargeResistor, capacitor, bleedResistor } = board.boot0;
  return {
    place,
    parts: { chargeResistor, capacitor, dielectric, bleedResistor, diode: parts.diode, transistor: parts.pnp },
    worst,
    margin: ratio,
    chargeCurrent: current,
    recovery,
    boards: { drawn: many.boards, entered: many.entered, interval: many.interval },
  };
}
