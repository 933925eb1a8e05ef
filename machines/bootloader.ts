import type { UsbDeviceInfo } from '../src/bench/usb-bus.ts';
import type { UniqueIdPlace } from '../src/chips/chip.ts';
import type { RomBehaviour } from '../src/chips/rom-behaviour.ts';
import type { MemoryLayout, Sector } from '../src/protocol/dfuse/memory-layout.ts';

/** Called while bytes go over the wire. */
export type OnBytes = (bytes: number) => void;

/**
 * A bootloader that has answered, whatever it speaks. All methods throw the BootctlErrors of their protocol,
 * and the signal's reason when aborted.
 */
export interface Bootloader extends AsyncDisposable {
  readonly kind: 'dfu' | 'usart';
  /** The target as a USB device, where it is one. */
  readonly usb: UsbDeviceInfo | null;
  /** Where it is: a USB path, or a port. */
  readonly place: string;
  /** How it names itself. */
  readonly product: string;
  readonly layout: MemoryLayout;
  /** Largest transfer of a write, in bytes. */
  readonly transferSize: number;
  /** Largest transfer of a read, in bytes. */
  readonly readSize: number;
  readonly behaviour: RomBehaviour;
  /** Ids of the rows of src/chips/rom-quirks.ts that fit it. */
  readonly quirks: readonly string[];
  /** Where the unique id of this part is, if the bootloader itself has told what part that is. */
  readonly uniqueIdPlace?: UniqueIdPlace | undefined;
  /** Bytes outside the flash by the command that reads the flash; undefined where the ROM refuses. */
  readOutside?(address: number, length: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Finds out whether the flash may be read at all. @throws BootctlError `readout-protected` */
  probe(signal: AbortSignal): Promise<void>;
  /**
   * At least so many bytes are going to cross the wire, and what is read will be checked: a bootloader that can be made
   * faster for them may be, until `becomeCautious`. @throws BootctlError `target-lost`
   */
  prepareFor?(bytes: number, signal: AbortSignal): Promise<void>;
  erase(sector: Sector, signal: AbortSignal): Promise<void>;
  massErase(signal: AbortSignal): Promise<void>;
  /** Programs erased flash; `data` is whole program units. */
  write(address: number, data: Uint8Array, onBytes: OnBytes, signal: AbortSignal): Promise<void>;
  /**
   * Resolves with `length` bytes, or fewer where the bootloader ended early. Pieces of `readSize` at multiples of it
   * from the first one cost one transfer each, in whichever order.
   */
  read(address: number, length: number, onBytes: OnBytes, signal: AbortSignal): Promise<Uint8Array>;
  /** Blocks were read by their numbers alone, and nothing shows yet that the ROM heeds these. */
  readonly isGuessing?: boolean;
  /** Names the place of each block from now on. */
  stopGuessing?(): void;
  /** Looks by a read at `near` whether the ROM heeds the numbers of blocks; without a proof it is still guessing. */
  provePlaces?(near: number, signal: AbortSignal): Promise<void>;
  /** Ends the operation that is still open, so that any request may follow. */
  settle(signal: AbortSignal): Promise<void>;
  /** Something went wrong: be patient from now on, take nothing for granted, and be ready again. */
  becomeCautious(signal: AbortSignal): Promise<void>;
  /** Removes readout protection, which erases the whole flash; the target resets and is gone when it resolves. */
  unprotect(signal: AbortSignal): Promise<void>;
  /** Removes write protection from all sectors, where the protocol can; the target resets and is gone when it resolves. */
  unprotectWrite?(signal: AbortSignal): Promise<void>;
  /** Starts the application whose vector table is at `address`. */
  leave(address: number, signal: AbortSignal): Promise<void>;
}
