import { type AnyStateMachine, createActor, type InputFrom, type OutputFrom, SimulatedClock, waitFor } from 'xstate';
import { BootctlError, type ErrorCode } from '../../src/base/errors.ts';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';

export const failure = (code: ErrorCode): BootctlError => new BootctlError(code, `made up: ${code}`);

export const device = (path: string, instance: string, id = '0483:df11'): UsbDeviceInfo => {
  const [vendorId = '', productId = ''] = id.split(':');
  return { path, instance, vendorId, productId, bcdDevice: '2200' };
};

/** Starts a machine on a clock that stands still unless told; `ended` resolves with its output. */
export function startMachine<Machine extends AnyStateMachine>(machine: Machine, input: InputFrom<Machine>) {
  const clock = new SimulatedClock();
  const actor = createActor(machine as AnyStateMachine, { input, clock });
  actor.start();
  const ended = waitFor(actor, ({ status }) => status === 'done').then(
    (snapshot) => snapshot.output as OutputFrom<Machine>,
  );
  return { actor, clock, ended };
}
