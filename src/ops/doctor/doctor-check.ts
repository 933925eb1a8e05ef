import type { BootctlError } from '../../base/errors.ts';
import type { HostFacts } from '../../bench/host-facts.ts';
import type { PortInfo } from '../../bench/serial-link.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import type { Inventory } from '../list.ts';

/** `warning` costs a way in or some comfort; `problem` stops a job. */
export type Verdict = 'ok' | 'warning' | 'problem';

/** One row of the report. */
export interface Finding {
  readonly verdict: Verdict;
  /** What was seen. */
  readonly seen: string;
  /** What to do about it; absent where there is nothing to do. */
  readonly advice?: string;
}

/** The profile that was asked for, and the adapter that it means. */
export interface ProfileFacts {
  readonly profile: BoardProfile | BootctlError;
  /** What is allowed in it, and may still surprise. */
  readonly warnings?: readonly string[];
  readonly adapter?: PortInfo | BootctlError;
  /** Why its lines of this host cannot be taken. */
  readonly gpio?: BootctlError;
  /** Why one of its commands cannot be run. */
  readonly commands?: BootctlError;
}

/** All that the checks judge; nothing in it was learned by opening a serial port. */
export interface DoctorFacts {
  readonly host: HostFacts;
  readonly inventory: Inventory;
  /** Absent without `--profile`. */
  readonly wanted?: ProfileFacts;
  /** What is to be flashed, or is on the board already. */
  readonly image?: FirmwareImage;
}

/** One check: no finding where it does not apply, several where it looks at several things. */
export type Check = (facts: DoctorFacts) => readonly Finding[];

/** The failure of some call as a finding of this verdict. */
export const troubleFinding = (verdict: Verdict, { message, hint }: BootctlError): Finding => ({
  verdict,
  seen: message,
  advice: hint,
});
