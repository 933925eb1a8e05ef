import { expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import { DfuSeClient } from '../../src/protocol/dfuse/client.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { type ScriptedAnswer, ScriptedUsb } from '../helpers/scripted-usb.ts';

// Status answers: bStatus, bwPollTimeout (3), bState, iString (DFU 1.1 §6.1.2); commands: AN3156 §4.
const idle = [0, 0, 0, 0, 2, 0];
const downloadIdle = [0, 0, 0, 0, 5, 0];
const uploadIdle = [0, 0, 0, 0, 9, 0];
const error = (status: number) => [status, 0, 0, 0, 10, 0];
const busy = (poll: number) => [0, poll, 0, 0, 4, 0];
const listed = [[0x00, 0x21, 0x41, 0x92], uploadIdle, idle];

test.each<[string, readonly ScriptedAnswer[], (client: DfuSeClient) => Promise<unknown>]>([
  [
    'The device does not return to dfuIDLE (dfuERROR, errUNKNOWN)',
    Array(11).fill(error(0x0e)),
    (client) => client.toIdle(),
  ],
  ['Read failed: dfuERROR, errTARGET', ['stall', error(0x01)], (client) => client.upload(2, 64)],
  [
    'Leave failed: dfuERROR, errSTALLEDPKT',
    [busy(0), downloadIdle, error(0x0f)],
    (client) => client.leave(0x0800_0000),
  ],
  [
    'The ROM refuses Read Unprotect: its Get does not list Read Unprotect',
    [[0x00, 0x21, 0x41], uploadIdle, idle],
    (client) => client.readUnprotect(),
  ],
  [
    'The ROM refuses Read Unprotect: Read Unprotect was refused: dfuERROR, errVENDOR',
    [...listed, error(0x0b)],
    (client) => client.readUnprotect(),
  ],
])('what is refused is told: %s', async (says, answers, ask) => {
  const client = new DfuSeClient(new ScriptedUsb(answers), 0, new SimClock());
  await expect(ask(client)).rejects.toThrow(says);
});

test('how long a reply was held back is counted from its request, not from the start of the job', async () => {
  const clock = new SimClock();
  const client = new DfuSeClient(new ScriptedUsb([busy(60), downloadIdle]), 0, clock);
  await sleep(clock, 1_000);
  await client.erase(0x0800_0000);
  expect(clock.now()).toBe(1_060);
});
