import { sleep } from '../../bench/clock.ts';
import { converse } from './conversation.ts';
import type { Trigger } from './trigger.ts';

/**
 * Sends the profile's bytes, after which the firmware itself charges BOOT0's capacitor and resets: so the application
 * goes away only after the charge, for which `wait` allows.
 */
export const selfCharge: Trigger<'self-charge'> = (jump, context) =>
  converse(jump, jump.baudRate, context, async (application) => {
    const outcome = await application.ask(jump.send, { patience: jump.wait });
    if (jump.via === 'adapter') await sleep(context.bench.clock, jump.wait, context.signal);
    return outcome;
  });
