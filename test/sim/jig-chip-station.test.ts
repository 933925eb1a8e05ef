import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { systemClock } from '../../src/host/system/system-clock.ts';
import type { JigPlan, UnitPlan } from '../../src/jig/plan/jig-plan.ts';
import type { FromSlot, ToSlot } from '../../src/jig/slot/slot-messages.ts';
import { SlotServer } from '../../src/jig/slot/slot-server.ts';
import type { StartSlotProcess } from '../../src/jig/station/slot-worker.ts';
import { stationUnits } from '../../src/jig/station/station-units.ts';
import type { StationEvent } from '../../src/jig/station-view.ts';
import { openRecords } from '../../src/records/open-records.ts';
import { readRecords } from '../../src/records/read-records.ts';
import { unitLives } from '../../src/records/unit-life.ts';
import { createSimBench, type SimBench } from '../../src/sim/sim-bench.ts';
import { chipOfUnit, jigPlan, slotProfile, startJig } from '../helpers/jig.ts';
import { recordsFolder } from '../helpers/records.ts';

// A whole station with its records, whose slots are in this process: so that the flash of each simulated chip can be read.

const flashAt = 0x0800_ff00;

interface Board {
  readonly bench: SimBench;
  readonly chipUid: string;
}

/** The slots of a station in this process; `isBad` says of which chips the step after the flash finds that they are bad. */
function slotsHere(boards: Board[], isBad: (chipUid: string) => boolean): StartSlotProcess {
  return (onMessage) => {
    let end = (_: string) => {};
    const exited = new Promise<string>((resolve) => {
      end = resolve;
    });
    const server = new SlotServer({
      // As between two processes: nothing of a message is shared.
      send: (message: FromSlot) => void queueMicrotask(() => onMessage(structuredClone(message))),
      openBench: async ({ profile }, { simulated }) => {
        const bench = createSimBench({ profile, uniqueId: Buffer.from(simulated!.chipUid!, 'hex') });
        boards.push({ bench, chipUid: simulated!.chipUid! });
        return { ...bench, [Symbol.asyncDispose]: async () => {} };
      },
      runStep: async (_, { job }) => {
        if (isBad(job.unit.chipUid!)) throw new BootctlError('step-failed', 'no current');
        return [];
      },
      record: (_file, _argv, spec, run) => run(spec),
      restorePower: async () => {},
      clock: { ...systemClock, setTimeout: (act, ms) => (ms === 1_000 ? 0 : systemClock.setTimeout(act, ms)) },
    });
    const receive = (message: ToSlot) =>
      message.type === 'stop' ? void server.stop().then(() => end('ended')) : server.receive(message);
    return {
      pid: 1,
      send: (message) => queueMicrotask(() => receive(structuredClone(message) as ToSlot)),
      kill: () => end('killed'),
      exited,
    };
  };
}

interface Setup {
  readonly unit?: Partial<UnitPlan>;
  readonly plan?: Partial<JigPlan>;
  readonly rows?: readonly Record<string, string>[];
  readonly profile?: 'dfu';
}

