import { parseImage } from '../../src/image/load-image.ts';
import {
  askedSectors,
  type Check,
  errorOf,
  firstChange,
  firstMissing,
  has,
  hex,
  imageAreas,
  isIn,
  isTargetTouched,
  isUnsound,
  mayEraseAll,
  resultOf,
  writesImage,
} from './check.ts';
import { type BoardState, firstState, type Run, targetAfter, targetBefore } from './evidence.ts';
import { flashBase, romOf, siliconOf } from './silicon.ts';

const othersOf = (states: readonly BoardState[], { meant, unseenOnTheWires }: Run) =>
  states.filter(({ name }) => name !== meant && !unseenOnTheWires.includes(name));

function otherFlashChanged(run: Run): string | undefined {
  const { before, after } = run;
  for (const state of othersOf(before, run)) {
    const address = firstChange(state, after.find(({ name }) => name === state.name)!);
    if (address !== undefined) return `the flash of the ${state.name} has changed at ${hex(address)}`;
  }
  return undefined;
}

function passWithoutImage(run: Run): string | undefined {
  if (run.status !== 0 || !writesImage(run) || has(run, '--dry-run')) return undefined;
  if (has(run, '--no-verify') && isUnsound(run)) return undefined;
  const address = firstMissing(run, targetAfter(run).flash);
  return address === undefined ? undefined : `exit 0, and the flash does not hold the image at ${hex(address)}`;
}

function changedElsewhere(run: Run): string | undefined {
  if (mayEraseAll(run)) return undefined;
  const asked = askedSectors(run);
  const address = firstChange(targetBefore(run), targetAfter(run), (at) => !isIn(asked, at));
  return address === undefined ? undefined : `the flash has changed at ${hex(address)}, which nobody asked for`;
}

/** First byte around the image that neither the flash nor these runs of a file still hold. */
function firstLost(run: Run, first: BoardState, saved: readonly Saved[] = []): number | undefined {
  const areas = imageAreas(run);
  const asked = askedSectors(run);
  const isSaved = (at: number) => saved.some(({ address, data }) => data[at - address] === first.flash[at - flashBase]);
  return firstChange(first, targetAfter(run), (at) => isIn(asked, at) && !isIn(areas, at) && !isSaved(at));
}

interface Saved {
  readonly address: number;
  readonly data: Uint8Array;
}

/** What the files hold that this text names. */
const namedIn = ({ files }: Run, said: string): readonly Saved[] =>
  files
    .filter(({ path }) => path.endsWith('.hex') && said.includes(path))
    .flatMap(({ content }) => parseImage(content, 'kept', {}).segments);

/** Progress is not what a person reads at the end. */
const verdictOf = (run: Run): string => (run.result ? JSON.stringify(run.result.kept) : run.stdout);

/**
 * Its ROM gives many boards the same serial number or none (hardware/QUIRKS.md Q43), and need not show its unique id over DFU. So
 * does a flash that is blank from end to end: a new board of the same serial number looks like that.
 */
const sharedSerials: readonly string[] = ['STM32FxSTM32', '200364500000', 'FFFFFFFEFFFF'];
function isAnonymous(run: Run): boolean {
  const { world } = run;
  const { serialNumber } = siliconOf(world.family, world.rom).dfu;
  const blank = romOf(world.family).geometry.erased ?? 0xff;
  return sharedSerials.includes(serialNumber) || targetBefore(run).flash.every((byte) => byte === blank);
}

/** Nobody can keep what a board's readout protection hides. */
const isKeeping = (run: Run): boolean =>
  has(run, '--keep') && !has(run, '--dry-run') && !mayEraseAll(run) && !isContended(run);

/** Two boards drive the wire on which the adapter listens: nothing tells whose byte is read. */
const isContended = ({ unseenOnTheWires, bytesSent }: Run): boolean => unseenOnTheWires.length > 0 && bytesSent > 0;

