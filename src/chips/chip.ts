import type { Amperes, LevelOfVdd, Milliseconds, Ohms } from '../base/units.ts';
import type { ChipFirmware } from './firmware/chip-firmware.ts';

/** A flash layout that a ROM of this chip was seen to name in its DFU alternate setting. */
export interface ChipLayout {
  readonly variant: string;
  /** Alternate setting string, letter by letter (`@Internal Flash  /0x08000000/…`). */
  readonly string: string;
  readonly bytes: number;
  readonly source: string;
}

/** A USART that the ROM listens on; pins where they are known. */
export interface ChipUsart {
  readonly name: string;
  readonly tx?: string;
  readonly rx?: string;
  readonly note?: string;
}

/** The BOOT0 input over supply and temperature. A value without a source is absent. The safe default applies then. */
export interface Boot0Input {
  /** Below this it surely reads 0. */
  readonly vil?: LevelOfVdd;
  /** Above this it surely reads 1. */
  readonly vih?: LevelOfVdd;
  /** Maximum current into the pin, if it is more than the 1 µA of other inputs. */
  readonly drain?: Amperes;
  /** The pin's name, if it is also an I/O of the application or a debug pin. */
  readonly sharedPin?: string;
}

/** Where the 96 bits of the unique id are, in three words of 32 bits. */
export interface UniqueIdPlace {
  readonly address: number;
  /** Of the words: an L0 and an L1 have other bytes between the second and the third. */
  readonly offsets: readonly [number, number, number];
  /** Whether the ROM shows them over DFU; absent where nobody has written it down. */
  readonly overDfu?: 'answered' | 'refused';
  /** Why no ROM is asked for them. */
  readonly hazard?: string;
}

/**
 * Facts of one row of `hardware/targets`: an STM32 product line, whose parts have the same ROM. If the documents
 * name several figures, the largest counts. A value without a source is absent.
 */
export interface Chip {
  readonly key: string;
  readonly name: string;
  /** `F4`, `WBA`. */
  readonly series: string;
  readonly note?: string;
  /** Product id of the debug unit and of AN3155 Get ID, such as `0x413`; absent if Get ID answers something else. */
  readonly pid?: string;
  /** Ids of the ROM's versions, and where in system memory the one byte (two from 0x100 on) is. */
  readonly bootloaderIds?: { readonly address?: number; readonly values: readonly number[]; readonly note?: string };
  /** From reset until the ROM looks at its interfaces (AN2606, bootloader start-up timing). */
  readonly romStartup?: Milliseconds;
  /** From the plug until the DFU device is enumerated (AN2606, USB connection timing); depends on the host. */
  readonly usbConnection?: Milliseconds;
  /** How long the ROM waits for a crystal that is not there. */
  readonly hseTimeout?: Milliseconds;
  /** Whether the ROM supports DFU on USB (AN2606, Table 3). `note` names the versions, if only some do. */
  readonly hasDfu: boolean;
  /** Which clock DFU needs from outside, and in words which frequencies. */
  readonly dfuClock?: { readonly needs: 'none' | 'hse' | 'lse-or-hse'; readonly rule: string };
  /** Pattern of AN2606, Table 2, that selects the ROM: `P11`, with what deviates. */
  readonly activation?: string;
  /** Which pins and option bits decide, in words. */
  readonly bootPins?: string;
  readonly boot0?: Boot0Input;
  /** The pull-up inside NRST. */
  readonly nrstPullUp?: { readonly min: Ohms; readonly typical: Ohms; readonly max: Ohms };
  /** Option bits that can overrule the BOOT0 pin, NRST or the bank, by their CMSIS names (`OPTR_nBOOT_SEL`). */
  readonly optionBits: readonly string[];
  /** Whether a jump from the application reaches the ROM, and what the firmware kit does. Absent: nobody has written it down. */
  readonly firmware?: ChipFirmware;
  readonly flashBase: number;
  /** Sectors from the start of the flash, as in `layoutFor`: `4*16K,1*64K,*128K`. */
  readonly sectors?: string;
  /** Which sectors AN3155 Erase can name: `lower-half` where a second bank's numbers are not known. */
  readonly eraseNumbers?: 'all' | 'lower-half';
  /** Flash of the chip's largest part, bytes. */
  readonly largestFlash?: number;
  /** Address of 16 bits: the flash size in KiB. */
  readonly flashSizeRegister?: number;
  readonly uniqueId?: UniqueIdPlace;
  /** Largest AN3155 Write Memory, bytes, where it is not 256. */
  readonly usartBlock?: number;
  readonly usarts: readonly ChipUsart[];
  /** Empty where no listing of a ROM was found. */
  readonly layouts: readonly ChipLayout[];
  readonly quirks: readonly ChipQuirk[];
}

/** Symptoms that a user sees: no usable DFU device, or blocks that break off on their way to the ROM. */
export const explained = ['no-dfu-device', 'blocks-break-off'] as const;

/** A peculiarity of the chip's ROM, in words. */
export interface ChipQuirk {
  readonly text: string;
  readonly explains?: readonly (typeof explained)[number][];
  readonly source: string;
}

/** AN2606, Table 2, pattern 1: BOOT0 = 1 and BOOT1 = 0 start the ROM; the later patterns ask for no second pin. */
export const needsBoot1Low = (chip: Chip | undefined): boolean => /^P1\b/.test(chip?.activation ?? '');

/**
 * Where the ROM listens, transmitter first: `PA9/PA10 (USART1), PC10/PC11 (USART3)`; a USART whose pins are not known by its
 * name. Undefined where no line is named.
 */
export function romUsarts(chip: Chip | undefined): string | undefined {
  if (!chip) return undefined;
  const known = chip.usarts.flatMap(({ name, tx, rx }) => (tx && rx ? [`${tx}/${rx} (${name})`] : []));
  const others = chip.usarts.flatMap(({ name, tx }) => (tx ? [] : [name]));
  const atOthers = others.length > 0 ? [`${others.join(', ')} (for their pins see AN2606)`] : [];
  return [...known, ...atOthers].join(', ');
}

/** Quirks of the chip that would explain this symptom, each with its source. */
export const quirksThatExplain = (chip: Chip | undefined, what: (typeof explained)[number]): readonly string[] =>
  (chip?.quirks ?? [])
    .filter(({ explains }) => explains?.includes(what))
    .map(({ text, source }) => `${chip!.name}: ${text} (${source})`);
