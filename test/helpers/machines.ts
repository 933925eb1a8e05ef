import {
  type AnyStateMachine,
  createActor,
  fromPromise,
  type InputFrom,
  type OutputFrom,
  SimulatedClock,
  waitFor,
} from 'xstate';
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

/** Effects that write down what they are asked for, and answer from a table; `next` goes before it. */
export function scriptedEffects<Effect extends string>(answers: Readonly<Record<Effect, unknown>>) {
  const said: string[] = [];
  const next: Partial<Record<Effect, unknown>> = {};
  return {
    said,
    next,
    effect: <Output, Input>(name: Effect) =>
      fromPromise<Output, Input>(async ({ input }) => {
        said.push(input === undefined ? name : `${name} ${JSON.stringify(input)}`);
        await soon(); // what it answers is said behind the start
        const answer = name in next ? next[name] : answers[name];
        if (answer instanceof Error) throw answer;
        return answer as Output;
      }),
    settle: async () => {
      for (let turn = 0; turn < 40; turn++) await soon();
    },
  };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

/** A promise that a test settles. */
export function later<Value>() {
  let resolve: (value: Value) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
