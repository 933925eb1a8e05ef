import type { Milliseconds } from '../base/units.ts';

/** Erases that cannot be believed, from one address on. */
export interface DoubtfulErase {
  readonly from: number;
  /** How long the erase may continue after the acknowledgement. `for-good`: it never begins. */
  readonly lasts: Milliseconds | 'for-good';
  /** Address of the bootloader id (AN2606, Table 226), the ids of ROMs with this fault, and those of ROMs without. */
  readonly idAt: number;
  readonly ids: readonly number[];
  readonly otherIds: readonly number[];
  /** Which ROM does what, with its source, for the message. */
  readonly what: string;
}

/** How a ROM must be treated, if AN3156 leaves it open or the ROM deviates from it. */
export interface RomBehaviour {
  /** `announced`: a DFU_GETSTATUS before bwPollTimeout is over does harm. */
  readonly polling: 'early' | 'announced';
  /** `once`: blocks follow their pointer by rising wBlockNum. `each-block`: the ROM may count otherwise. */
  readonly pointer: 'once' | 'each-block';
  /** Whether DFU_CLRSTATUS is allowed outside dfuERROR, to free a ROM that stays in dfuDNBUSY. */
  readonly clearStatus: 'anywhere' | 'in-error-only';
  /** An erase that is busy for longer is stuck. */
  readonly stuckAfter: Milliseconds;
  /** `if-told-apart`: the chip is unknown. A mass erase is allowed only if no chip with such a flash forbids it. */
  readonly massErase: 'works' | 'never' | 'if-told-apart';
  /** How long after the acknowledgement of an erase the flash is still busy. */
  readonly eraseSettles: Milliseconds;
  readonly doubtErase?: DoubtfulErase;
  /** Value of an erased byte. */
  readonly erased: 0x00 | 0xff;
  /** Bytes that the flash programs in one operation, so that a power failure leaves all of them or none. */
  readonly programsAtOnce: number;
  /** True size of a sector, where the layout's is wrong. */
  readonly sectorSize?: number;
  /** The chip is unknown, and another chip with the same layout erases whole pieces of this size. */
  readonly mayErase?: number;
  /** True size of the flash in bytes, where the layout names more. */
  readonly flashSize?: number;
  /** `wrong`: sectors that the layout names read-only are not. */
  readonly sectorTypes?: 'wrong';
  /** `stands-still`: the ROM takes no request before the block is programmed. The next may wait in the host's queue. */
  readonly whileProgramming?: 'stands-still';
  /** Whether the GETSTATUS of the leave is sent. */
  readonly leaveStatus: 'asked' | 'not-asked';
  /** Removed readout protection takes effect only after a power cycle. Names the ROM and the source. */
  readonly unprotectNeedsPower?: string;
}

/** Facts about a ROM after it was opened. */
export interface RomIdentity {
  /** `usart` stands for AN3155. */
  readonly interface: 'dfu' | 'usart';
  /** Four hex digits. */
  readonly vendorId?: string;
  readonly bcdDevice?: string;
  readonly serialNumber?: string | undefined;
  /** Name of the flash's alternate setting. */
  readonly layout: string;
  /** Row of hardware/targets, where the profile names it. */
  readonly family?: string | undefined;
}

/** The behaviour of most ROMs in points that AN3156 leaves open. */
export const usualBehaviour: RomBehaviour = {
  polling: 'early',
  pointer: 'once',
  clearStatus: 'anywhere',
  stuckAfter: 10_000,
  massErase: 'works',
  eraseSettles: 0,
  erased: 0xff,
  programsAtOnce: 32,
  leaveStatus: 'asked',
};

/** An unknown chip may be a WB, whose mass erase also erases the radio's firmware (AN2606, WB55; our choice). */
export const unknownChip: Partial<RomBehaviour> = { massErase: 'if-told-apart' };

/** A row of the quirk table. */
export interface Quirk {
  readonly id: string;
  readonly source: string;
  /** Every field that is given must fit. */
  readonly when: {
    readonly interface?: 'dfu' | 'usart';
    readonly vendorId?: RegExp;
    readonly bcdDevice?: RegExp;
    readonly serialNumber?: RegExp;
    readonly layout?: RegExp;
    readonly family?: RegExp;
  };
  readonly does: Partial<RomBehaviour>;
}
