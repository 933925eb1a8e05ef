import type { Bench } from '../../bench/bench.ts';
import type { SerialLink } from '../../bench/serial-link.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { SoftJump } from '../../board/soft-jump.ts';

/** What a trigger may use. */
export interface SoftJumpContext {
  readonly profile: Pick<BoardProfile, 'usb' | 'application'>;
  readonly bench: Bench;
  /** The open adapter, for triggers that go through it; they leave their own character format on it. */
  readonly adapter?: SerialLink | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where the application was that has been asked: its bootloader will be in the same place. */
export interface Asked {
  /** Of the target, such as `1-2`; absent where the trigger went through the adapter or the host does not tell. */
  readonly usbPath?: string;
}

export type TriggerName = SoftJump['trigger'];
export type JumpOf<Name extends TriggerName> = Extract<SoftJump, { trigger: Name }>;

/**
 * Asks the running application for its bootloader, and resolves once the application is on its way, or once no more can be seen;
 * whether a bootloader answers is for the caller to see. From then on nothing more is sent on the adapter.
 * @throws BootctlError `application-port-missing`, `application-port-ambiguous`, `application-silent`, and those of
 * opening and using ports and USB devices; the signal's reason
 */
export type Trigger<Name extends TriggerName> = (jump: JumpOf<Name>, context: SoftJumpContext) => Promise<Asked>;
