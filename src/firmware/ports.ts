import { BootctlError } from '../base/errors.ts';
import type { Chip } from '../chips/chip.ts';
import type { RegisterBits } from '../chips/firmware/chip-firmware.ts';

/** A pin by its registers. */
export interface PortPin {
  readonly name: string;
  /** Of the registers of its port. */
  readonly port: number;
  readonly clock: RegisterBits;
  readonly number: number;
}

const portBytes = 0x400;

/** @throws BootctlError `firmware-pin-unusable` */
export function portPin({ name: line, firmware }: Chip, name: string): PortPin {
  const [, letter = '', digits = ''] = /^P([A-K])(\d{1,2})$/.exec(name) ?? [];
  const number = Number(digits);
  if (letter === '' || number > 15)
    throw new BootctlError('firmware-pin-unusable', `${name} is no pin`, { hint: 'A pin is named as in PB12.' });
  const gpio = firmware?.gpio;
  const index = gpio?.ports.indexOf(letter) ?? -1;
  if (!gpio || index < 0) {
    const known = gpio ? `; known are the ports ${[...gpio.ports].filter((one) => one !== '-').join(', ')}` : '';
    throw new BootctlError(
      'firmware-pin-unusable',
      `The registers of port ${letter} of ${line} are not written down${known}`,
    );
  }
  return {
    name,
    port: gpio.base + index * portBytes,
    clock: { register: gpio.clock, mask: (1 << (gpio.firstBit + index)) >>> 0 },
    number,
  };
}

/** Names of the pin of BOOT0, where that is an I/O as well; several by package. */
export const boot0PinsOf = ({ boot0, firmware }: Chip): readonly string[] => [
  ...new Set([...(firmware?.jump?.boot0Pins ?? []), ...(boot0?.sharedPin?.match(/\bP[A-K]\d{1,2}\b/g) ?? [])]),
];
