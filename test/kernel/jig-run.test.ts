import { expect } from 'vitest';
import type { TimedTruth } from '../../src/sim/truth.ts';
import type { BenchAction } from './agent/protocol.ts';
import { differences, firmwareImage } from './boards.ts';
import { type BootctlRun, bootctl } from './bootctl.ts';
import {
  adaptersIn,
  type BenchSlot,
  boardsIn,
  heldAfter,
  keepAfter,
  slotsText,
  slotsWith,
  swapAfter,
} from './jig-slots.ts';
import { bench, kernelTest, run, setUp, skipsWaiting, writeGuestFile } from './kernel-test.ts';
import { idle } from './one-board.ts';

const image = firmwareImage(16 * 1024);
const serialAt = 0x3f00;

const jigYaml = (slots: string): string => `station: bench
profile: rc-cap
image: unit.bin@0x08000000
slots:
${slots}unit:
  serial: { from: range, first: 1, last: 99, format: "SN{number:04}" }
  patch: ["0x0800${serialAt.toString(16)}=text:{serial}"]
records: /tmp/records.db
`;

/** What a unit with this serial number has to hold. */
function unitWith(serial: string): Uint8Array {
  const unit = Uint8Array.from(image);
  unit.set(Buffer.from(serial, 'ascii'), serialAt);
  return unit;
}

interface Run {
  readonly slot: string;
  readonly serial: string;
  readonly outcome: string;
  readonly code?: string;
}

const runsOf = ({ lines }: BootctlRun): readonly Run[] =>
  lines.flatMap((line) => (line.event === 'run' ? [line.run as Run] : []));

/** In the midst of the flash: the third block of the first run of this slot. */
const inTheFlash = ({ board }: BenchSlot, act: BenchAction, delay?: number) =>
  bench.call('when', { event: { what: 'programmed', board }, nth: 3, act, ...(delay !== undefined && { delay }) });

/** How often the lines of each adapter have moved each board. */
const movedBy = (truth: readonly TimedTruth[]): ReadonlySet<string> =>
  new Set(truth.flatMap((event) => (event.what === 'lines' ? [`${event.adapter} moves ${event.board}`] : [])));

/** Starts of an attempt in a run, by slot. */
const attemptsIn = ({ lines }: BootctlRun, { slot }: BenchSlot): readonly unknown[] =>
  lines.filter(
    (line) =>
      line.event === 'progress' &&
      line.slot === slot &&
      (line.progress as { event: string }).event === 'attempt.started',
  );

kernelTest(
  'a jig with four slots: one adapter and one target are pulled in mid-run, and each slot makes good units',
  async () => {
    const slots = slotsWith(['ft232r', 'cp2102', 'ch340', 'pl2303']);
    const [twice, withoutAdapter, cut, once] = slots as [BenchSlot, BenchSlot, BenchSlot, BenchSlot];
    const devices = await setUp({ boards: boardsIn(slots), adapters: adaptersIn(slots) });
    await run(['sh', '-c', 'rm -f /tmp/records.db*']);
    await writeGuestFile('/tmp/unit.bin', image);
    await writeGuestFile('/tmp/jig.yaml', jigYaml(slotsText(slots, devices)));
    await inTheFlash(withoutAdapter, { unplug: withoutAdapter.adapter });
    await inTheFlash(withoutAdapter, { plug: withoutAdapter.adapter }, 1_000);
    await inTheFlash(cut, { unplug: cut.board });

    const good = [
      [twice, 1],
      [twice, 2],
      [withoutAdapter, 2],
      [withoutAdapter, 3],
      [cut, 2],
      [once, 1],
    ] as const;
    const station = await bootctl(['jig', 'run', '/tmp/jig.yaml', '--no-page', '--units', String(good.length)], {
      atLines: [
        ...good.map(([slot, nth]) => keepAfter(slot, nth, image.length)),
        ...[swapAfter(twice, 1), swapAfter(withoutAdapter, 1), swapAfter(withoutAdapter, 2), swapAfter(cut, 1)].flat(),
      ],
    });
    const runs = runsOf(station);
    const of = ({ slot }: BenchSlot) => runs.filter((run) => run.slot === slot);
    const ends = (slot: BenchSlot) => of(slot).map(({ outcome, code }) => [outcome, code].filter(Boolean).join(' '));
    expect(slots.map(ends)).toEqual([
      ['pass', 'pass'],
      ['error adapter-lost', 'pass', 'pass'],
      ['fail target-lost', 'pass'],
      ['pass'],
    ]);
    expect(station.status).toBe(0);

    for (const [slot, nth] of good) {
      const { serial } = of(slot)[nth - 1]!;
      expect({ serial, wrong: differences(await heldAfter(slot, nth), unitWith(serial)) }).toEqual({
        serial,
        wrong: [],
      });
    }
    // In real time a busy machine may miss a hold window.
    if (skipsWaiting) expect([attemptsIn(station, twice).length, attemptsIn(station, once).length]).toEqual([2, 1]);
    expect(movedBy(await bench.call('truth', null))).toEqual(
      new Set(slots.map(({ adapter, board }) => `${adapter} moves ${board}`)),
    );
    for (const { adapter } of slots) expect(await bench.call('lines', adapter)).toEqual(idle);

    const check = await bootctl(['jig', 'report', '/tmp/records.db', '--check']);
    expect(check.lines[0]).toMatchObject({ event: 'records.checked', runs: 8, problems: [] });
    const { lines } = await bootctl(['jig', 'report', '/tmp/records.db']);
    const numbersIn = (outcomes: readonly string[]) =>
      runs
        .filter(({ outcome }) => outcomes.includes(outcome))
        .map(({ serial }) => Number(serial.slice(2)))
        .sort((a, b) => a - b);
    expect(lines[0]).toMatchObject({
      numbers: [{ used: numbersIn(['pass']), burnt: numbersIn(['error', 'fail']), claimed: [], free: 99 - 8 }],
    });
    expect(new Set(runs.map(({ serial }) => serial)).size).toBe(8);
  },
  240_000,
);
