/** One or more bits of a register. */
export interface RegisterBits {
  readonly register: number;
  readonly mask: number;
}

/**
 * Whether firmware can start the ROM of a line. `jump`: by a jump early after a reset. `conditional`: the same, under the
 * rule. `self-charge`: only by charging the capacitor on BOOT0. `refused`: nobody has shown that it can.
 */
export const firmwareVerdicts = ['jump', 'conditional', 'self-charge', 'refused'] as const;
export type FirmwareVerdict = (typeof firmwareVerdicts)[number];

/** How a verdict is known: it was seen to work on boards of the line; one source says so; or it is known of a sister line. */
export const firmwareProofs = ['field', 'one-source', 'sister-line'] as const;

/** The registers of a jump into the ROM. */
export interface JumpRegisters {
  /** The ROM's vector table. */
  readonly rom: number;
  /** Jump only where this byte has this value: the id of the ROM's version. */
  readonly romId?: { readonly address: number; readonly value: number };
  /** Jump only where the pin of BOOT0, one of these by package, reads 1. */
  readonly boot0Pins?: readonly string[];
  /** What shows at address 0: written to 01. Absent where the line has no such register, and VTOR is set instead. */
  readonly remap?: RegisterBits;
  /** Absent where the register of the remap always has its clock. */
  readonly remapClock?: RegisterBits;
  /** Why the last reset was, the bit of a software reset, and the bit that clears all of them. */
  readonly reset: { readonly register: number; readonly software: number; readonly clear: number };
  /** The first backup register. Absent where the line, or a part of it, has none. */
  readonly backup?: BackupRegister;
  /** RAM that the ROM uses, where a source gives it; `end` is the first address behind. */
  readonly romRam?: { readonly start: number; readonly end: number };
}

/** A register that survives a reset, and what makes it writable. */
export interface BackupRegister {
  readonly register: number;
  /** Two registers of 16 bits, four bytes apart. */
  readonly halfWords?: true;
  readonly power?: RegisterBits;
  readonly apb?: RegisterBits;
  readonly unlock?: RegisterBits;
}

/** The ports of a line: 0x400 apart from `base` on, in the order of `ports`, where a `-` is a place without a port. */
export interface PortRegisters {
  readonly base: number;
  readonly clock: number;
  /** Bit of the first port in `clock`. */
  readonly firstBit: number;
  readonly ports: string;
  /** CRL and CRH in place of MODER. */
  readonly f1?: true;
  /** Of the core: a wait that counts its cycles is long enough at any clock up to this. */
  readonly largestMHz: number;
}

export const firmwareCores = ['M0', 'M0+', 'M3', 'M4', 'M7', 'M33'] as const;

/** What the firmware kit must know of a line. A line without it is refused. */
export interface ChipFirmware {
  readonly verdict: FirmwareVerdict;
  readonly proof?: (typeof firmwareProofs)[number];
  /** The condition, the reason of a refusal, or what to see to. */
  readonly rule?: string;
  readonly core?: (typeof firmwareCores)[number];
  /** Absent for `self-charge` and `refused`. */
  readonly jump?: JumpRegisters;
  readonly gpio?: PortRegisters;
  readonly sources: FirmwareSources;
}

/** Where the values come from, by group. */
export interface FirmwareSources {
  readonly verdict: string;
  readonly registers?: string;
  readonly romRam?: string;
  readonly gpio?: string;
}
