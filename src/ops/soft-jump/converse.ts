import { BootctlError } from '../../base/errors.ts';
import type { CharacterFormat } from '../../bench/serial-link.ts';
import { findApplicationPort, type OwnIds, openApplicationPort, usingApplication } from './application-port.ts';
import { Conversation, type Outcome } from './conversation.ts';
import type { Asked, SoftJumpContext, TriggerName } from './trigger.ts';

/** What the triggers that talk have in common. */
export interface TalkingJump extends OwnIds {
  readonly trigger: TriggerName;
  readonly via: 'adapter' | 'target';
}

/** Talks to the application at 8N1, over the open adapter or over the target's own port, which is closed again. */
export async function converse(
  jump: TalkingJump,
  baudRate: number,
  context: SoftJumpContext,
  talk: (application: Conversation) => Promise<Outcome>,
): Promise<Asked> {
  const format: CharacterFormat = { baudRate, parity: 'none' };
  const { bench, adapter, signal } = context;
  const options = { clock: bench.clock, baudRate, signal };
  const converseUntilLeaving = async (application: Conversation, path: string) => {
    // A port that went away before the request was through may still be the bootloader's coming: the watch will tell.
    if ((await talk(application)) === 'leaving' || application.hasLeft) return;
    throw new BootctlError('application-silent', `The application at ${path} stays where it is after ${jump.trigger}`);
  };
  if (jump.via === 'adapter') {
    if (!adapter) throw new BootctlError('adapter-missing', `${jump.trigger} goes through the adapter; none is open`);
    await adapter.configure(format);
    await adapter.drainInput();
    await converseUntilLeaving(new Conversation({ ...options, link: adapter, isTargets: false }), adapter.path);
    return {};
  }
  const port = await findApplicationPort(jump, context);
  await usingApplication(async () => {
    await using link = await openApplicationPort(port, format, context);
    await converseUntilLeaving(new Conversation({ ...options, link, isTargets: true }), port.path);
  });
  return port.usbPath === undefined ? {} : { usbPath: port.usbPath };
}