/** A station without an operator: `put` has a unit with this chip run. */
async function station({ unit, plan: more, rows = [], profile: over }: Setup = {}) {
  const path = join(recordsFolder(), 'records.db');
  const records = openRecords(path, { station: 'bench', now: () => Date.now(), isSimulated: true });
  onTestFinished(() => records[Symbol.dispose]());
  const usual = jigPlan({ start: { on: ['button'], settle: 5 } }, 1);
  const plan = { ...usual, ...more, unit: { ...usual.unit, identifies: true, patch: ['0x0800FF00={uid}'], ...unit } };
  const own = slotProfile('1-1.1', '1-2.1');
  const overUsart = {
    ...own,
    usb: { ...own.usb, connected: false },
    usart: { ...own.usart, connected: true },
    application: { expect: 'none' as const },
  };
  const boards: Board[] = [];
  const bad = new Set<string>();
  let chipUid = chipOfUnit(1);
  const jig = await startJig({
    plan,
    operates: false,
    changes: {
      records,
      slots: [{ name: 'A1', adapter: '1-1.1', target: '1-2.1', profile: over === 'dfu' ? own : overUsart }],
      units: stationUnits(
        plan,
        rows,
        () => Date.now(),
        (serials) => records.serialsInUse(serials),
      ),
      startProcess: slotsHere(boards, (chip) => bad.has(chip)),
      simulatedUnit: () => ({ scenario: 'crashed', chipUid }),
    },
  });
  const verdict = () =>
    new Promise<Extract<StationEvent, { event: 'slot' }>['slot']>((resolve) => {
      const stop = jig.station.subscribe((event) => {
        if (event.event !== 'slot' || event.slot.state !== 'verdict') return;
        stop();
        resolve(event.slot);
      });
    });
  let requests = 0;
  /** `code`: of its label, where that is scanned. */
  const put = async (chip: string, isBad = false, code?: string) => {
    chipUid = chip;
    bad.delete(chip);
    if (isBad) bad.add(chip);
    const ended = verdict();
    const asked = code === undefined ? ({ request: 'start' } as const) : ({ request: 'scan', code } as const);
    const who = { id: `t${++requests}`, operator: 'test', slot: 'A1' };
    expect(jig.station.request({ ...who, ...asked })).toEqual({ ok: true });
    const { serial, attempt, verdict: shown } = await ended;
    return { serial, attempt, outcome: shown?.outcome, code: shown?.code, message: shown?.message };
  };
  await new Promise<void>((resolve) => {
    jig.station.subscribe((event) => {
      if (event.event === 'station' && event.view.state === 'ready') resolve();
    });
  });
  const end = async () => {
    jig.station.end({ aborts: true });
    await jig.ended;
  };
  const stateOf = () =>
    readRecords(path, (sqlite) => sqlite.all('SELECT serial, state FROM serial_number ORDER BY serial'));
  return { path, put, end, boards, jig, stateOf };
}

const after = [{ name: 'current', command: ['true'], timeout: 1_000 }];
const written = ({ bench }: Board) => Buffer.from(bench.boards[0].memory.flash.read(flashAt, 12)).toString('hex');
const touched = ({ bench }: Board) =>
  bench.truth.events.filter(({ what }) => what === 'erased' || what === 'programmed');

