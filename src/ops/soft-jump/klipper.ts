import type { Milliseconds } from '../../base/units.ts';
import { converse } from './conversation.ts';
import { touch } from './touch-1200.ts';
import type { JumpOf, SoftJumpContext, Trigger } from './trigger.ts';

/** The first `~` ends whatever block was half received; a request counts only as a block of its own. */
const request = '~ \x1c Request Serial Bootloader!! ~';
const defaultBaudRate = 250_000;
const patience: Milliseconds = 2_000;

const sendRequest = (jump: JumpOf<'klipper' | 'katapult'>, context: SoftJumpContext) =>
  converse(jump, jump.baudRate ?? defaultBaudRate, context, (application) => application.ask(request, { patience }));

/** Klipper listens for a 1200-baud touch on USB and for a request on a USART. With Katapult in flash, that starts instead of the ROM. */
export const klipper: Trigger<'klipper'> = (jump, context) =>
  jump.via === 'target' ? touch(jump, context) : sendRequest(jump, context);

/** The request alone, for firmware that takes it on USB as well. */
export const katapult: Trigger<'katapult'> = sendRequest;
