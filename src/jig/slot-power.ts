import { isPowerPort } from '../board/circuit/host-lines.ts';
import { bootLadder } from '../board/ladder.ts';
import type { BoardProfile } from '../board/profile.ts';

/** A board whose power nothing cuts by its profile gets the port of its slot for that: the last attempt of its ladder. */
export const withPower = (profile: BoardProfile, port: string | undefined): BoardProfile =>
  port === undefined || cutsPower(profile) ? profile : { ...profile, powerCycle: { hubPort: port } };

/** Why a job on this board would never switch the port of its slot; undefined where it may. */
export function whyNeverSwitched(profile: BoardProfile, port: string): string | undefined {
  if (cutsPower(profile)) return `the profile ${profile.id} has a program that cuts the power`;
  const isRung = bootLadder(withPower(profile, port)).some(({ change }) => change === 'power cycle');
  return isRung ? undefined : `no line of the profile ${profile.id} holds BOOT0 high while the power comes back`;
}

const cutsPower = ({ powerCycle, hostLines = {} }: BoardProfile): boolean =>
  (powerCycle !== undefined && !isPowerPort(powerCycle)) ||
  Object.values(hostLines).some((line) => line.kind === 'command' && line.pin === 'nrst' && line.by === 'powerCycle');
