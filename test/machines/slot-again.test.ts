import { describe, expect, test, vi } from 'vitest';
import type { SlotRun } from '../../machines/slot.machine.ts';
import { failure, later } from '../helpers/machines.ts';
import { held, pass, scanned, settle, startSlot, untilVerdict } from '../helpers/slot-machine.ts';

/** What a slot knows of its unit besides its state. */
const arrival = ({ context }: ReturnType<typeof startSlot>) => {
  const { isPresent, label, isPressed, again } = context();
  return { isPresent, label, isPressed, again };
};
/** What was to be judged, and each time a good verdict. */
function remembered() {
  const judged: SlotRun[] = [];
  const judge = async (run: SlotRun) => {
    judged.push(run);
    return pass;
  };
  return { judged, judge };
}
const nothing = { isPresent: false, label: undefined, isPressed: false, again: undefined };

describe('what is known of a unit', () => {
  test.each(['settling', 'waiting', 'verdict'] as const)('is forgotten when it leaves from %s', async (from) => {
    const slot = startSlot(['insert']);
    if (from === 'verdict') await untilVerdict(slot);
    else slot.send('unit.appeared');
    if (from === 'waiting') slot.clock.increment(settle);
    expect([slot.state(), slot.context().isPresent]).toEqual([from, true]);
    slot.send('unit.left', held, 'slot.cleared');
    expect([slot.state(), arrival(slot), slot.context().heldBy]).toEqual(['absent', nothing, undefined]);
  });

  test('is forgotten when a person clears a slot that was held', () => {
    for (const events of [[], ['unit.appeared']] as const) {
      const slot = startSlot(['insert', 'scan', 'button']);
      slot.send(...events, scanned('SN1'), 'button.pressed', held, 'slot.cleared');
      expect(arrival(slot)).toEqual({ ...nothing, isPresent: events.length === 1 });
      expect(slot.context().heldBy).toBeUndefined();
    }
  });

  test('of the next one, which came after a while, is not what was known of the one before', async () => {
    const slot = startSlot(['insert']);
    await untilVerdict(slot);
    slot.send('unit.left');
    slot.clock.increment(settle);
    slot.send('unit.appeared', held, 'slot.cleared');
    expect([slot.state(), slot.context().judged, slot.context().isPresent]).toEqual(['settling', undefined, true]);
  });

  test('of one that came while the bus did not show the one before either', async () => {
    const slot = startSlot(['scan']);
    slot.send(scanned('SN1'), 'turn.given');
    await vi.waitFor(() => expect(slot.state()).toBe('unseen'));
    slot.clock.increment(2_000);
    expect(slot.state()).toBe('gone');
    slot.send('unit.appeared');
    expect([slot.state(), slot.context().isPresent, slot.context().judged]).toEqual(['settling', true, undefined]);
  });
});

describe('where a unit begins without the bus', () => {
  test('the bus says all the same whether it is still there', async () => {
    const jobs = [later<void>(), later<void>()];
    const slot = startSlot(['scan'], { job: () => jobs.shift()!.promise });
    const [first, second] = jobs;
    slot.send(scanned('SN1'), 'turn.given');
    await vi.waitFor(() => expect(slot.state()).toBe('running'));
    slot.send('unit.appeared');
    first!.resolve();
    await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
    slot.send('again.requested', 'unit.left');
    expect([slot.state(), slot.context().isPresent]).toEqual(['waiting', false]);
    slot.send('turn.given');
    second!.resolve();
    await vi.waitFor(() => expect(slot.state()).toBe('unseen'));
  });
});

describe('a unit that runs again', () => {
  test('has nothing of its run before, and the same label each time', async () => {
    const { judged, judge } = remembered();
    const job = vi.fn<(input: { readonly run: string }) => Promise<void>>().mockResolvedValue();
    job.mockRejectedValueOnce(failure('slot-lost'));
    let runs = 0;
    const slot = startSlot(['insert', 'scan'], {
      claim: async () => ({ run: `r${++runs}` }),
      job,
      judge,
    });
    slot.send(scanned('SN1'));
    await untilVerdict(slot);
    for (const run of [2, 3]) {
      slot.send('again.requested', 'turn.given');
      await vi.waitFor(() => expect(judged).toHaveLength(run));
      await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
    }
    expect(slot.calls.filter((call) => call.startsWith('claim'))).toEqual([
      'claim SN1 -',
      'claim SN1 r1',
      'claim SN1 r2',
    ]);
    expect(judged.map(({ run, error }) => [run, error?.code])).toEqual([
      ['r1', 'slot-lost'],
      ['r2', undefined],
      ['r3', undefined],
    ]);
    expect(job.mock.calls).toEqual([[{ run: 'r1' }], [{ run: 'r2' }], [{ run: 'r3' }]]);
  });

  test('whose run before was aborted is not aborted', async () => {
    const claims = [later<{ run: string }>(), later<{ run: string }>()];
    const [first, second] = claims;
    const { judged, judge } = remembered();
    const slot = startSlot(['insert'], {
      claim: () => claims.shift()!.promise,
      judge,
    });
    slot.send('unit.appeared');
    slot.clock.increment(settle);
    slot.send('turn.given', 'operator.aborted');
    first!.resolve({ run: 'r1' });
    await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
    slot.send('again.requested', 'turn.given');
    second!.resolve({ run: 'r2' });
    await vi.waitFor(() => expect(judged).toHaveLength(2));
    expect(judged.map(({ run, isAborted }) => [run, isAborted])).toEqual([
      ['r1', true],
      ['r2', false],
    ]);
    expect(slot.calls.filter((call) => call === 'job')).toHaveLength(1);
  });
});

