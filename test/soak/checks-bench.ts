import type { TimedTruth } from '../../src/sim/truth.ts';
import { type Check, disturbed, errorOf, has, isTargetTouched, moved, resultOf, writesImage } from './check.ts';
import { type Run, type Story, targetAfter, targetBefore } from './evidence.ts';
import { hasLines } from './profiles.ts';

/** Every profile of the campaign has its target here. */
const ownPath = '1-2';
/** DFU_DETACH and DFU_DNLOAD (DFU 1.1 table 3.2). */
const changing: readonly number[] = [0, 1];
/** A capacitor is as good as empty below this; it is far below VIL of every family. */
const emptyVolts = 0.2;
/** From an interruption to the end: a transfer under way is finished, and the target reset. */
const soon = 10_000;

function requestElsewhere({ requests, meant, openedUsb }: Run): string | undefined {
  const own = meant === 'target' ? ownPath : openedUsb[0];
  const request = requests.find(({ path, isOut, request }) => path !== own && isOut && changing.includes(request));
  return request && `request ${request.request} went to ${request.path} at ${request.t} ms`;
}

/** Somebody else moves it, or the adapter's lines reach it as well. */
const isMoved = ({ neighbours, scenario }: Run['world'], name: string): boolean =>
  neighbours.length === 0
    ? scenario === 'two-new-devices'
    : neighbours.some((one) => one.name === name && (one.onLines === true || (one.moves ?? []).length > 0));

function otherDisturbed({ world, meant, unseenOnTheWires, before, after }: Run): string | undefined {
  for (const { name, running, memories } of before) {
    if (name === 'target' || name === meant || unseenOnTheWires.includes(name)) continue;
    const now = after.find((state) => state.name === name)!;
    if (!now.memories.equals(memories)) return `memories of the ${name} have changed`;
    if (!isMoved(world, name) && now.running !== running) return `the ${name} ran ${running}, and now ${now.running}`;
  }
  return undefined;
}

/** Whether it was asked to stay in its bootloader. */
const staysOnPurpose = (run: Run): boolean =>
  has(run, '--stay') ||
  run.world.command === 'enter' ||
  run.world.command === 'erase' ||
  (run.world.command === 'recover' && run.image.length === 0);

const isRom = (program: string | undefined): boolean => program?.startsWith('ROM') ?? false;

/** The result's field, or the verdict's words. */
export function saysInBootloader(run: Run): boolean {
  const { target } = resultOf(run);
  return target === 'bootloader' || target === 'unknown' || /in its (\w+ )?bootloader/.test(run.stdout + run.stderr);
}

function leftInRom(run: Run): string | undefined {
  const isOwn = targetBefore(run).running === 'application' && !isTargetTouched(run) && !staysOnPurpose(run);
  if (!isOwn || !isRom(targetAfter(run).running) || saysInBootloader(run)) return undefined;
  return 'the application ran, the flash is untouched, and the target stays in its ROM without a word';
}

/** What the result says of the target, against what runs on it. */
function wrongTarget(run: Run): string | undefined {
  const { target } = resultOf(run);
  const { running } = targetAfter(run);
  // Somebody else moves a neighbour that this run was about, as soon as it has ended.
  if (has(run, '--dry-run') || (run.meant !== 'target' && isMoved(run.world, run.meant))) return undefined;
  if (target === 'application' && isRom(running)) return `said to be started, and it runs the ${running}`;
  // A supply that fails ends the ROM, and a cable that is pulled changes nothing.
  const isLit = !run.faults.includes('power-cut');
  if (target === 'bootloader' && isLit && !isRom(running)) return `said to be in its bootloader, and runs ${running}`;
  const what = disturbed(run);
  return target === 'untouched' && what !== undefined ? `said to be untouched, and ${what}` : undefined;
}

/**
 * No line reaches the target, and its application is gone, or a read of torn flash has hung its ROM: somebody has to hold
 * BOOT0, or to switch the power off and on.
 */
function needsPerson({ runs, world }: Story): boolean {
  const { running } = targetBefore(runs.at(-1)!);
  const isHung = isRom(running) && runs.some(({ truth }) => truth.some(isTornRead));
  return !hasLines(world.profile) && running !== 'application' && (isHung || !isRom(running));
}

const isTornRead = (event: TimedTruth): boolean => event.what === 'fault' && event.name === 'torn flash read';

const wasPlaceAdded = ([, second, third]: readonly Run[]): boolean =>
  second !== undefined &&
  third !== undefined &&
  has(third, '--usb-path') &&
  !second.argv.join(' ').includes('--usb-path');

/** The adapter was pulled: its pins sink what the circuit connects to them. */
const isAdapterOut = ({ world, faults }: Run): boolean =>
  world.scenario === 'adapter-lost' || faults.includes('adapter-lost');

