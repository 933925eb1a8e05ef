import type { SoftJump } from '../../board/soft-jump.ts';
import { betaflight } from './betaflight.ts';
import { dfuDetach } from './dfu-detach.ts';
import { katapult, klipper } from './klipper.ts';
import { micropython } from './micropython.ts';
import { selfCharge } from './self-charge.ts';
import { serialCommand } from './serial-command.ts';
import { touch1200 } from './touch-1200.ts';
import type { Asked, SoftJumpContext, Trigger, TriggerName } from './trigger.ts';

/** One way of asking, and where it is known from. */
export interface TriggerRow<Name extends TriggerName> {
  readonly ask: Trigger<Name>;
  readonly source: string;
}

/** Every trigger of a profile's `softJump`. */
export const triggers: { readonly [Name in TriggerName]: TriggerRow<Name> } = {
  'serial-command': { ask: serialCommand, source: 'the firmware of the board' },
  'self-charge': {
    ask: selfCharge,
    source: 'the firmware of the board; LibreSolar charge-controller-firmware issue 26',
  },
  'touch-1200': {
    ask: touch1200,
    source: 'Arduino go-serial-utils reset.go (open at 1200, DTR off, close); stm32duino and Klipper usb_cdc.c',
  },
  micropython: {
    ask: micropython,
    source: 'MicroPython tools/pyboard.py (Ctrl-C twice, Ctrl-A); docs, machine.bootloader and pyb.bootloader',
  },
  betaflight: {
    ask: betaflight,
    source: 'Betaflight msp.c (MSP_REBOOT), msp_serial.c (#), cli.c (bl); Betaflight configurator webstm32.js',
  },
  klipper: { ask: klipper, source: 'Klipper docs/Bootloader_Entry.md; src/generic/serial_irq.c, usb_cdc.c' },
  katapult: { ask: katapult, source: 'Katapult scripts/flashtool.py; Klipper docs/Bootloader_Entry.md' },
  'dfu-detach': { ask: dfuDetach, source: 'DFU 1.1 §4.1, §5.1' },
};

/** Asks the running application in the way of one `softJump` entry; see `Trigger`. */
export function askApplication(jump: SoftJump, context: SoftJumpContext): Promise<Asked> {
  const { ask } = triggers[jump.trigger] as TriggerRow<never> & {
    readonly ask: (jump: SoftJump, context: SoftJumpContext) => Promise<Asked>;
  };
  return ask(jump, context);
}