function keptNowhere(runs: readonly Run[]): string | undefined {
  const last = runs.at(-1)!;
  if (!isKeeping(last) || runs.some(mayEraseAll)) return undefined;
  const said = runs.map(({ stdout, stderr }) => stdout + stderr).join('');
  const lost = firstLost(last, firstState(runs), namedIn(last, said));
  return lost === undefined ? undefined : `the byte at ${hex(lost)} is in neither the flash nor a file that was named`;
}

function torn(run: Run): string | undefined {
  const [before, after] = [targetBefore(run), targetAfter(run)];
  const coversVectors = run.image.some(({ address, data }) => address === flashBase && data.length >= 8);
  if (!writesImage(run) || !coversVectors || !after.starts) return undefined;
  // Nobody looked at what the flash or the ROM did with it, as was asked.
  if (has(run, '--no-verify') && isUnsound(run)) return undefined;
  const asked = askedSectors(run);
  const changed = firstChange(before, after, (at) => isIn(asked, at));
  const missing = firstMissing(run, after.flash);
  if (changed === undefined || missing === undefined) return undefined;
  return `what starts is neither what was there (${hex(changed)}) nor the image (${hex(missing)})`;
}

function wrongCondition(run: Run): string | undefined {
  const { flash, verified } = resultOf(run);
  if (flash === 'untouched' && isTargetTouched(run)) return 'the flash is said to be untouched, and has changed';
  const isSaidToHold = verified === true && (writesImage(run) || run.world.command === 'verify');
  const missing = firstMissing(run, targetAfter(run).flash);
  if (isSaidToHold && missing !== undefined) return `verified, and the flash differs at ${hex(missing)}`;
  if (flash !== 'erased') return undefined;
  const blank = romOf(run.world.family).geometry.erased ?? 0xff;
  const after = targetAfter(run).flash;
  for (const { address, size } of askedSectors(run)) {
    const part = after.subarray(address - flashBase, address - flashBase + size);
    if (part.some((byte) => byte !== blank)) return `said to be erased, and ${hex(address)} is not blank`;
  }
  return undefined;
}

function wrongFile(run: Run): string | undefined {
  const { command, range } = run.world;
  if (command !== 'read' || !range || has(run, '--dry-run')) return undefined;
  const file = run.files.find(({ path }) => path.endsWith('/out.bin'));
  if (run.status !== 0) return file && run.index === 0 ? 'the read has failed, and a file is there' : undefined;
  const wanted = targetAfter(run).flash.subarray(range.offset, range.offset + range.length);
  if (!file) return run.index === 0 ? 'exit 0, and there is no file' : undefined;
  return file.content.equals(wanted) ? undefined : 'exit 0, and the file is not what the flash holds';
}

function wrongVerdict(run: Run): string | undefined {
  if (run.world.command !== 'verify' || has(run, '--dry-run')) return undefined;
  const missing = firstMissing(run, targetAfter(run).flash);
  if (run.status === 0 && missing !== undefined) return `exit 0, and the flash differs at ${hex(missing)}`;
  const isHeld = run.status === 7 && missing === undefined && !isUnsound(run);
  return isHeld ? 'exit 7, and the flash holds the image' : undefined;
}

function protectionIgnored(run: Run): string | undefined {
  const [before, after] = [targetBefore(run), targetAfter(run)];
  if (!before.isReadoutProtected || has(run, '--unprotect')) return undefined;
  if (!after.isReadoutProtected) return 'readout protection is gone';
  if (isTargetTouched(run)) return 'a readout-protected flash has changed';
  const isAboutFlash = writesImage(run) || ['read', 'verify', 'erase'].includes(run.world.command);
  return run.status === 0 && isAboutFlash && !has(run, '--dry-run')
    ? 'exit 0 on a readout-protected target'
    : undefined;
}

