import type { Milliseconds } from '../../base/units.ts';
import type { SoftJump } from '../../board/soft-jump.ts';
import type { Timers } from '../chip/timers.ts';
import { CommandPort } from './command-port.ts';
import type { FirmwareManner } from './firmware-manner.ts';
import type { FirmwarePort, Listener } from './firmware-port.ts';
import { FlightController } from './flight-controller.ts';
import { KlipperBlocks } from './klipper-blocks.ts';
import { MicropythonRepl } from './micropython-repl.ts';

/** LibreSolar's charge controllers and QMK charge for 100 ms; a profile that waits less gets less. */
const usualCharge: Milliseconds = 100;
const noisePeriod: Milliseconds = 15;
const noise = 'T=21.4\r\n';

/** Its readings, for as long as `isWanted`. */
export function chatter(timers: Timers, send: (text: string) => void, isWanted: () => boolean): void {
  timers.after(noisePeriod, () => {
    if (!isWanted()) return;
    send(noise);
    chatter(timers, send, isWanted);
  });
}

/** The same port for a firmware that refuses requests. */
function refusing(port: FirmwarePort): FirmwarePort {
  const refuse = () => port.send('not now\r\n');
  return { ...port, toRom: refuse, toRomByReset: () => {}, chargeBoot0: () => {} };
}

/** The actions of this firmware for the profile's commands. */
function commandsOf(jumps: readonly SoftJump[], port: FirmwarePort, { chargeTime }: FirmwareManner) {
  const toRom = jumps.flatMap((jump) =>
    jump.trigger === 'serial-command' ? { send: jump.send, act: port.toRom } : [],
  );
  const charge = jumps.flatMap((jump) => {
    if (jump.trigger !== 'self-charge') return [];
    const time = chargeTime ?? Math.min(usualCharge, jump.wait / 2);
    return { send: jump.send, act: () => port.chargeBoot0(time) };
  });
  return { toRom, charge };
}

/** The listeners at a port that these soft jumps use. None if the firmware ignores its input. */
export function listenersOf(
  jumps: readonly SoftJump[],
  own: FirmwarePort,
  manner: FirmwareManner,
): readonly Listener[] {
  const { temper, firmware, listener } = manner;
  if (listener) return [listener(own)];
  if (temper === 'deaf' || temper === 'stuck') return [];
  if (temper === 'vanishes') return [{ push: own.restart }];
  const refuses = temper === 'refuses';
  const port = refuses ? refusing(own) : own;
  const { toRom, charge } = commandsOf(jumps, port, manner);
  const triggers = new Set(jumps.map(({ trigger }) => trigger));
  if (triggers.has('betaflight') || firmware) {
    // INAV does not reboot while it is armed.
    const controller = new FlightController(port, refuses ? { firmware: 'inav', armed: true } : manner);
    return [new CommandPort(charge), controller];
  }
  if (triggers.has('micropython')) {
    const { send, toRom: enterRom } = port;
    const repl = new MicropythonRepl({ busy: temper === 'noisy', withoutCall: refuses, send, toRom: enterRom });
    return [new CommandPort(charge), repl];
  }
  const isKlipper = triggers.has('klipper') || triggers.has('katapult');
  return [new CommandPort([...toRom, ...charge]), ...(isKlipper ? [new KlipperBlocks(port)] : [])];
}
