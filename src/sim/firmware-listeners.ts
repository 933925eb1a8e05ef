import type { SoftJump } from '../profiles/profile.ts';
import type { Milliseconds } from '../units.ts';
import type { FirmwareWhims } from './firmware-whims.ts';
import { CommandPort } from './target/command-port.ts';
import type { FirmwarePort, Listener } from './target/firmware-port.ts';
import { FlightController, type FlightControllerOptions } from './target/flight-controller.ts';
import { KlipperBlocks } from './target/klipper-blocks.ts';
import { MicropythonRepl } from './target/micropython-repl.ts';
import type { Timers } from './target/timers.ts';

/** A manner in which a firmware does not do what the profile expects. */
export interface FirmwareManner extends FlightControllerOptions, FirmwareWhims {
  /** Nothing that it receives brings it into the ROM. */
  readonly ignores?: true;
}

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

/** The same port, to one who says no where it can. */
function refusing(port: FirmwarePort): FirmwarePort {
  const refuse = () => port.send('not now\r\n');
  return { ...port, toRom: refuse, toRomByReset: () => {} };
}

/** What listens at a port that these soft jumps go to: nothing at all where the firmware ignores whoever asks. */
export function listenersOf(
  jumps: readonly SoftJump[],
  own: FirmwarePort,
  manner: FirmwareManner,
): readonly Listener[] {
  const { ignores, temper, firmware } = manner;
  if (ignores || temper === 'stuck') return [];
  if (temper === 'vanishes') return [{ push: own.restart }];
  const refuses = temper === 'refuses';
  const port = refuses ? refusing(own) : own;
  const triggers = new Set(jumps.map(({ trigger }) => trigger));
  if (triggers.has('betaflight') || firmware) {
    // INAV is the one that does not reboot while it is armed.
    return [new FlightController(port, refuses ? { firmware: 'inav', armed: true } : manner)];
  }
  if (triggers.has('micropython')) {
    const { send, toRom } = port;
    return [new MicropythonRepl({ busy: temper === 'noisy', withoutCall: refuses, send, toRom })];
  }
  const commands = jumps.flatMap((jump) =>
    jump.trigger === 'serial-command' ? { send: jump.send, act: port.toRom } : [],
  );
  const isKlipper = triggers.has('klipper') || triggers.has('katapult');
  return [new CommandPort(commands), ...(isKlipper ? [new KlipperBlocks(port)] : [])];
}
