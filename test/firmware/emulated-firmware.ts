import type { FirmwarePort, Listener } from '../../src/sim/firmware/firmware-port.ts';
import { Chip, type ChipOptions } from './chip.ts';
import type { Line } from './lines.ts';

/**
 * The firmware of a simulated board, run by the emulator. All bytes that a port has received since the application started
 * go through the compiled kit; where that ends in the ROM, the board goes there, after the time that the kit has waited.
 */
export function emulatedFirmware(line: Line, image: Uint8Array, options: ChipOptions = {}) {
  return (port: FirmwarePort): Listener => {
    let received = '';
    let isGone = false;
    return {
      push: (bytes) => {
        if (isGone) return;
        received += Buffer.from(bytes).toString('latin1');
        const chip = new Chip(line, image, options);
        const end = chip.live('power', { bytes: received }).at(-1);
        isGone = end !== 'application runs';
        if (end === 'ROM: waits for a host') port.after(chip.waited, port.toRomByReset);
        else if (end === 'ROM by BOOT0') port.chargeBoot0(chip.charged);
        else if (isGone) throw new Error(`the emulated firmware has ended: ${end}`);
      },
    };
  };
}
