import type { Milliseconds } from '../base/units.ts';

/** Which application to ask, if `application` does not identify it. Hex ids are four lower-case digits. */
export interface ApplicationIds {
  readonly vendorId?: string;
  readonly productId?: string;
}

/** Through the adapter's USART, or through the target's own USB serial port. */
export interface Talk extends ApplicationIds {
  readonly via: 'adapter' | 'target';
}

/** One way of asking the running application for its bootloader; `send` has one byte a character. */
export type SoftJump =
  | (Talk & { readonly trigger: 'serial-command'; readonly send: string; readonly baudRate: number })
  | (Talk & {
      /** After `send` the firmware charges BOOT0's capacitor itself, and resets within `wait`. */
      readonly trigger: 'self-charge';
      readonly send: string;
      readonly baudRate: number;
      readonly wait: Milliseconds;
      /** The pin of the target that charges, `PB12`, and its level while it does: for the firmware. */
      readonly pin?: string;
      readonly level?: 0 | 1;
    })
  | (ApplicationIds & { readonly trigger: 'touch-1200'; readonly via: 'target' })
  | (Talk & { readonly trigger: 'micropython'; readonly baudRate?: number })
  | (Talk & { readonly trigger: 'betaflight'; readonly baudRate?: number })
  | (Talk & { readonly trigger: 'klipper'; readonly baudRate?: number })
  | (Talk & { readonly trigger: 'katapult'; readonly baudRate?: number })
  | (ApplicationIds & { readonly trigger: 'dfu-detach'; readonly via: 'target' });