describe('a number that is not granted yet', () => {
  const begin = (on: Parameters<typeof startSlot>[0], ...meanwhile: readonly 'unit.left'[]) => {
    const claimed = later<{ run: string }>();
    const slot = startSlot(on, { claim: () => claimed.promise });
    slot.send('unit.appeared', scanned('SN1'), 'button.pressed');
    slot.clock.increment(settle);
    slot.send('turn.given', ...meanwhile);
    claimed.reject(failure('grant-used-up'));
    return slot;
  };

  test('leaves the unit where it is, with its label: it waits for its turn', async () => {
    const slot = begin(['insert', 'scan']);
    await vi.waitFor(() => expect(slot.state()).toBe('waiting'));
    expect(arrival(slot)).toMatchObject({ isPresent: true, label: 'SN1' });
    expect(slot.context().judged).toBeUndefined();
  });

  test('and a unit that was taken out meanwhile is gone, with its label', async () => {
    const slot = begin(['insert', 'scan'], 'unit.left');
    await vi.waitFor(() => expect(slot.state()).toBe('absent'));
    expect(arrival(slot)).toEqual(nothing);
  });

  test('and a unit that the bus does not show waits as well', async () => {
    const slot = begin(['scan'], 'unit.left');
    await vi.waitFor(() => expect(slot.state()).toBe('waiting'));
    expect(slot.context().label).toBe('SN1');
  });
});

describe('a hold', () => {
  test('that is cleared while the job runs does not stop the slot', async () => {
    const job = later<void>();
    const slot = startSlot(['insert'], { job: () => job.promise });
    slot.send('unit.appeared');
    slot.clock.increment(settle);
    slot.send('turn.given');
    await vi.waitFor(() => expect(slot.state()).toBe('running'));
    slot.send(held, 'slot.cleared');
    job.resolve();
    await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
  });

  test('by records that took no verdict says so', async () => {
    const slot = startSlot(['insert'], { record: () => Promise.reject(failure('records-unwritable')) });
    slot.send('unit.appeared');
    slot.clock.increment(settle);
    slot.send('turn.given');
    await vi.waitFor(() => expect(slot.state()).toBe('held'));
    expect(slot.context().heldBy).toMatchObject({ code: 'records-unusable', error: 'records-unwritable' });
  });
});

describe('a unit that is known by its chip', () => {
  test('is not touched before all has come that it begins by', async () => {
    const slot = startSlot(['insert', 'scan'], { identify: async () => ({ isWaiting: true }) });
    slot.send('unit.appeared');
    slot.clock.increment(settle);
    slot.send('turn.given');
    expect([slot.state(), slot.calls]).toEqual(['waiting', []]);
    slot.send(scanned('SN1'), 'turn.given');
    await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
    expect(slot.calls).toEqual(['identify', 'claim SN1 -', 'job', 'judge', 'record pass']);
  });

  test('an abort in its bootloader is known when it is judged, and so is its run', async () => {
    const { judged, judge } = remembered();
    const slot = startSlot(['insert'], {
      identify: async () => ({ isWaiting: false }),
      judge,
    });
    slot.send('unit.appeared');
    slot.clock.increment(settle);
    slot.send('turn.given', 'operator.aborted');
    await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
    expect(judged).toEqual([{ run: 'r1', error: null, isAborted: true }]);
  });

  test('runs again with nothing of the run before, and under its label', async () => {
    const { judged, judge } = remembered();
    const slot = startSlot(['insert', 'scan'], {
      identify: vi
        .fn<() => Promise<{ isWaiting: boolean }>>()
        .mockRejectedValueOnce(failure('slot-lost'))
        .mockResolvedValue({ isWaiting: true }),
      judge,
    });
    slot.send(scanned('SN1'));
    await untilVerdict(slot);
    slot.send('again.requested', 'turn.given');
    await vi.waitFor(() => expect(judged).toHaveLength(2));
    await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
    expect(judged.map(({ error }) => error?.code)).toEqual(['slot-lost', undefined]);
    slot.send('again.requested', 'turn.given');
    await vi.waitFor(() => expect(judged).toHaveLength(3));
    expect(slot.calls.filter((call) => call.startsWith('claim'))).toEqual([
      'claim SN1 -',
      'claim SN1 r1',
      'claim SN1 r1',
    ]);
  });
});
