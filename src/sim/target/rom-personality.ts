import type { Milliseconds } from '../../units.ts';
import type { FlashGeometry } from './flash-memory.ts';

export type MemoryKind = 'ram' | 'option-bytes' | 'otp' | 'feature' | 'eeprom' | 'system';
export interface MemoryRegion {
  readonly kind: MemoryKind;
  readonly address: number;
  readonly size: number;
}

/** What bwPollTimeout announces for an operation: its true time, twice that, or a number that the ROM always says. */
export type Announced = 'true' | 'twice' | Milliseconds;

/** The DFU side of a ROM. */
export interface RomDfuPersonality {
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
  /** What a GETSTATUS meets before the flash is done. */
  readonly earlyPoll: 'held' | 'busy-again' | 'stall' | 'error';
  readonly announces: { readonly program: Announced; readonly erase: Announced; readonly massErase: Announced };
  /** CLRSTATUS in a state other than dfuERROR. */
  readonly clearStatusOutsideError: 'error' | 'stall';
  /** Whether the GETSTATUS that triggers the leave is answered before the USB peripheral is switched off. */
  readonly leaveStatus: 'answered' | 'lost';
  readonly optionWriteResets: boolean;
  /** A separate request for the functional descriptor is never answered (hardware/QUIRKS.md Q32). */
  readonly hangsOnFunctionalDescriptor?: true;
  /** Blocks longer than 256 bytes whose length is no multiple of 8 arrive garbled (hardware/QUIRKS.md Q27). */
  readonly garblesOddBlocks?: true;
  /** An erase from this address on is acknowledged and does nothing (hardware/QUIRKS.md Q29). */
  readonly erasesNothingFrom?: number;
  /** Data goes to the address pointer, whatever wBlockNum says. */
  readonly ignoresBlockNumber?: true;
}

/** The AN3155 side of a ROM. */
export interface RomUsartPersonality {
  /** Version that Get and Get Version answer. */
  readonly version: number;
  readonly erase: 'standard' | 'extended';
  readonly massErase: boolean;
  /** An erase is acknowledged this long before it is over; what is written meanwhile is lost (hardware/QUIRKS.md Q29). */
  readonly earlyEraseAck?: Milliseconds;
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
  /** From reset until the host sees it (AN2606 table 229). */
  readonly usbConnection: Milliseconds;
  readonly geometry: FlashGeometry;
  readonly ram: readonly MemoryRegion[];
  readonly memories: readonly MemoryRegion[];
  readonly dfu: RomDfuPersonality;
  readonly usart: RomUsartPersonality;
}
