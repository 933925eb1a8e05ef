import { describe, expect, test } from 'vitest';
import { fromCallback } from 'xstate';
import { type UsbWatchInput, usbWatchMachine } from '../../machines/usb-watch.machine.ts';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import { device, startMachine } from '../helpers/machines.ts';

const dfu = { vendorId: '0483', productId: 'df11' };
const application = { vendorId: '0483', productId: '5740' };

function watch(input: Partial<UsbWatchInput>) {
  const machine = usbWatchMachine.provide({ actors: { watchBus: fromCallback(() => {}) } });
  const { actor, ...rest } = startMachine(machine, { known: [], wanted: dfu, timeout: 5_000, ...input });
  return { ...rest, actor, list: (devices: UsbDeviceInfo[]) => actor.send({ type: 'usb.listed', devices }) };
}

const board = device('1-2', '1-2#7');
const stranger = device('1-3', '1-3#4');

test.each([
  { name: 'the newcomer is seen', input: {}, lists: [[], [board]], output: { outcome: 'seen', device: board } },
  {
    name: "a stranger's DFU device that was there before is not taken",
    input: { known: [stranger.instance] },
    lists: [[stranger], [stranger, board]],
    output: { outcome: 'seen', device: board },
  },
  {
    name: 'a board that was already in DFU is new again after the reset',
    input: { known: ['1-2#6'] },
    lists: [[device('1-2', '1-2#6')], [], [board]],
    output: { outcome: 'seen', device: board },
  },
  {
    name: 'two newcomers are never guessed between',
    input: {},
    lists: [[board, stranger]],
    output: { outcome: 'ambiguous', devices: [board, stranger] },
  },
  {
    name: 'a path tells two newcomers apart',
    input: { wanted: { ...dfu, path: '1-2' } },
    lists: [[stranger], [stranger, board]],
    output: { outcome: 'seen', device: board },
  },
  {
    name: 'the application that comes back ends the wait',
    input: { unwanted: application },
    lists: [[device('1-2', '1-2#7', '0483:5740')]],
    output: {
      outcome: 'unwanted',
      device: device('1-2', '1-2#7', '0483:5740'),
      came: [device('1-2', '1-2#7', '0483:5740')],
    },
  },
  {
    name: 'the application that was there before does not',
    input: { unwanted: application, known: ['1-2#6'] },
    lists: [[device('1-2', '1-2#6', '0483:5740')], [board]],
    output: { outcome: 'seen', device: board },
  },
])('$name', async ({ input, lists, output }) => {
  const { list, ended } = watch(input);
  for (const devices of lists) list(devices);
  expect(await ended).toEqual(output);
});

test('what has come and gone meanwhile is told, each arrival once and nothing that was there before', async () => {
  const { list, clock, ended } = watch({ timeout: 5_000, known: ['1-9#1'], unwanted: application });
  const [mouse, bootloader] = [device('1-9', '1-9#1', '046d:c52b'), device('1-2', '1-2#7', '1eaf:0003')];
  const [again, back] = [device('1-2', '1-2#8', '1eaf:0003'), device('1-2', '1-2#9', '0483:5740')];
  for (const devices of [[mouse, bootloader], [mouse, bootloader], [mouse], [mouse, again], [mouse, back]]) {
    list(devices);
    clock.increment(10);
  }
  expect(await ended).toEqual({ outcome: 'unwanted', device: back, came: [bootloader, again, back] });
});

test('silence lasts as long as the timeout, whatever else comes and goes', async () => {
  const { list, clock, ended, actor } = watch({ timeout: 5_000 });
  list([device('1-9', '1-9#3', '046d:c52b')]);
  clock.increment(4_999);
  expect(actor.getSnapshot().status).toBe('active');
  clock.increment(1);
  expect(await ended).toEqual({ outcome: 'silent', comings: 0, came: [device('1-9', '1-9#3', '046d:c52b')] });
});

test('an instance that has left the bus is no longer known: the same name may come again', async () => {
  const { list, ended } = watch({ known: [board.instance] });
  for (const devices of [[board], [], [board]]) list(devices);
  expect(await ended).toEqual({ outcome: 'seen', device: board });
});

test('of several newcomers one that leaves again does not stand in the way of the next wait', async () => {
  const { list, ended } = watch({ known: [stranger.instance, board.instance] });
  for (const devices of [[stranger, board], [stranger], [stranger, board]]) list(devices);
  expect(await ended).toEqual({ outcome: 'seen', device: board });
});

describe('a newcomer that has to stay', () => {
  const stay = 1_000;
  const coming = (times: number) => device('1-2', `1-2#${times}`);

  test('is seen when it has stayed', async () => {
    const { list, clock, ended, actor } = watch({ stay });
    list([board]);
    clock.increment(999);
    expect(actor.getSnapshot().value).toBe('staying');
    clock.increment(1);
    expect(await ended).toEqual({ outcome: 'seen', device: board });
  });

  test('may come twice, as a firmware that changes its USB device does', async () => {
    const { list, clock, ended } = watch({ stay });
    list([coming(1)]);
    clock.increment(500);
    list([]);
    list([coming(2)]);
    clock.increment(1_000);
    expect(await ended).toEqual({ outcome: 'seen', device: coming(2) });
  });

  test('is not seen where it never stays, however often it comes', async () => {
    const { list, clock, ended } = watch({ stay, timeout: 5_000 });
    for (let times = 1; times <= 12; times++) {
      list([coming(times)]);
      clock.increment(300);
      list([]);
      clock.increment(200);
    }
    expect(await ended).toMatchObject({ outcome: 'silent', comings: 10 });
  });

  test('is not taken for gone because other devices come and go beside it', async () => {
    const { list, clock, ended } = watch({ stay });
    list([board]);
    list([device('1-9', '1-9#3', '046d:c52b'), board]);
    list([board]);
    clock.increment(1_000);
    expect(await ended).toEqual({ outcome: 'seen', device: board });
  });

  test('is not chosen where two come at once', async () => {
    const { list, ended } = watch({ stay });
    list([board, stranger]);
    expect(await ended).toEqual({ outcome: 'ambiguous', devices: [board, stranger] });
  });

  test('has its time also where it came just before the timeout', async () => {
    const { list, clock, ended } = watch({ stay, timeout: 5_000 });
    clock.increment(4_900);
    list([board]);
    clock.increment(1_000);
    expect(await ended).toEqual({ outcome: 'seen', device: board });
  });

  test('and leaves after the timeout, is waited for no longer', async () => {
    const { list, clock, ended } = watch({ stay, timeout: 5_000 });
    clock.increment(4_900);
    list([board]);
    clock.increment(500);
    list([]);
    expect(await ended).toMatchObject({ outcome: 'silent', comings: 1 });
  });
});

test('an abort ends the watch', async () => {
  const { actor, ended } = watch({});
  actor.send({ type: 'operator.aborted' });
  expect(await ended).toEqual({ outcome: 'aborted' });
});
