import type { LearningContext } from '../../../machines/learning.policy.ts';
import { witnesses } from '../../../machines/learning-evidence.policy.ts';
import type { Milliseconds } from '../../base/units.ts';
import { sleep } from '../../bench/clock.ts';
import type { LearnedBoard } from '../../board/learning/learned-board.ts';
import type { JobSpec } from '../job/job-spec.ts';
import { keyOf } from './bus-record.ts';
import type { NamedRom } from './enter-by-profile.ts';

type Application = Pick<LearnedBoard, 'application'>;

/** An application starts and enumerates in this time. Our choice, as for the proof of one. */
const comesWithin: Milliseconds = 5_000;
const lookPeriod: Milliseconds = 20;
/** So many starts have to show the same. */
const starts = 2;
/** Long enough to tell one text from another, short enough for a line of the profile. */
const shortest = 3;
const longest = 40;

/** The application that comes when the ROM has gone, and the same in the experiments; else one that says the same at each start. */
export async function applicationOf(
  spec: Pick<JobSpec, 'bench' | 'signal'>,
  context: LearningContext,
  rom: NamedRom | null,
): Promise<Application> {
  const key = rom ? await onlyWithoutRom(spec, context, rom) : cameAndWent(context);
  if (key !== undefined) return { application: onBus(key, rom) };
  const match = heardAtStart(context);
  return {
    application:
      match === undefined
        ? null
        : {
            value: { expect: 'serial', match },
            evidence: 'The target said this after its resets, and nothing without one.',
          },
  };
}

function onBus(key: string, rom: NamedRom | null): NonNullable<Application['application']> {
  const [, path = '', vendorId = '', productId = ''] = /^(\S+) (\w+):(\w+)$/.exec(key) ?? [];
  const evidence = rom
    ? 'It left the bus with the resets, is there when the application has been started, and not while the ROM runs.'
    : 'It left the bus with the resets, and came again.';
  return { value: { expect: 'usb', vendorId, productId, path }, evidence };
}

const isRom = (key: string): boolean => key.endsWith(' 0483:df11');

/** Devices that resets have moved: they left, or they came after one. */
const moved = ({ log, restless }: LearningContext): readonly string[] => {
  const came = log.flatMap((one) => one.came);
  return [...new Set([...witnesses({ log, restless }), ...came])].filter(
    (key) => !isRom(key) && !restless.includes(key),
  );
};

async function onlyWithoutRom(
  { bench, signal }: Pick<JobSpec, 'bench' | 'signal'>,
  context: LearningContext,
  { beside }: NamedRom,
): Promise<string | undefined> {
  const possible = moved(context).filter((key) => !beside.includes(key));
  const deadline = bench.clock.now() + (possible.length > 0 ? comesWithin : 0);
  for (;;) {
    const now = (await bench.usb.list()).map(keyOf);
    const found = possible.filter((key) => now.includes(key));
    if (found.length === 1) return found[0];
    if (bench.clock.now() >= deadline) return undefined;
    await sleep(bench.clock, lookPeriod, signal);
  }
}

/** Without a ROM that was seen: a device that left and came again, twice at least. */
function cameAndWent(context: LearningContext): string | undefined {
  const keys = moved(context).filter(
    (key) => context.log.filter(({ left, came }) => left.includes(key) && came.includes(key)).length >= starts,
  );
  return keys.length === 1 ? keys[0] : undefined;
}

/** The first line that was heard in most experiments that ended in no ROM, and never without a move. */
function heardAtStart({ log, chatter }: LearningContext): string | undefined {
  const counts = new Map<string, number>();
  for (const { text } of log) {
    const line = text
      .split(/[\r\n]+/)
      .map((one) => one.trim().slice(0, longest))
      .find((one) => one.length >= shortest);
    if (line !== undefined) counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  const [best] = [...counts].toSorted(([, one], [, other]) => other - one);
  return best && best[1] >= starts && !chatter.includes(best[0]) ? best[0] : undefined;
}
