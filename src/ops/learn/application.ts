import type { LearningContext } from '../../../machines/learning.policy.ts';
import { startLine, witnesses } from '../../../machines/learning-evidence.policy.ts';
import type { Milliseconds } from '../../base/units.ts';
import { sleep } from '../../bench/clock.ts';
import type { LearnedBoard } from '../../board/learning/learned-board.ts';
import { type Clone, clones } from '../../chips/clones.ts';
import type { JobSpec } from '../job/job-spec.ts';
import { keyOf } from './bus-record.ts';
import type { NamedRom } from './enter-by-profile.ts';

type Application = Pick<LearnedBoard, 'application'>;

/** An application starts and enumerates in this time. Our choice, as for the proof of one. */
const comesWithin: Milliseconds = 5_000;
const lookPeriod: Milliseconds = 20;
/** So often it has to have left and come. */
const starts = 2;

/** The application that comes when the ROM has gone, and the same in the experiments; else one that says the same at each start. */
export async function applicationOf(
  spec: Pick<JobSpec, 'bench' | 'signal'>,
  context: LearningContext,
  rom: NamedRom | null,
): Promise<Application> {
  const key = rom ? await onlyWithoutRom(spec, context, rom) : cameAndWent(context);
  if (key !== undefined) return { application: onBus(key, rom) };
  const match = startLine(context);
  return {
    application:
      match === null
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
    (key) => !isRom(key) && cloneIn(key) === undefined && !restless.includes(key),
  );
};

/** The clone of an STM32 whose ROM this is. */
export const cloneIn = (key: string): Clone | undefined =>
  clones.find(({ ids }) => ids.some(({ vendorId, productId }) => key.endsWith(` ${vendorId}:${productId}`)));

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