/** What holds on the board, at the doors and on the clock at the end. */
export const benchChecks: readonly Check[] = [
  {
    name: 'no-request-elsewhere',
    says: 'No request that could change anything goes to another board.',
    source: 'DESIGN decision 7',
    run: requestElsewhere,
  },
  {
    name: 'others-undisturbed',
    says: 'Another board keeps its memories and goes on with what it ran.',
    source: 'DESIGN decision 7',
    run: otherDisturbed,
  },
  {
    name: 'lines-idle',
    says: 'Whatever happens, the lines end idle.',
    source: 'README; DESIGN decision 3',
    // An adapter that was pulled while its lines moved holds nothing any more.
    run: (run) =>
      run.linesAtEnd.length > 0 && !isAdapterOut(run) ? `still asserted: ${run.linesAtEnd.join('; ')}` : undefined,
  },
  {
    name: 'not-held-in-reset',
    says: 'Whatever happens, the board is not held in reset, as long as the adapter has power.',
    source: 'README',
    run: (run) => {
      const hasSupplies = !run.faults.includes('power-cut') && !isAdapterOut(run);
      return run.nrstAtEnd === 0 && hasSupplies ? 'NRST of the target is low' : undefined;
    },
  },
  {
    name: 'boot0-low',
    says: 'BOOT0 is low once its capacitor has bled, as long as the adapter has power.',
    source: 'DESIGN decision 3',
    run: (run) => {
      const { boot0Volts } = targetAfter(run);
      if (isAdapterOut(run)) return undefined;
      return boot0Volts > emptyVolts ? `BOOT0 is at ${boot0Volts.toFixed(2)} V` : undefined;
    },
  },
  {
    name: 'ports-closed',
    says: 'No serial port stays open.',
    source: 'DESIGN decision 3',
    run: ({ portsOpen }) => (portsOpen === 0 ? undefined : `${portsOpen} left open`),
  },
  {
    name: 'usb-closed',
    says: 'No USB device stays open.',
    source: 'src/ops/job/effects.ts',
    run: ({ usbOpen }) => (usbOpen === 0 ? undefined : `${usbOpen} left open`),
  },
  {
    name: 'no-timer-left',
    says: 'When every board is without power, no timer is left.',
    source: 'src/ops/job/effects.ts',
    story: ({ timersLeft }) => (timersLeft === 0 ? undefined : `${timersLeft} timers are left`),
  },
  {
    name: 'refused-before-moving',
    says: 'Exit 2 means that nothing has moved and nothing was sent.',
    source: 'README, exit status 2',
    run: (run) => (run.status === 2 ? moved(run) : undefined),
  },
  {
    name: 'dry-run-opens-nothing',
    says: '--dry-run opens nothing and moves nothing.',
    source: 'README, "draws every timed sequence … and opens nothing"',
    run: (run) => {
      if (!has(run, '--dry-run')) return undefined;
      return run.benchOpened ? 'a bench was opened' : moved(run);
    },
  },
  {
    name: 'application-again-or-said',
    says: 'A target whose flash is untouched runs its application again, or the verdict says that it stays in its ROM.',
    source: 'DESIGN decision 13',
    run: leftInRom,
  },
  {
    name: 'target-is-true',
    says: '`target` of the result says where the target is.',
    source: 'src/ops/job/events.ts, TargetState',
    run: wrongTarget,
  },
  {
    name: 'seen-runs',
    says: 'An application that is said to be seen runs on the target.',
    source: 'README, "the application on the bus"',
    run: (run) => {
      const { running } = targetAfter(run);
      if (resultOf(run).application !== 'seen' || running === 'application') return undefined;
      return `seen, and the target runs ${running ?? 'nothing'}`;
    },
  },
  {
    name: 'interruption-ends-soon',
    says: 'An interrupted job ends within ten seconds, as interrupted or as what it was by then; no other job does.',
    source: 'README, exit status 130; DESIGN decision 2',
    run: ({ abortedAt, ended, status }) => {
      if (abortedAt === undefined) return status === 130 ? 'exit 130 without an interruption' : undefined;
      const took = ended - abortedAt;
      return took > soon ? `it went on for ${Math.round(took)} ms` : undefined;
    },
  },
  {
    name: 'next-run-finishes',
    says: 'A job that a fault has ended is finished by the next one.',
    source: 'README, "an interrupted job is finished by the next one"',
    story: (story) => {
      const { runs, control } = story;
      const last = runs.at(-1)!;
      if (control !== 0 || last.status === 0 || needsPerson(story)) return undefined;
      return `without the fault it passes; run ${runs.length} ends with ${last.status} [${errorOf(last).code ?? '?'}]`;
    },
  },
  {
    name: 'second-run-is-enough',
    says: 'One more run is enough where lines bring the target into its ROM, and the job passes without the fault.',
    source: 'README, "an interrupted job is finished by the next one"',
    // What a board does to every first job by itself, as a bad contact, it does to the second where a fault came before:
    // `control` tells. A line that reaches no NRST cannot prove whose a DFU device is: then a person names its place.
    story: ({ runs, world, control }) => {
      // A contact of the board's own that fails just then is a second fault.
      if (runs[1]?.truth.some(({ what }) => what === 'fault')) return undefined;
      const isPlaceNamed = world.scenario.startsWith('nrst-open') && wasPlaceAdded(runs);
      const isFinished = runs.length === 3 && runs[2]!.status === 0 && control === 0 && !isPlaceNamed;
      return isFinished && hasLines(world.profile) && writesImage(runs[0]!)
        ? `the second run ends with ${runs[1]!.status} [${errorOf(runs[1]!).code ?? '?'}], only the third passes`
        : undefined;
    },
  },
];
