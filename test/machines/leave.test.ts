import { expect, test, vi } from 'vitest';
import { fromPromise } from 'xstate';
import { leaveMachine, type Sighting } from '../../machines/leave.machine.ts';
import { BootctlError } from '../../src/base/errors.ts';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import { device, failure, startMachine } from '../helpers/machines.ts';

type Step = 'ok' | 'fails';

function leave({
  leaves = 'ok',
  resets = 'ok',
  sightings,
}: {
  leaves?: Step;
  resets?: Step;
  sightings: Sighting['outcome'][];
}) {
  const done: string[] = [];
  const left = [...sightings];
  const act = (name: string, step: Step) =>
    fromPromise<void, void>(async () => {
      done.push(name);
      if (step === 'fails') throw failure(name === 'reset' ? 'adapter-lost' : 'dfu-status');
    });
  const sighting = (): Sighting => ({ outcome: left.shift()!, what: 'made up', device: device('1-4', '1-4#7') });
  const machine = leaveMachine.provide({
    actors: {
      leaveBootloader: act('leave', leaves),
      resetIntoApplication: act('reset', resets),
      seeApplication: fromPromise<Sighting, void>(async () => {
        done.push('look');
        return sighting();
      }),
      identifyApplication: fromPromise<Sighting, { device: UsbDeviceInfo }>(async ({ input }) => {
        done.push(`identify ${input.device.path}`);
        return sighting();
      }),
    },
  });
  return { ...startMachine(machine, undefined), done };
}

test.each([
  { name: 'seen at once', run: { sightings: ['seen'] }, done: ['leave', 'look'], outcome: 'seen', how: 'dfu-leave' },
  {
    name: 'nothing to check',
    run: { sightings: ['not-checked'] },
    done: ['leave', 'look'],
    outcome: 'not-checked',
    how: 'dfu-leave',
  },
  {
    name: 'seen after a reset with BOOT0 = 0',
    run: { sightings: ['nothing', 'seen'] },
    done: ['leave', 'look', 'reset', 'look'],
    outcome: 'seen',
    how: 'reset',
  },
  {
    name: 'the bootloader came back, twice',
    run: { sightings: ['bootloader-again', 'bootloader-again'] },
    done: ['leave', 'look', 'reset', 'look'],
    outcome: 'bootloader-again',
    how: 'reset',
  },
  {
    name: 'a refused leave is made good by the reset',
    run: { leaves: 'fails', sightings: ['seen'] },
    done: ['leave', 'reset', 'look'],
    outcome: 'seen',
    how: 'reset',
  },
  {
    name: 'whose it is shows in one more reset',
    run: { sightings: ['unidentified', 'seen'] },
    done: ['leave', 'look', 'identify 1-4'],
    outcome: 'seen',
    how: 'dfu-leave',
  },
  {
    name: 'another board came, and one more',
    run: { sightings: ['unidentified', 'unidentified', 'seen'] },
    done: ['leave', 'look', 'identify 1-4', 'identify 1-4'],
    outcome: 'seen',
    how: 'dfu-leave',
  },
  {
    name: 'it was another board, and the own one is seen after a reset',
    run: { sightings: ['unidentified', 'nothing', 'seen'] },
    done: ['leave', 'look', 'identify 1-4', 'reset', 'look'],
    outcome: 'seen',
    how: 'reset',
  },
  {
    name: 'it was another board, also after the reset',
    run: { sightings: ['nothing', 'unidentified', 'nothing'] },
    done: ['leave', 'look', 'reset', 'look', 'identify 1-4'],
    outcome: 'nothing',
    how: 'reset',
  },
] as const)('$name', async ({ run, done, outcome, how }) => {
  const job = leave({ ...run, sightings: [...run.sightings] });
  expect(await job.ended).toMatchObject({ sighting: { outcome }, how });
  expect(job.done).toEqual(done);
});

