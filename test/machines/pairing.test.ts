import { expect, test } from 'vitest';
import { fromPromise } from 'xstate';
import { pairingMachine } from '../../machines/pairing.machine.ts';
import { type Asked, pairingOf } from '../../machines/pairing.policy.ts';
import { BootctlError } from '../../src/base/errors.ts';
import { runMachine } from '../../src/ops/job/run-machine.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';

const seen = (adapter: string, newcomers: readonly string[], stayed: readonly string[] = []): Asked => ({
  adapter,
  newcomers,
  stayed,
  error: null,
});

/** Runs the machine over these adapters; each answer is what that call of an adapter shows. */
async function paired(
  adapters: readonly string[],
  answer: (adapter: string, call: number) => Promise<Asked>,
  signal?: AbortSignal,
) {
  const order: string[] = [];
  const machine = pairingMachine.provide({
    actors: {
      askAdapter: fromPromise<Asked, { readonly adapter: string }>(({ input }) => {
        order.push(input.adapter);
        return answer(input.adapter, order.length);
      }),
    },
  });
  const output = await runMachine(machine, { adapters, taken: [] }, { clock: new SimClock(), signal });
  return { order, output };
}

test('each adapter is asked twice, in opposite orders', async () => {
  const { order, output } = await paired(['a', 'b', 'c'], async (adapter) => seen(adapter, [`t${adapter}`]));
  expect(order).toEqual(['a', 'b', 'c', 'c', 'b', 'a']);
  expect(output).toEqual({
    pairs: [
      { adapter: 'a', target: 'ta' },
      { adapter: 'b', target: 'tb' },
      { adapter: 'c', target: 'tc' },
    ],
    unpaired: [],
    error: null,
  });
});

test('without adapters there is nothing to ask', async () => {
  expect(await paired([], async () => seen('x', []))).toEqual({
    order: [],
    output: { pairs: [], unpaired: [], error: null },
  });
});

test('a failure ends it, and so does a person', async () => {
  const failure = new BootctlError('usb-unavailable', 'no bus');
  const failed = await paired(['a', 'b'], async (adapter, call) =>
    call === 2 ? Promise.reject(failure) : seen(adapter, ['t']),
  );
  expect([failed.order, failed.output.error]).toEqual([['a', 'b'], failure]);
  const controller = new AbortController();
  const stopped = await paired(
    ['a', 'b'],
    () => {
      controller.abort();
      return new Promise(() => {});
    },
    controller.signal,
  );
  expect([stopped.order, stopped.output.error?.code]).toEqual([['a'], 'aborted']);
});

test.each<[why: string, asked: readonly Asked[], targets: readonly string[]]>([
  ['silent', [seen('a', []), seen('a', [])], []],
  ['several', [seen('a', ['1', '2']), seen('a', ['1', '2'])], ['1', '2']],
  ['several', [seen('a', ['1']), seen('a', ['1', '2'])], ['1', '2']],
  ['disagree', [seen('a', ['1']), seen('a', ['2'])], ['1', '2']],
  ['disagree', [seen('a', ['1']), seen('a', [])], ['1']],
  ['disagree', [seen('a', ['1'])], ['1']],
  ['shared', [seen('a', ['1']), seen('b', ['1']), seen('b', []), seen('a', ['1'])], ['1']],
  ['shared', [seen('a', ['1']), seen('b', ['1', '2']), seen('b', ['2']), seen('a', ['1'])], ['1']],
  ['taken', [seen('a', ['9']), seen('a', ['9'])], ['9']],
  ['stayed', [seen('a', ['1']), seen('a', ['1'], ['1'])], ['1']],
])('%s: %j', (why, asked, targets) => {
  const { pairs, unpaired } = pairingOf({ adapters: ['a'], taken: ['9'], asked });
  expect([pairs, unpaired]).toEqual([[], [{ adapter: 'a', why, targets, error: null }]]);
});

test('the reason is that of the first failed entry', () => {
  const asked = ['one', 'two'].map((message) => ({ ...seen('a', []), error: { message, hint: '' } }));
  expect(pairingOf({ adapters: ['a'], taken: [], asked }).unpaired[0]?.error?.message).toBe('one');
});
