import type { Milliseconds } from '../../base/units.ts';
import type { Conversation, Outcome } from './conversation.ts';
import { converse } from './conversation.ts';
import type { Trigger } from './trigger.ts';

const defaultBaudRate = 115_200;
/** From Ctrl-C to a prompt: finally blocks run first. */
const promptTimeout: Milliseconds = 1_000;
const patience: Milliseconds = 2_000;

const control = { interrupt: '\r\x03\x03', raw: '\r\x01', friendly: '\r\x02', run: '\x04' } as const;
const friendlyPrompt = />>> $/;
const rawPrompt = /raw REPL; CTRL-B to exit\r\n>$/;
/** The call has returned: error text, Ctrl-D and the prompt. One that enters the ROM says OK and nothing more. */
const rawFinished = /OK[^>]*>/;

/** The newer module first; pyb is there on ports and forks without machine.bootloader. */
const calls = ['import machine; machine.bootloader()', 'import pyb; pyb.bootloader()'] as const;

/** Interrupts the running program and calls the bootloader in the raw REPL, or in the friendly REPL where the raw one does not answer. */
export const micropython: Trigger<'micropython'> = (jump, context) =>
  converse(jump, jump.baudRate ?? defaultBaudRate, context, async (repl) => {
    await repl.say(control.interrupt);
    // A REPL that is already raw stays silent here.
    await repl.hear(friendlyPrompt, promptTimeout);
    await repl.say(control.raw);
    if (await repl.hear(rawPrompt, promptTimeout)) {
      return callInTurn(repl, control.run, rawFinished);
    }
    await repl.say(control.friendly);
    return (await repl.hear(friendlyPrompt, promptTimeout)) ? callInTurn(repl, '\r', friendlyPrompt) : 'refused';
  });

async function callInTurn(repl: Conversation, enter: string, refused: RegExp): Promise<Outcome> {
  for (const call of calls) {
    if ((await repl.ask(`${call}${enter}`, { refused, patience })) === 'leaving') return 'leaving';
  }
  return 'refused';
}
