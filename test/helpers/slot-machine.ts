import { expect, vi } from 'vitest';
import { createActor, fromPromise, SimulatedClock } from 'xstate';
import { type Judged, type SlotEvent, type SlotInput, type SlotRun, slotMachine } from '../../machines/slot.machine.ts';

export const pass: Judged = { outcome: 'pass', error: undefined };
export const settle = 500;

export interface Doings {
  /** Its unit is known by its chip. */
  readonly identify?: () => Promise<{ isWaiting: boolean }>;
  readonly claim?: () => Promise<{ run: string }>;
  readonly job?: (input: { readonly run: string }) => Promise<void>;
  readonly judge?: (run: SlotRun) => Promise<Judged>;
  readonly record?: () => Promise<void>;
}

/** A slot on a clock that stands still; `calls` are its effects in their order. */
export function startSlot(on: SlotInput['on'], doings: Doings = {}) {
  const {
    claim = async () => ({ run: 'r1' }),
    job = async () => {},
    judge = async () => pass,
    record = async () => {},
    identify,
  } = doings;
  const identifies = identify !== undefined;
  const calls: string[] = [];
  const call = <T>(name: string, act: () => Promise<T>) => {
    calls.push(name);
    return act();
  };
  const clock = new SimulatedClock();
  const machine = slotMachine.provide({
    actors: {
      identifyUnit: fromPromise(() => call('identify', identify!)),
      claimUnit: fromPromise(({ input: { label, again } }) => call(`claim ${label ?? '-'} ${again ?? '-'}`, claim)),
      runJob: fromPromise(({ input }) => call('job', () => job(input))),
      judgeRun: fromPromise(({ input }) => call('judge', () => judge(input))),
      recordRun: fromPromise(({ input }) => call(`record ${input.judged.outcome}`, record)),
    },
  });
  const actor = createActor(machine, { input: { on, settle, identifies }, clock }).start();
  const send = (...events: (SlotEvent | SlotEvent['type'])[]) => {
    for (const event of events) actor.send(typeof event === 'string' ? ({ type: event } as SlotEvent) : event);
  };
  const state = () => actor.getSnapshot().value;
  return { actor, clock, calls, send, state, context: () => actor.getSnapshot().context };
}

export const scanned = (label: string): SlotEvent => ({ type: 'unit.scanned', label });
export const held: SlotEvent = { type: 'slot.held', why: { code: 'lead', why: 'the lead said so' } };

/** A unit comes, and its run goes to the end. */
export async function untilVerdict(slot: ReturnType<typeof startSlot>) {
  slot.send('unit.appeared');
  slot.clock.increment(settle);
  slot.send('turn.given');
  await vi.waitFor(() => expect(slot.calls.some((call) => call.startsWith('record'))).toBe(true));
  await vi.waitFor(() => expect(slot.state()).toBe('verdict'));
}
