import type { Clock } from '../../bench/clock.ts';
import type { CharacterFormat, ModemLines } from '../../bench/serial-link.ts';
import type { TruthEvent } from '../truth.ts';
import type { UsbSocket } from './usb-function.ts';

/** Interface of a program in the target: its peripherals and the ways to hand over control. */
export interface TargetContext {
  readonly clock: Clock;
  /** Where the target's USB connector is plugged in. */
  readonly socket: UsbSocket;
  /** Adds to the bench's truth log under the board's name. */
  record(event: TruthEvent): void;
  /** Sends bytes out of the USART's TX pin. */
  usartTransmit(bytes: Uint8Array, format: CharacterFormat): void;
  /**
   * Ends this program and starts the application at this vector table, without sampling BOOT0 (DfuSe leave, AN3155 Go).
   */
  jump(address: number): void;
  /** Resets the core, and NRST with it: as NRST has risen again, BOOT0 is sampled. */
  systemReset(): void;
  /** Drives the pin behind BOOT0's charge resistor, or releases it. A reset also releases it. */
  chargeBoot0(isOn: boolean): void;
}

/** How an application starts: out of a reset with BOOT0 = 0, or by a jump of the ROM. */
export type ApplicationStart = 'reset' | 'jump';

/** A program that the target runs after a reset: the ROM bootloader or an application. */
export interface TargetProgram {
  readonly name: string;
  /** Called once when the core starts to execute it. Start-up times are the program's own. */
  start(context: TargetContext): void;
  /**
   * Reset or power loss: it ends at once; timers are cleared, pending answers never come. The USB pull-up is gone too.
   */
  stop(): void;
  /** Bytes that arrive at the USART's RX pin, in the sender's character format. */
  usartReceive?(bytes: Uint8Array, format: CharacterFormat): void;
  /** Another device of the board sends on another interface of the ROM: a second USART, I2C, SPI, CAN. */
  otherInterfaceReceive?(): void;
}

/** The board's end of the adapter's wires. */
export interface AdapterWires {
  /** Name of the adapter in the truth log. */
  readonly adapter: string;
  /** Both lines change now; the wiring and the RC nodes do the rest. */
  setLines(lines: ModemLines): void;
  /** The adapter loses its power, or has it again. */
  setPower?(isOn: boolean): void;
  /** Adapter TX to target RX. */
  transmit(bytes: Uint8Array, format: CharacterFormat): void;
  /** Target TX to adapter RX. Returns the unsubscriber. */
  onReceive(listener: (bytes: Uint8Array, format: CharacterFormat) => void): () => void;
  /** Adds to the bench's truth log, under the board's name. */
  record?(event: TruthEvent): void;
}
