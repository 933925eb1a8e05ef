import { BootctlError } from '../../../base/errors.ts';
import { milliseconds } from '../../../base/text.ts';
import type { Milliseconds } from '../../../base/units.ts';
import { networkPort } from '../../../bench/network-port.ts';
import type { HoldWindow } from '../../../board/circuit/plan.ts';
import { isLineMethod } from '../../../board/circuit/planner.ts';
import { usesModemLines } from '../../../board/circuit/wiring.ts';
import { movesLines } from '../../../board/ladder.ts';
import type { BoardProfile } from '../../../board/profile.ts';

/** A port that moves no line, whatever is wired to its adapter. @throws BootctlError `usage` */
export const carriesBytesOnly = (port: string | undefined): boolean =>
  port !== undefined && networkPort(port)?.scheme === 'socket';

/** @throws BootctlError `port-without-lines`; `usage` if the port is of no kind that there is */
export function refuseWithoutLines(port: string | undefined, profile: BoardProfile): void {
  if (!carriesBytesOnly(port) || !movesLines(profile) || !usesModemLines(profile)) return;
  const methods = profile.methods.filter(isLineMethod).join(' and ');
  throw new BootctlError(
    'port-without-lines',
    `${port} carries bytes only, and the profile has ${methods}, which move RTS and DTR`,
  );
}

/** How long each of the two moves of a hold window may take before it is certain. */
export const longestMove = ({ limit, needed }: HoldWindow): Milliseconds => (limit - needed) / 2;

/** Why a hold window cannot be kept over this network; undefined where it can. */
export function tooSlow(window: HoldWindow | undefined, delay: Milliseconds): BootctlError | undefined {
  if (!window || delay <= longestMove(window)) return undefined;
  const held = window.needed + 2 * delay;
  return new BootctlError(
    'adapter-too-slow',
    `A move of RTS and DTR takes ${milliseconds(delay)} over the network, so that BOOT0 has to hold for ${milliseconds(held)}; the capacitor guarantees only ${milliseconds(window.limit)}. ${milliseconds(longestMove(window))} a move would do`,
    { details: { delay, limit: window.limit } },
  );
}
