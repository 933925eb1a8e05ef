import { describe, expect, test, vi } from 'vitest';
import type { Judged, SlotRun } from '../../machines/slot.machine.ts';
import { BootctlError } from '../../src/base/errors.ts';
import { failure } from '../helpers/machines.ts';
import { type Doings, held, pass, scanned, settle, startSlot, untilVerdict } from '../helpers/slot-machine.ts';

test('a unit that comes and stays is claimed, worked on, judged, recorded, and then its verdict is shown', async () => {
  const slot = startSlot(['insert']);
  slot.send('unit.appeared');
  expect(slot.state()).toBe('settling');
  slot.clock.increment(settle - 1);
  expect(slot.state()).toBe('settling');
  slot.clock.increment(1);
  expect(slot.state()).toBe('waiting');
  slot.send('turn.given');
  await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
  expect(slot.calls).toEqual(['claim - -', 'job', 'judge', 'record pass']);
  expect(slot.context().judged).toEqual(pass);
});

test('a contact that bounces begins nothing', () => {
  const slot = startSlot(['insert']);
  slot.send('unit.appeared');
  slot.clock.increment(300);
  slot.send('unit.left', 'unit.appeared');
  slot.clock.increment(300);
  expect(slot.state()).toBe('settling');
  slot.clock.increment(200);
  expect(slot.state()).toBe('waiting');
});

test.each([
  { on: ['scan'], events: [scanned('SN1')] },
  { on: ['button'], events: ['button.pressed'] },
  { on: ['insert', 'scan'], events: ['unit.appeared', scanned('SN1')] },
  { on: ['insert', 'scan'], events: [scanned('SN1'), 'unit.appeared'] },
  { on: ['insert', 'scan', 'button'], events: ['button.pressed', scanned('SN1'), 'unit.appeared'] },
] as const)('$on begins when all of it has come, in any order', async ({ on, events }) => {
  const slot = startSlot(on);
  for (const event of events) {
    slot.send('turn.given');
    expect(slot.calls).toEqual([]);
    slot.send(event);
    slot.clock.increment(settle);
  }
  slot.send('turn.given');
  await vi.waitFor(() => expect(slot.state()).toMatch(/verdict|unseen/));
  expect(slot.calls[0]).toBe(`claim ${on.includes('scan' as never) ? 'SN1' : '-'} -`);
});

test('a label goes with the unit that it was scanned for', () => {
  const slot = startSlot(['insert', 'scan']);
  slot.send('unit.appeared');
  slot.clock.increment(settle);
  slot.send(scanned('SN1'), 'unit.left');
  expect(slot.context().label).toBeUndefined();
  expect(slot.state()).toBe('absent');
});

describe('after the verdict', () => {
  test('the same unit begins nothing, whatever its application does on the bus', async () => {
    const slot = startSlot(['insert']);
    await untilVerdict(slot);
    slot.send('unit.left');
    slot.clock.increment(settle - 1);
    slot.send('unit.appeared', 'turn.given');
    slot.clock.increment(60_000);
    expect(slot.state()).toBe('verdict');
  });

  test('a removal makes room for the next one', async () => {
    const slot = startSlot(['insert']);
    await untilVerdict(slot);
    slot.send('unit.left');
    slot.clock.increment(settle);
    expect(slot.state()).toBe('absent');
    expect(slot.context()).toMatchObject({ run: undefined, judged: undefined });
  });

  test('the label of the next unit may be scanned while the one before is taken out', async () => {
    const slot = startSlot(['insert', 'scan']);
    slot.send(scanned('SN1'));
    await untilVerdict(slot);
    expect(slot.context().label).toBeUndefined();
    slot.send('unit.left', scanned('SN2'));
    slot.clock.increment(settle);
    slot.send('unit.appeared');
    slot.clock.increment(settle);
    slot.send('turn.given');
    expect(slot.calls.at(-1)).toBe('claim SN2 -');
  });

  test('a unit that the bus does not show and whose application starts late is not the next one', async () => {
    const slot = startSlot(['insert'], { job: async () => slot.send('unit.left') });
    slot.send('unit.appeared');
    slot.clock.increment(settle);
    slot.send('turn.given');
    await vi.waitFor(() => expect(slot.state()).toBe('unseen'));
    slot.clock.increment(1_999);
    slot.send('unit.appeared');
    expect(slot.state()).toBe('verdict');
  });

  test('what appears after a while is the next one', async () => {
    const slot = startSlot(['insert'], { job: async () => slot.send('unit.left') });
    slot.send('unit.appeared');
    slot.clock.increment(settle);
    slot.send('turn.given');
    await vi.waitFor(() => expect(slot.state()).toBe('unseen'));
    slot.clock.increment(2_000);
    slot.send('unit.appeared');
    expect(slot.state()).toBe('settling');
    expect(slot.context().judged).toBeUndefined();
  });

  test('the same unit runs again where a person asks for it, under its label, and with the run before', async () => {
    const slot = startSlot(['insert', 'scan']);
    slot.send(scanned('SN1'));
    await untilVerdict(slot);
    slot.send('again.requested');
    expect(slot.state()).toBe('waiting');
    slot.send('turn.given');
    expect(slot.calls.at(-1)).toBe('claim SN1 r1');
  });
});

