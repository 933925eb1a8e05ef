import type { FirmwarePort, Listener } from '../../src/sim/firmware/firmware-port.ts';
import { Chip, type ChipOptions } from './chip.ts';
import type { Line } from './lines.ts';
import type { Input } from './outside.ts';

/**
 * The firmware of a simulated board, run by the emulator. All that a port has received since the application started
 * goes through the compiled kit; where that ends in the ROM, the board goes there, after the time that the kit has waited.
 */
export function emulatedFirmware(line: Line, image: Uint8Array, options: ChipOptions = {}) {
  return (port: FirmwarePort): Required<Listener> => {
    let bytes = '';
    const states: NonNullable<Input['states']>[number][] = [];
    let isGone = false;
    const run = () => {
      if (isGone) return;
      const chip = new Chip(line, image, options);
      const end = chip.live('power', { bytes, states }).at(-1);
      isGone = end !== 'application runs';
      if (end === 'ROM: waits for a host') port.after(chip.waited, port.toRomByReset);
      else if (end === 'ROM by BOOT0') port.chargeBoot0(chip.charged);
      else if (isGone) throw new Error(`the emulated firmware has ended: ${end}`);
    };
    return {
      push: (more) => {
        bytes += Buffer.from(more).toString('latin1');
        run();
      },
      lineState: (baudRate, dtr) => {
        states.push({ baudRate, dtr });
        run();
      },
    };
  };
}
