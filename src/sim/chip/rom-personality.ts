import type { Milliseconds } from '../../base/units.ts';
import type { FlashAlias } from '../../chips/flash-aliases.ts';
import type { FlashGeometry } from './flash-geometry.ts';

export type MemoryKind = 'ram' | 'option-bytes' | 'otp' | 'feature' | 'eeprom' | 'system';
export interface MemoryRegion {
  readonly kind: MemoryKind;
  readonly address: number;
  readonly size: number;
}

/** bwPollTimeout of an operation: its true time, twice that, or a constant of the ROM. */
export type Announced = 'true' | 'twice' | Milliseconds;

/** The DFU side of a ROM. */
export interface RomDfuPersonality {
  /** Of another maker: its USB ids and name, instead of ST's. */
  readonly maker?: { readonly vendorId: number; readonly productId: number; readonly name: string };
  readonly bcdUsb: number;
  readonly bcdDevice: number;
  readonly product: string;
  readonly serialNumber: string;
  readonly transferSize: number;
  /** Interface string of each alternate setting. */
  readonly alternates: readonly string[];
  /** Answer to Get (UPLOAD of block 0). */
  readonly commands: readonly number[];
  /** `busy`: the first GETSTATUS answers dfuDNBUSY at once; `held`: only when the flash is done. */
  readonly getStatus: 'busy' | 'held';
  /** Reply to a GETSTATUS before the flash operation has ended. */
  readonly earlyPoll: 'held' | 'busy-again' | 'stall' | 'error';
  readonly announces: { readonly program: Announced; readonly erase: Announced; readonly massErase: Announced };
  /** CLRSTATUS in a state other than dfuERROR. */
  readonly clearStatusOutsideError: 'error' | 'stall';
  /**
   * Whether the GETSTATUS that triggers the leave is answered before the USB peripheral is switched off. `unasked`: the
   * DNLOAD without data has triggered it already.
   */
  readonly leaveStatus: 'answered' | 'lost' | 'unasked';
  readonly optionWriteResets: boolean;
  /** A separate request for the functional descriptor is never answered (hardware/QUIRKS.md Q32). */
  readonly hangsOnFunctionalDescriptor?: true;
  /** Blocks longer than 256 bytes whose length is not a multiple of 8 arrive garbled (hardware/QUIRKS.md Q27). */
  readonly garblesOddBlocks?: true;
  /** An erase from this address on is acknowledged and does nothing (hardware/QUIRKS.md Q29). */
  readonly erasesNothingFrom?: number;
  /** The mass erase is acknowledged and does nothing. */
  readonly ignoresMassErase?: true;
  /** From an address on, an erase is acknowledged after this time. Bytes programmed before its true end are lost. */
  readonly earlyErase?: { readonly from: number; readonly after: Milliseconds };
  /**
   * After the erase of this sector the ROM stays in dfuDNBUSY (hardware/QUIRKS.md Q31), until the host or NRST ends
   * that.
   */
  readonly wedge?: { readonly onErase: number; readonly until: 'clear-status' | 'usb-reset' | 'reset' };
  /** A data stage of more than one packet breaks off, as behind some high-speed host controllers (AN2606 T36, T42). */
  readonly losesLongBlocks?: true;
  /**
   * Get lists Read Unprotect. `refused`: it is refused with errSTALLEDPKT. `waits-for-power`: it erases, and the
   * protection stays until power off.
   */
  readonly readUnprotect?: 'refused' | 'waits-for-power';
  /** An address that it does not know is taken, and the one before stays (our choice). */
  readonly ignoresUnknownAddress?: true;
  /** Data goes to the address pointer. wBlockNum is ignored. */
  readonly ignoresBlockNumber?: true;
}

/**
 * How a ROM measures the rate of the first byte (AN3155 §2). The numbers are our choice, in the range reported for
 * ROMs.
 */
export interface AutoBaud {
  /** Of the timer that measures, and of the USART, in Hz. */
  readonly clock: number;
  /** By how many of its cycles the measurement may miss the byte. */
  readonly jitter: number;
}

/** The AN3155 side of a ROM. */
export interface RomUsartPersonality {
  readonly autoBaud: AutoBaud;
  /** Version that Get and Get Version answer. */
  readonly version: number;
  readonly erase: 'standard' | 'extended';
  readonly massErase: boolean;
  /** Of several sectors in one Erase only the first is erased. */
  readonly erasesOneAtATime?: true;
  /** An erase is acknowledged this long before its end. Bytes written meanwhile are lost (hardware/QUIRKS.md Q29). */
  readonly earlyEraseAck?: Milliseconds;
}

/**
 * Behaviour of a ROM that reads flash with a double ECC error. The core takes an NMI (L4, L5, G0, G4, WB, U5, H5) or a
 * bus fault (H7). No document describes the handlers of the ROMs, so each of these is possible. A ROM that hangs stays
 * on the bus, and does not answer until NRST.
 */
export type TornRead = 'hangs' | 'resets' | 'refuses' | 'refuses-as-protected';

/** Where the three words of the 96-bit unique id are, and how the ROM lets them be read. */
export interface UniqueIdRegion {
  readonly address: number;
  /** Of the words; 0, 4 and 8 unless said otherwise. */
  readonly offsets?: readonly [number, number, number];
  /**
   * No read may begin there: over USART one that begins in the memory before it goes on into it (stm32loader,
   * `LONG_UID_ACCESS`), over DFU it ends with that memory.
   */
  readonly isHidden?: true;
}

/** One ROM bootloader with the silicon around it, as data. */
export interface RomPersonality {
  readonly id: string;
  /** Where the numbers of the row are from. */
  readonly source: string;
  /** PID of AN3155 Get ID. */
  readonly productId: number;
  readonly bootloader: { readonly id: number; readonly address: number };
  /** From reset until the ROM listens (AN2606 table 227). */
  readonly startup: Milliseconds;
  /** From reset until the host sees it (AN2606 table 229); infinite if the ROM has no DFU. */
  readonly usbConnection: Milliseconds;
  readonly geometry: FlashGeometry;
  /** `hangs` without it. */
  readonly tornRead?: TornRead;
  /** Content that a mass erase destroys and that cannot be restored. */
  readonly lostByMassErase?: string;
  readonly ram: readonly MemoryRegion[];
  /** Further addresses at which the core sees the main flash. */
  readonly flashAliases?: readonly FlashAlias[];
  readonly memories: readonly MemoryRegion[];
  readonly uniqueId?: UniqueIdRegion;
  /** Option bytes as an F405 has them (RM0090): RDP, and a bit for each of 12 sectors. */
  readonly optionBytes?: { readonly address: number };
  readonly dfu: RomDfuPersonality;
  readonly usart: RomUsartPersonality;
}
