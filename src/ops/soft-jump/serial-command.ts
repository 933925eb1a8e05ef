import type { Milliseconds } from '../../base/units.ts';
import { converse } from './conversation.ts';
import type { Trigger } from './trigger.ts';

/** Firmware says goodbye first, stops motors, flushes buffers: two seconds are ours. */
const patience: Milliseconds = 2_000;

/** Sends the profile's bytes. */
export const serialCommand: Trigger<'serial-command'> = (jump, context) =>
  converse(jump, jump.baudRate, context, (application) => application.ask(jump.send, { patience }));