describe('units that are known by their chips', () => {
  test('each have the id of their own chip in their flash, and in the records', async () => {
    const { put, end, boards, path } = await station();
    const [first, second] = [chipOfUnit(1), chipOfUnit(2)];
    expect(await put(first)).toMatchObject({ outcome: 'pass', serial: 'SN000001' });
    expect(await put(second)).toMatchObject({ outcome: 'pass', serial: 'SN000002' });
    await end();
    expect(boards.map((board) => [board.chipUid, written(board)])).toEqual([
      [first, first],
      [second, second],
    ]);
    expect(unitLives(path, second)).toMatchObject([
      { serial: 'SN000002', chipUid: second, isGood: true, runs: [{ chipUid: second, outcome: 'pass' }] },
    ]);
  });

  test('without a label are refused when they have passed before: nothing is written, and they run as they were', async () => {
    const { put, end, boards } = await station();
    await put(chipOfUnit(1));
    expect(await put(chipOfUnit(1))).toMatchObject({
      ...{ outcome: 'error', code: 'unit-refused', message: 'SN000001 has passed before' },
    });
    await end();
    expect(touched(boards[1]!)).toEqual([]);
    expect(boards[1]!.bench.boards[0].board.running).toBe('crashed');
  });

  test('take their number again after a failure and another unit between', async () => {
    const { put, end } = await station({ plan: { after } });
    expect(await put(chipOfUnit(1), true)).toMatchObject({ outcome: 'fail', serial: 'SN000001' });
    expect(await put(chipOfUnit(2))).toMatchObject({ outcome: 'pass', serial: 'SN000002' });
    expect(await put(chipOfUnit(1))).toMatchObject({ outcome: 'pass', serial: 'SN000001', attempt: 2 });
    await end();
  });

  test('lose it where a number that has failed is burnt', async () => {
    const { put, end, stateOf } = await station({ plan: { after }, unit: { failed: 'burn' } });
    await put(chipOfUnit(1), true);
    expect(await put(chipOfUnit(1))).toMatchObject({ outcome: 'pass', serial: 'SN000002', attempt: 2 });
    await end();
    expect(stateOf()).toEqual([
      { serial: 'SN000001', state: 'burnt' },
      { serial: 'SN000002', state: 'used' },
    ]);
  });

  test('find their row of a CSV file again, and take no other', async () => {
    const rows = ['C-1', 'C-2', 'C-3'].map((serial) => ({ serial }));
    const unit = { serial: { from: 'csv', file: 'units.csv', column: 'serial' } } as const;
    const { put, end } = await station({ plan: { after }, unit, rows });
    expect(await put(chipOfUnit(1), true)).toMatchObject({ outcome: 'fail', serial: 'C-1' });
    expect(await put(chipOfUnit(2))).toMatchObject({ outcome: 'pass', serial: 'C-2' });
    expect(await put(chipOfUnit(1))).toMatchObject({ outcome: 'pass', serial: 'C-1', attempt: 2 });
    expect(await put(chipOfUnit(3))).toMatchObject({ outcome: 'pass', serial: 'C-3' });
    await end();
  });

  test('are refused where label and chip speak of different units: nothing is written', async () => {
    const unit = { serial: { from: 'scan', match: /SN[0-9]/u, check: undefined } } as const;
    const plan = { after, start: { on: ['scan' as const], settle: 5 } };
    const { put, end, boards } = await station({ plan, unit });
    const [one, two, three] = [chipOfUnit(1), chipOfUnit(2), chipOfUnit(3)];
    expect(await put(one, true, 'SN1')).toMatchObject({ outcome: 'fail', serial: 'SN1' });
    expect(await put(two, true, 'SN2')).toMatchObject({ outcome: 'fail', serial: 'SN2' });
    expect(await put(two, false, 'SN1')).toMatchObject({
      ...{ outcome: 'error', code: 'unit-refused' },
      message: `label SN1 and chip ${two} belong to different units`,
    });
    expect(await put(three, false, 'SN1')).toMatchObject({
      ...{ outcome: 'error', code: 'unit-refused' },
      message: `SN1 had the chip ${one} before, and has ${three} now`,
    });
    expect(await put(one, false, 'SN3')).toMatchObject({
      ...{ outcome: 'error', code: 'unit-refused', message: 'This unit was SN1 before, and is SN3 now' },
    });
    expect(await put(one, false, 'SN1')).toMatchObject({ outcome: 'pass', serial: 'SN1', attempt: 2 });
    await end();
    expect(boards.slice(2, 5).map(touched)).toEqual([[], [], []]);
  });

  test('whose ROM does not show the id are refused: nothing is written, and the number is free', async () => {
    const { put, end, boards, stateOf, path } = await station({ profile: 'dfu' });
    expect(await put(chipOfUnit(1))).toMatchObject({ outcome: 'error', code: 'chip-id-unread' });
    await end();
    expect(touched(boards[0]!)).toEqual([]);
    expect(stateOf()).toEqual([]);
    const runs = readRecords(path, (sqlite) => sqlite.all('SELECT outcome, code, flash, chip_uid FROM run'));
    expect(runs).toEqual([{ outcome: 'error', code: 'chip-id-unread', flash: 'untouched', chip_uid: null }]);
  });

  test('whose data does not fit are refused: nothing is written, and the number is free', async () => {
    const { put, end, boards, stateOf } = await station({ unit: { patch: ['0x0800FF00=u16:{number}{uid}'] } });
    expect(await put(chipOfUnit(1))).toMatchObject({ outcome: 'error', code: 'unit-refused' });
    await end();
    expect(touched(boards[0]!)).toEqual([]);
    expect(stateOf()).toEqual([]);
  });

  test('have their row on the disk before the first erase', async () => {
    const { put, end, jig, path } = await station();
    const rows: number[] = [];
    jig.station.subscribe((event) => {
      if (event.event !== 'progress' || event.progress.event !== 'phase.started') return;
      const [row] = readRecords(path, (sqlite) =>
        sqlite.all<{ runs: number }>('SELECT count(*) AS runs FROM run WHERE id = ?', event.run),
      );
      rows.push(row!.runs);
    });
    await put(chipOfUnit(1));
    await end();
    expect(rows.length).toBeGreaterThan(2);
    expect(new Set(rows)).toEqual(new Set([1]));
  });
});
