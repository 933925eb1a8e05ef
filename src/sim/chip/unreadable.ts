import type { UsbFunction } from '../board/usb-function.ts';

/**
 * `garbled`: bits at the wrong rate, as from a wrong crystal. `mute`: it takes every request and never answers.
 * `nonsense`: it answers, but no descriptor.
 */
export type UsbFault = 'garbled' | 'mute' | 'nonsense';

const answers = {
  garbled: async () => 'garbled',
  mute: () => new Promise<never>(() => {}),
  nonsense: async ({ length }) => new Uint8Array(length).fill(0x5a),
} as const satisfies Record<UsbFault, UsbFunction['control']>;

/** A device whose pull-up the host detects, but whose descriptors it cannot read. */
export const unreadable = (
  { name, deviceDescriptor, configurationDescriptor }: UsbFunction,
  fault: UsbFault,
): UsbFunction => ({ name, deviceDescriptor, configurationDescriptor, control: answers[fault] });
