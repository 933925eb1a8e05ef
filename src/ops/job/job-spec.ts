import type { Milliseconds } from '../../base/units.ts';
import type { Bench } from '../../bench/bench.ts';
import type { BoardProfile } from '../../board/profile.ts';
import type { OnProgress } from './events.ts';
import type { OnMachineStep } from './machine-steps.ts';
import type { Inspector } from './run-machine.ts';

/** What every operation on a target takes. It is built once and passed on whole. */
export interface JobSpec {
  /** The board. */
  readonly profile: BoardProfile;
  /** Its serial ports, its USB and its clock: those of this computer, or simulated ones. */
  readonly bench: Bench;
  /** Serial port to use instead of looking for the profile's adapter; of a server, `rfc2217://HOST:PORT` or `socket://HOST:PORT`. */
  readonly port?: string | undefined;
  /** How long to wait for the DFU device after each reset, and for a person. */
  readonly timeout?: Milliseconds | undefined;
  /** Take the bootloader that is there, over DFU or the ROM's USART, and move no line. */
  readonly noEntry?: boolean | undefined;
  /** A person is at the terminal, and may be asked to press buttons. */
  readonly interactive?: boolean | undefined;
  /** Asks that person a question that is answered by yes or no. */
  readonly confirm?: ((question: string, signal: AbortSignal) => Promise<boolean>) | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** Told each state of each machine. */
  readonly trace?: OnMachineStep | undefined;
  /** Gets the inspection events of xstate, for the whole tree of machines. */
  readonly inspect?: Inspector | undefined;
  /** Aborting it ends the job with `aborted`, after the lines are idle. */
  readonly signal?: AbortSignal | undefined;
}
