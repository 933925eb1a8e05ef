import { assign, setup } from 'xstate';
import {
  type Asked,
  nextOf,
  type PairingContext,
  type PairingInput,
  type PairingOutput,
  pairingOf,
  startOf,
  withAsked,
} from './pairing.policy.ts';
import { aborted, errorOf, unprovided } from './unprovided.ts';

const pairing = setup({
  types: {
    input: {} as PairingInput,
    context: {} as PairingContext,
    output: {} as PairingOutput,
  },
  actors: {
    askAdapter: unprovided<Asked, { readonly adapter: string }>('askAdapter'),
  },
  guards: {
    hasNext: ({ context }) => nextOf(context) !== undefined,
  },
  actions: {
    keepAsked: assign(({ context }, seen: Asked) => withAsked(context, seen)),
    keepError: assign({ error: ({ event }) => errorOf(event) }),
    keepAbort: assign({ error: aborted }),
  },
});

/** Finds which adapter belongs to which target, by one adapter's lines at a time. */
export const pairingMachine = pairing.createMachine({
  id: 'pairing',
  description:
    'Finds which adapter belongs to which target: each adapter brings its board into the bootloader and back, one at a time, in two rounds of opposite order that must agree. Nothing is erased or written.',
  context: ({ input }) => startOf(input),
  initial: 'choosing',
  states: {
    choosing: {
      description: 'The next adapter of the round is chosen. After both rounds it is judged what they say together.',
      always: [{ guard: 'hasNext', target: 'asking' }, { target: 'done' }],
    },
    asking: {
      description:
        'One adapter drives its lines into the bootloader and back; what comes and goes on USB meanwhile is its own.',
      on: { 'operator.aborted': { target: 'done', actions: 'keepAbort' } },
      invoke: {
        src: 'askAdapter',
        input: ({ context }) => ({ adapter: nextOf(context)! }),
        onDone: { target: 'choosing', actions: { type: 'keepAsked', params: ({ event }) => event.output } },
        onError: { target: 'done', actions: 'keepError' },
      },
    },
    done: { description: 'Each adapter has its target, or a reason why it has none.', type: 'final' },
  },
  output: ({ context }) => ({ ...pairingOf(context), error: context.error }),
});
