import { BootctlError } from '../src/base/errors.ts';
import type { UsbDeviceInfo } from '../src/bench/usb-bus.ts';
import { placesOf } from './usb-watch.machine.ts';

/** The ladder is empty: a job without a person has no use for `manual`, and the profile has no other method. */
export const nobodyToAsk = (silence?: BootctlError): BootctlError =>
  new BootctlError(
    'nobody-to-ask',
    `The only method of this profile is \`manual\`, and there is nobody to ask at a terminal${silence ? `; the USART of the ROM was called as well: ${silence.message}` : ''}`,
    silence && {
      hint: 'Run the command at a terminal, without `--json` and `--quiet`. Or start the bootloader by hand first, by a reset with BOOT0 high, and run it again: its USART is called each time. On USB, name its place with `--usb-path`.',
    },
  );

/** Why none of the newcomers is opened. */
export function unidentified(devices: readonly UsbDeviceInfo[]): BootctlError {
  if (devices.length > 1) {
    return new BootctlError(
      'dfu-ambiguous',
      `${devices.length} DFU devices appeared after the reset, at ${placesOf(devices)}; none of them was opened`,
    );
  }
  const path = placesOf(devices);
  return new BootctlError(
    'dfu-unproven',
    `A DFU device has come at ${path}, and nothing shows that it is this board; it was not opened`,
    { hint: `If it is this board, add \`--usb-path ${path}\`.` },
  );
}

/** Two boards hang on the same lines: whichever is flashed, the other one was meant as much. */
export const twins = (at: readonly string[]): BootctlError =>
  new BootctlError(
    'dfu-ambiguous',
    `${at.length} boards hang on the lines of this adapter, at ${at.join(' and ')}; none of them was opened`,
    {
      hint: "Name the board's USB path with `--usb-path`. If one of them is the application at another connector of this board, write its `path` into `application` of the profile.",
    },
  );