test('a unit that is refused has a verdict and no run', async () => {
  const refusal = failure('unit-refused');
  const slot = startSlot(['insert'], { claim: () => Promise.reject(refusal) });
  slot.send('unit.appeared');
  slot.clock.increment(settle);
  slot.send('turn.given');
  await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
  expect(slot.calls).toEqual(['claim - -']);
  expect(slot.context()).toMatchObject({ run: undefined, judged: { outcome: 'error', error: refusal } });
  slot.send('again.requested');
  expect(slot.state()).toBe('verdict');
});

test('a process that is lost has its run judged and recorded like any other', async () => {
  const lost = failure('slot-lost');
  const judge = vi.fn(async ({ error }: SlotRun): Promise<Judged> => ({ outcome: 'error', error: error! }));
  const slot = startSlot(['insert'], { job: () => Promise.reject(lost), judge });
  await untilVerdict(slot);
  expect(judge).toHaveBeenCalledWith({ run: 'r1', error: lost, isAborted: false });
  expect(slot.calls.at(-1)).toBe('record error');
});

describe('an abort', () => {
  test('while the unit is claimed starts no job, and the row gets its end', async () => {
    let claimed = (_: { run: string }) => {};
    const slot = startSlot(['insert'], { claim: () => new Promise((resolve) => (claimed = resolve)) });
    slot.send('unit.appeared');
    slot.clock.increment(settle);
    slot.send('turn.given', 'operator.aborted');
    expect(slot.state()).toBe('claiming');
    claimed({ run: 'r1' });
    await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
    expect(slot.calls).toEqual(['claim - -', 'judge', 'record pass']);
  });

  test('of a job awaits its answer', async () => {
    let answered = () => {};
    const slot = startSlot(['insert'], { job: () => new Promise<void>((resolve) => (answered = resolve)) });
    slot.send('unit.appeared');
    slot.clock.increment(settle);
    slot.send('turn.given');
    await vi.waitFor(() => expect(slot.state()).toBe('running'));
    slot.send('operator.aborted');
    expect(slot.state()).toBe('running');
    expect(slot.context().isAborted).toBe(true);
    answered();
    await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
  });

  test('of a slot that does nothing is nothing', () => {
    const slot = startSlot(['insert']);
    slot.send('operator.aborted');
    expect(slot.context().isAborted).toBe(false);
  });
});

