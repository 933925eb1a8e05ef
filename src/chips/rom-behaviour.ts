import type { Milliseconds } from '../base/units.ts';

/** Erases that cannot be believed, from one address on. */
export interface DoubtfulErase {
  readonly from: number;
  /** How long the flash may go on after the acknowledgement; `for-good`: it never begins. */
  readonly lasts: Milliseconds | 'for-good';
  /** Where the bootloader id stands (AN2606, Table 226), the ids of ROMs that do so, and those of ROMs that do not. */
  readonly idAt: number;
  readonly ids: readonly number[];
  readonly otherIds: readonly number[];
  /** Which ROM does what, with its source, for the message. */
  readonly what: string;
}

/** How a ROM wants to be treated, where AN3156 leaves it open or the ROM does not keep to it. */
export interface RomBehaviour {
  /** `announced`: a DFU_GETSTATUS before bwPollTimeout is over does harm. */
  readonly polling: 'early' | 'announced';
  /** `once`: blocks follow their pointer by rising wBlockNum. `each-block`: the ROM may count otherwise. */
  readonly pointer: 'once' | 'each-block';
  /** Whether DFU_CLRSTATUS is allowed outside dfuERROR, to free a ROM that stays in dfuDNBUSY. */
  readonly clearStatus: 'anywhere' | 'in-error-only';
  /** An erase that is busy for longer is stuck. */
  readonly stuckAfter: Milliseconds;
  /** `if-told-apart`: the chip is not known, and only where no chip with such a flash forbids it. */
  readonly massErase: 'works' | 'never' | 'if-told-apart';
  /** How long after the acknowledgement of an erase the flash is still busy. */
  readonly eraseSettles: Milliseconds;
  readonly doubtErase?: DoubtfulErase;
  /** What an erased byte reads as. */
  readonly erased: 0x00 | 0xff;
  /** Bytes that the flash programs in one operation, so that a power failure leaves all of them or none. */
  readonly programsAtOnce: number;
  /** True size of a sector, where the layout's is wrong. */
  readonly sectorSize?: number;
  /** Another chip with the same layout erases whole pieces of this size, and nobody has named the chip. */
  readonly mayErase?: number;
  /** True size of the flash in bytes, where the layout names more. */
  readonly flashSize?: number;
  /** `wrong`: sectors that the layout names read-only are not. */
  readonly sectorTypes?: 'wrong';
  /** `stands-still`: no request is taken before the block is programmed, so that the next may wait in the host's queue. */
  readonly whileProgramming?: 'stands-still';
  /** Whether the GETSTATUS of the leave is sent. */
  readonly leaveStatus: 'asked' | 'not-asked';
  /** Lifting readout protection takes effect only when the supply has been off; which ROM, with its source. */
  readonly unprotectNeedsPower?: string;
}

/** What is known of a ROM once it has been opened. */
export interface RomIdentity {
  /** `usart` where it speaks AN3155. */
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

/** What AN3156 leaves open, as most ROMs have it. */
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

/** A chip that nobody named may be a WB, whose mass erase takes the radio's firmware with it (AN2606, WB55; ours). */
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