test('an adapter that is lost at the reset leaves the first sighting and the reason', async () => {
  const { ended } = leave({ resets: 'fails', sightings: ['nothing'] });
  expect(await ended).toMatchObject({ sighting: { outcome: 'nothing' }, error: { code: 'adapter-lost' } });
});

test('an application seen after a failed leave carries no error', async () => {
  const { ended } = leave({ leaves: 'fails', sightings: ['seen'] });
  expect((await ended).error).toBeNull();
});

type Look = Sighting | BootctlError;
/** What is seen at each look, or why looking has failed. */
function look(...looks: Look[]) {
  const done: string[] = [];
  const next = async (name: string) => {
    done.push(name);
    const found = looks.shift()!;
    if (found instanceof BootctlError) throw found;
    return found;
  };
  const machine = leaveMachine.provide({
    actors: {
      leaveBootloader: fromPromise<void, void>(async () => {}),
      resetIntoApplication: fromPromise<void, void>(async () => void done.push('reset')),
      seeApplication: fromPromise<Sighting, void>(() => next('look')),
      identifyApplication: fromPromise<Sighting, { device: UsbDeviceInfo }>(() => next('identify')),
    },
  });
  return { ...startMachine(machine, undefined), done };
}
const seen: Sighting = { outcome: 'seen', what: 'made up' };
const other: Sighting = { outcome: 'unidentified', what: 'made up', device: device('1-4', '1-4#7') };
const lost = failure('adapter-lost');

test.each([
  { name: 'the first look', looks: [lost, seen], done: ['look', 'reset', 'look'] },
  {
    name: 'the proof whose application it is',
    looks: [other, lost, seen],
    done: ['look', 'identify', 'reset', 'look'],
  },
])('where $name fails, the reset is tried, and an application seen then carries no error', async ({ looks, done }) => {
  const job = look(...looks);
  expect(await job.ended).toMatchObject({ sighting: seen, error: null, how: 'reset' });
  expect(job.done).toEqual(done);
});

test.each([
  { name: 'each look', looks: [failure('usb-timeout'), lost], done: ['look', 'reset', 'look'] },
  {
    name: 'the proof after the reset',
    looks: [failure('usb-timeout'), other, lost],
    done: ['look', 'reset', 'look', 'identify'],
  },
])('where $name fails, the job ends with the reason, and resets no second time', async ({ looks, done }) => {
  const job = look(...looks);
  expect(await job.ended).toMatchObject({ error: { code: 'adapter-lost' }, how: 'reset' });
  expect(job.done).toEqual(done);
});

const nothing: Sighting = { outcome: 'nothing', what: 'made up' };
test.each([
  { name: 'the request to leave', job: () => leave({ leaves: 'fails', sightings: ['nothing'] }), code: 'dfu-status' },
  { name: 'the first look', job: () => look(lost, nothing), code: 'adapter-lost' },
  { name: 'the proof', job: () => look(other, lost, nothing), code: 'adapter-lost' },
])('where $name fails, and no application is seen after the reset, the failure is told', async ({ job, code }) => {
  expect(await job().ended).toMatchObject({ sighting: { outcome: 'nothing' }, error: { code } });
});

test('a target that refuses to leave, and an adapter that is lost: the later reason is told', async () => {
  const { ended } = leave({ leaves: 'fails', resets: 'fails', sightings: [] });
  expect(await ended).toMatchObject({ sighting: null, error: { code: 'adapter-lost' } });
});

test('an abort ends the wait for the application', async () => {
  const machine = leaveMachine.provide({
    actors: {
      leaveBootloader: fromPromise<void, void>(async () => {}),
      seeApplication: fromPromise<Sighting, void>(() => new Promise(() => {})),
    },
  });
  const { actor, ended } = startMachine(machine, undefined);
  await vi.waitUntil(() => actor.getSnapshot().value === 'looking');
  actor.send({ type: 'operator.aborted' });
  expect(await ended).toMatchObject({ sighting: null, error: { code: 'aborted' } });
});
