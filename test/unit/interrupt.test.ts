import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { interruptSignal } from '../../src/cli/interrupt.ts';

/** A process whose signals and time a test makes. */
function double() {
  const said: string[] = [];
  const exits: unknown[] = [];
  const time = { now: 0 };
  const process = Object.assign(new EventEmitter(), {
    stderr: { write: (text: string) => said.push(text) > 0 },
    exit: (status: unknown) => void exits.push(status),
  });
  const signal = interruptSignal(process as never, () => time.now);
  const send = (name: string) => process.emit(name, name);
  return { signal, send, said, exits, time };
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGBREAK'])('%s aborts, and ends nothing by itself', (name) => {
  const { signal, send, said, exits } = double();
  expect(signal.aborted).toBe(false);
  send(name);
  expect(signal.reason).toMatchObject({ code: 'aborted', message: `Interrupted by ${name}`, exitStatus: 130 });
  expect(said).toEqual([`bootctl: ${name}: stopping, with the lines to idle\n`]);
  expect(exits).toEqual([]);
});

test('further ones are answered for 10 s, and then one leaves at once', () => {
  const { send, said, exits, time } = double();
  send('SIGHUP');
  for (const now of [1, 9_999]) {
    time.now = now;
    send('SIGHUP');
  }
  expect(exits).toEqual([]);
  expect(said.slice(1).every((text) => text.includes('stopping already'))).toBe(true);
  time.now = 10_000;
  send('SIGINT');
  expect(exits).toEqual([130]);
  expect(said.at(-1)).toMatch(/leaving at once; the kernel releases the lines/);
});
