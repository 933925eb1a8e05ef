import type { BoardProfile } from '../profiles/profile.ts';
import type { Milliseconds } from '../units.ts';
import type { FirmwareWhims } from './firmware-whims.ts';
import { DfuRunTime } from './target/dfu-run-time.ts';
import type { Timers } from './target/timers.ts';
import type { TargetContext } from './target-program.ts';

/** LibreSolar's charge controllers and QMK charge for 100 ms; a profile that waits less gets less. */
const usualCharge: Milliseconds = 100;
const usualDetach = { willDetach: true, detachTimeout: 1_000 } as const;
const behindSerialPort = 2; // a CDC serial port has the interfaces 0 and 1

/** What `line` makes this firmware do; undefined where it is no command of the profile's `self-charge`. */
export function selfChargeAfter(
  line: string,
  { softJump }: BoardProfile,
  { chargeTime }: FirmwareWhims,
): ((context: TargetContext, timers: Timers) => void) | undefined {
  const jump = softJump.find(({ trigger }) => trigger === 'self-charge');
  if (jump?.trigger !== 'self-charge' || jump.send.trim() !== line.trim()) return undefined;
  const time = chargeTime ?? Math.min(usualCharge, jump.wait / 2);
  return (context, timers) => {
    context.chargeBoot0(true);
    timers.after(time, () => context.systemReset());
  };
}

/** The run-time DFU interface of a firmware whose profile says `dfu-detach`. */
export function runTimeDfuOf(
  { softJump }: BoardProfile,
  { detach }: FirmwareWhims,
  timers: Timers,
  enterRom: () => void,
): DfuRunTime | undefined {
  if (!softJump.some(({ trigger }) => trigger === 'dfu-detach')) return undefined;
  const interfaceNumber = detach?.withoutSerialPort ? 0 : behindSerialPort;
  return new DfuRunTime(interfaceNumber, { ...usualDetach, ...detach }, timers, enterRom);
}