function optionsChanged(run: Run): string | undefined {
  const [before, after] = [targetBefore(run), targetAfter(run)];
  if (has(run, '--unprotect')) return undefined;
  if (before.protectedSectors.join() !== after.protectedSectors.join()) return 'write protection has changed';
  if (run.world.command === 'write-memory') return undefined;
  return before.memories.equals(after.memories) ? undefined : 'option bytes, OTP or another memory have changed';
}

/** What the flash holds at the end. */
export const flashChecks: readonly Check[] = [
  {
    name: 'own-flash-only',
    says: 'No flash but the target’s own changes.',
    source: 'DESIGN decision 7',
    run: otherFlashChanged,
  },
  {
    name: 'pass-holds-image',
    says: 'Exit 0 of a job that flashes means that the flash holds the image, byte for byte.',
    source: 'README, "It says PASS only for what it has seen"',
    run: passWithoutImage,
  },
  {
    name: 'pass-keeps-around',
    says: 'After exit 0 with --keep the bytes around the image are what they were before the first run, or, on a board that cannot be proven to be the same, in a file that this verdict names.',
    source: 'README, "puts them back if the board is provably the same one; else it names the file"',
    story: ({ runs }) => {
      const last = runs.at(-1)!;
      if (last.status !== 0 || !writesImage(last) || !isKeeping(last) || runs.some(mayEraseAll)) return undefined;
      const isNamed = isAnonymous(last) && runs.length > 1 && !has(last, '--restore');
      const lost = firstLost(last, firstState(runs), isNamed ? namedIn(last, verdictOf(last)) : []);
      return lost === undefined ? undefined : `the byte at ${hex(lost)} was to be kept, and is another`;
    },
  },
  {
    name: 'kept-or-named',
    says: 'What --keep was to keep is in the flash, or in a file that was named.',
    source: 'DESIGN decision 28',
    story: ({ runs }) => (runs.at(-1)!.status === 0 ? undefined : keptNowhere(runs)),
  },
  {
    name: 'only-asked-sectors',
    says: 'Nothing changes outside of the sectors of the image, or of the range that is erased.',
    source: 'bootctl --help; DESIGN decision 18',
    run: changedElsewhere,
  },
  {
    name: 'condition-is-true',
    says: '`flash` and `verified` of the result say what the flash physically is.',
    source: 'DESIGN, "nothing counts as done before it was observed"',
    run: wrongCondition,
  },
  {
    name: 'read-is-flash',
    says: 'The file of a `read` that passes is what the flash holds; one that fails leaves none.',
    source: 'bootctl read --help',
    run: wrongFile,
  },
  {
    name: 'verify-is-true',
    says: '`verify` passes where the flash holds the image, and only there.',
    source: 'bootctl verify --help',
    run: wrongVerdict,
  },
  {
    name: 'torn-never-starts',
    says: 'After whatever end, a reset starts what was there before, or the image, or nothing.',
    source: 'README, "so that what was cut does not start"',
    run: torn,
  },
  {
    name: 'readout-protection-respected',
    says: 'A readout-protected target is left alone without --unprotect, and no job on it passes.',
    source: 'README, "A readout-protected target is left alone"',
    run: protectionIgnored,
  },
  {
    name: 'options-respected',
    says: 'Option bytes, OTP and write protection change by `write-memory` and `--unprotect` alone.',
    source: 'README, Commands',
    run: optionsChanged,
  },
  {
    name: 'mismatch-is-true',
    says: 'A mismatch is claimed only of flash that differs, or where bytes were garbled on the way.',
    source: 'README, exit status 7',
    run: (run) => {
      const claims = errorOf(run).code === 'verify-mismatch' && run.world.command !== 'erase';
      if (!claims || isUnsound(run) || run.image.length === 0) return undefined;
      return firstMissing(run, targetAfter(run).flash) === undefined
        ? 'a mismatch of flash that holds the image'
        : undefined;
    },
  },
];
