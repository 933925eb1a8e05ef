import { expect, test } from 'vitest';
import { SimulatedClock } from 'xstate';
import type { Clock } from '../../src/bench/clock.ts';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import { Presence } from '../../src/jig/station/presence.ts';
import { device } from '../helpers/machines.ts';

const slots = [
  { name: 'A1', adapter: '1-3.1', target: '1-2.1' },
  { name: 'A2', adapter: '1-3.2', target: '1-2.2' },
];
const adapter = (path: string) => device(path, `${path}#1`, '0403:6001');
const jigAdapters = [adapter('1-3.1'), adapter('1-3.2')];

/** A station's look at a bus that a test fills. */
async function look(first: readonly UsbDeviceInfo[], adapters: 'jig' | 'unit' = 'jig') {
  const clock = new SimulatedClock();
  const told: string[] = [];
  let devices = first;
  let onChange = () => {};
  let trouble: Error | undefined;
  const presence = new Presence({
    bus: {
      list: async () => {
        if (trouble) throw trouble;
        return devices;
      },
      onChange: (listener) => {
        onChange = listener;
        return () => {};
      },
    },
    clock: clock as unknown as Clock,
    slots,
    adapters,
    onAdapter: (slot, note) => told.push(`${slot} adapter ${note ? `${note.is} ${note.place}` : 'there'}`),
    onUnit: (slot, isPresent) => told.push(`${slot} ${isPresent ? 'in' : 'out'}`),
    onStrangers: (strangers) => told.push(`strangers ${strangers.map(({ path }) => path).join(' ')}`),
    onTrouble: (error) => told.push(`trouble ${error instanceof Error ? error.message : ''}`),
  });
  await presence.start();
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return {
    presence,
    clock,
    told,
    fail: (error: Error | undefined) => {
      trouble = error;
    },
    now: async (next: readonly UsbDeviceInfo[], isTold = true) => {
      devices = next;
      if (isTold) onChange();
      await settled();
    },
    settled,
  };
}

test('a unit is there while its target is on the bus at the place of the slot', async () => {
  const { told, now } = await look(jigAdapters);
  await now([...jigAdapters, device('1-2.2', '1-2.2#5')]);
  await now(jigAdapters);
  expect(told).toEqual(['A2 in', 'A2 out']);
});

test('an adapter of the jig that goes and comes is no unit', async () => {
  const { told, now } = await look(jigAdapters);
  await now([jigAdapters[1]!]);
  await now(jigAdapters);
  expect(told).toEqual(['A1 adapter missing 1-3.1', 'A1 adapter there']);
});

test('an adapter of the jig that comes after the first look is no unit either; a target shows that it belongs here', async () => {
  const { told, now } = await look([jigAdapters[0]!]);
  expect(told).toEqual(['A2 adapter missing 1-3.2']);
  told.length = 0;
  await now(jigAdapters);
  await now([...jigAdapters, device('1-2.2', '1-2.2#5')]);
  await now(jigAdapters);
  expect(told).toEqual(['A2 adapter alone 1-3.2', 'A2 adapter there', 'A2 in', 'A2 out']);
});

test('a unit in a slot whose adapter is missing is there, and so is what is missing', async () => {
  const { told } = await look([jigAdapters[0]!, device('1-2.2', '1-2.2#5')]);
  expect(told).toEqual(['A2 adapter missing 1-3.2', 'A2 in']);
});

test('with `adapters: unit` a unit that was in its slot at the first look leaves with its adapter', async () => {
  const { told, now } = await look([adapter('1-3.1')], 'unit');
  await now([]);
  await now([adapter('1-3.1')]);
  expect(told).toEqual(['A1 in', 'A1 out', 'A1 in']);
});

test('with `adapters: unit` an adapter comes with its unit, and a missing one is as it should be', async () => {
  const { told, now } = await look([], 'unit');
  await now([adapter('1-3.1')]);
  await now([adapter('1-3.1'), device('1-2.1', '1-2.1#5')]);
  await now([adapter('1-3.1')]);
  await now([]);
  expect(told).toEqual(['A1 in', 'A1 out']);
});

test('a target that left and came between two looks has left and come', async () => {
  const { told, now } = await look([...jigAdapters, device('1-2.1', '1-2.1#5')]);
  await now([...jigAdapters, device('1-2.1', '1-2.1#6')]);
  expect(told).toEqual(['A1 in', 'A1 out', 'A1 in']);
});

test('without a word of the host the bus is looked at each second', async () => {
  const { told, now, clock, settled } = await look(jigAdapters);
  await now([...jigAdapters, device('1-2.1', '1-2.1#5')], false);
  clock.increment(999);
  await settled();
  expect(told).toEqual([]);
  clock.increment(1);
  await settled();
  expect(told).toEqual(['A1 in']);
});

test('what is plugged in elsewhere is a stranger; hubs on the way to slots and root hubs are none', async () => {
  const hubs = [device('1-2', '1-2#1', '05e3:0610'), device('1-0', '1-0#1', '1d6b:0002')];
  const { told, now } = await look([...jigAdapters, ...hubs]);
  await now([...jigAdapters, ...hubs, device('1-4', '1-4#9')]);
  await now([...jigAdapters, ...hubs]);
  expect(told).toEqual(['strangers 1-4', 'strangers ']);
});

test('a bus that cannot be listed is told, and looked at again', async () => {
  const { told, now, fail } = await look(jigAdapters);
  fail(new Error('no USB here'));
  await now(jigAdapters);
  fail(undefined);
  await now([...jigAdapters, device('1-2.1', '1-2.1#5')]);
  expect(told).toEqual(['trouble no USB here', 'A1 in']);
});
