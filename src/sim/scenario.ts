import type { Milliseconds, Ohms } from '../base/units.ts';
import type { PowerSwitching } from '../bench/hub-ports.ts';
import type { PortInfo } from '../bench/serial-link.ts';
import type { BoardFaults } from './board/board-circuit.ts';
import type { FlashFaults } from './chip/flash-geometry.ts';
import type { PersonalityId } from './chip/personalities.ts';
import type { RomDfuPersonality } from './chip/rom-personality.ts';
import type { UsbFault } from './chip/unreadable.ts';
import type { FirmwareManner } from './firmware/firmware-manner.ts';
import type { Neighbour } from './neighbours.ts';

/** How a scenario's bench differs from the default one, `crashed`. */
export interface ScenarioDifferences {
  readonly board?: BoardFaults;
  /**
   * The real charge resistor lets BOOT0 reach the threshold only after 100 ms, or after 12 nominal time constants if
   * that is longer.
   */
  readonly slowCharge?: true;
  /** The board's own resistor from BOOT0 to ground, beside the circuit of the profile. */
  readonly boardPullDown?: Ohms;
  /**
   * All parts on BOOT0 at the end of their tolerances at which it empties soonest, or last; its pin leaks 1 µA
   * likewise.
   */
  readonly boot0Parts?: 'fast' | 'slow';
  /** The capacitor on BOOT0 has lost nearly all of its capacity: it does not carry BOOT0 across a reset. */
  readonly weakCapacitor?: true;
  /** A person has already put the target into its ROM; in this DFU state. */
  readonly startsInRom?: 'dfuIDLE' | 'dfuERROR';
  /** Content of the flash at first, instead of garbage. `healthy`: an image as the profile expects it. */
  readonly flash?: 'blank' | 'healthy';
  /** The flashed application crashes as well. */
  readonly flashedCrashes?: true;
  readonly firmware?: FirmwareManner;
  /** The ROM, if it is not the one of the profile's target. */
  readonly personality?: PersonalityId;
  /** Another device of the board (GPS, receiver) sends to a second USART of the ROM, so often. */
  readonly talksEvery?: Milliseconds;
  /** D+ has a pull-up of its own: the host does not notice that the target resets. */
  readonly pullUpStays?: true;
  /** The host cannot reset a port, as through most drivers of Windows. */
  readonly cannotResetPorts?: true;
  /** USB ids that the host never sees, as behind the filter of a virtual machine. */
  readonly hiddenFromHost?: string;
  /** The ROM's USB is faulty at most starts: every n-th one enumerates. */
  readonly enumeratesEvery?: number;
  readonly rom?: { readonly usb?: false | UsbFault; readonly dfu?: Partial<RomDfuPersonality> };
  readonly memory?: {
    readonly readoutProtected?: true;
    readonly protectedSectors?: readonly number[];
    readonly faults?: FlashFaults;
  };
  /** The target's USB cable is pulled as soon as the first block has been programmed. */
  readonly cablePulled?: true | 'for-a-moment';
  readonly adapter?: {
    /** How many adapters that fit the profile are plugged in. */
    readonly count?: 0 | 2;
    readonly withoutSerialNumber?: true;
    readonly refusesOpen?: 'adapter-busy' | 'adapter-denied';
    readonly linesUnsupported?: true;
    /** Pulled out while it holds NRST low. */
    readonly lostInReset?: true;
    /** Until this many resets are over, each change of the lines takes longer than the capacitor holds BOOT0. */
    readonly slowResets?: number;
    /** A driver that does not touch the lines when it opens the port. */
    readonly opensQuietly?: true;
    /** Above this rate its wires garble a byte now and then. */
    readonly noisyAbove?: number;
    /** It has no parity bit; its driver says so when it is asked back, or does not. */
    readonly noParity?: 'refused' | 'ignored';
  };
  /** GPIO of the host, where a line of the board is one. */
  readonly gpio?: {
    /** Another program or driver holds this board's lines. */
    readonly heldBy?: string;
    readonly denied?: true;
    /** The host has other chips only; or none, and is not Linux. */
    readonly missing?: 'chip' | 'all';
    /** The chip no longer answers after so many moves. */
    readonly failsAfter?: number;
  };
  /** Programs of the host, where a pin of the board is moved by them. */
  /** How the hub that powers the target switches its ports; each of them where this is absent. */
  readonly hubSwitching?: PowerSwitching;
  readonly commands?: {
    /** This program is not there; or ends with status 1 after it has done its work. */
    readonly missing?: string;
    readonly fails?: string;
    /** How long each takes. */
    readonly takes?: Milliseconds;
  };
  /** Serial ports that are not wired to this board. */
  readonly otherPorts?: readonly PortInfo[];
  readonly usbDenied?: true;
  /** A person holds BOOT0 and taps reset once the lines have been still for so long. */
  readonly operatorAfter?: Milliseconds;
  /** Where the target is plugged in, if not where the profile says. */
  readonly usbPath?: string;
  /** Where the application is plugged in, if not where the profile says: another connector of the board. */
  readonly applicationPath?: string;
  /** Other boards on the same host. */
  readonly neighbours?: readonly Neighbour[];
}

/** A bench by name. */
export interface Scenario extends ScenarioDifferences {
  readonly name: string;
  /** One sentence for `bootctl simulate` that describes the setup or the fault. */
  readonly summary: string;
}