describe('records that cannot be written', () => {
  const full = new BootctlError('records-unwritable', 'the disk is full');

  test('hold the slot before anything moves', async () => {
    const slot = startSlot(['insert'], { claim: () => Promise.reject(full) });
    slot.send('unit.appeared');
    slot.clock.increment(settle);
    slot.send('turn.given');
    await vi.waitFor(() => expect(slot.state()).toBe('held'));
    expect(slot.context().heldBy).toEqual({
      ...{ code: 'records-unusable', error: 'records-unwritable', detail: 'the disk is full' },
    });
    slot.send('slot.cleared');
    expect(slot.state()).toBe('settling');
  });

  test('show no verdict: it is written after the lead has cleared the slot', async () => {
    const record = vi.fn<() => Promise<void>>().mockRejectedValueOnce(full).mockResolvedValue(undefined);
    const slot = startSlot(['insert'], { record });
    slot.send('unit.appeared');
    slot.clock.increment(settle);
    slot.send('turn.given');
    await vi.waitFor(() => expect(slot.state()).toBe('held'));
    slot.send('slot.cleared');
    await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
    expect(slot.calls).toEqual(['claim - -', 'job', 'judge', 'record pass', 'record pass']);
    expect(slot.context()).toMatchObject({ heldBy: undefined, isUnrecorded: false });
  });
});

describe('a slot that is held', () => {
  test.each([
    { name: 'empty', events: [] },
    { name: 'with a unit that settles', events: ['unit.appeared'] },
  ] as const)('$name takes no turn', ({ events }) => {
    const slot = startSlot(['insert']);
    slot.send(...events, held, 'turn.given');
    slot.clock.increment(settle);
    expect(slot.state()).toBe('held');
    slot.send('slot.cleared');
    expect(slot.state()).toBe(events.length === 0 ? 'absent' : 'settling');
  });

  test('at work ends its run first, and keeps its verdict', async () => {
    let answered = () => {};
    const slot = startSlot(['insert'], { job: () => new Promise<void>((resolve) => (answered = resolve)) });
    slot.send('unit.appeared');
    slot.clock.increment(settle);
    slot.send('turn.given');
    await vi.waitFor(() => expect(slot.state()).toBe('running'));
    slot.send(held);
    expect(slot.state()).toBe('running');
    answered();
    await vi.waitFor(() => expect(slot.state()).toBe('held'));
    expect(slot.calls.at(-1)).toBe('record pass');
    slot.send('slot.cleared');
    expect(slot.state()).toBe('verdict');
  });

  test('whose unit was taken out meanwhile is empty', async () => {
    const slot = startSlot(['insert']);
    await untilVerdict(slot);
    slot.send(held, 'unit.left', 'slot.cleared');
    expect(slot.state()).toBe('absent');
  });
});

describe('a unit that is known by its chip', () => {
  const waits = async () => ({ isWaiting: true });
  const begin = (doings: Doings) => {
    const slot = startSlot(['insert'], doings);
    slot.send('unit.appeared');
    slot.clock.increment(settle);
    slot.send('turn.given');
    return slot;
  };

  test('is claimed when its job waits in the bootloader, and the job goes on', async () => {
    const slot = begin({ identify: waits });
    expect(slot.state()).toBe('identifying');
    await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
    expect(slot.calls).toEqual(['identify', 'claim - -', 'job', 'judge', 'record pass']);
  });

  test('whose job ends before has its row all the same, and no second job', async () => {
    const slot = begin({ identify: async () => ({ isWaiting: false }) });
    await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
    expect(slot.calls).toEqual(['identify', 'claim - -', 'judge', 'record pass']);
  });

  test('whose process is lost before has its row with that error', async () => {
    const judged: (BootctlError | null)[] = [];
    const slot = begin({
      identify: () => Promise.reject(failure('slot-lost')),
      judge: async ({ error }) => {
        judged.push(error);
        return pass;
      },
    });
    await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
    expect(judged).toMatchObject([{ code: 'slot-lost' }]);
    expect(slot.calls).toEqual(['identify', 'claim - -', 'judge', 'record pass']);
  });

  test('is refused without a run', async () => {
    const slot = begin({ identify: waits, claim: () => Promise.reject(failure('unit-refused')) });
    await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
    expect(slot.context().judged).toMatchObject({ outcome: 'error', error: { code: 'unit-refused' } });
    expect(slot.calls).toEqual(['identify', 'claim - -']);
  });

  test('an abort before the claim reaches the job that waits', async () => {
    const slot = begin({ identify: waits });
    slot.send('operator.aborted');
    await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
    expect(slot.calls).toEqual(['identify', 'claim - -', 'job', 'judge', 'record pass']);
  });
});
