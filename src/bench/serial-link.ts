import type { Milliseconds } from '../base/units.ts';

/** State of a modem line in the RS-232 sense; the pin of a TTL adapter is LOW while asserted. */
export type LineState = 'asserted' | 'released';

/** Both lines, always together: no driver here moves only one of them. */
export interface ModemLines {
  readonly rts: LineState;
  readonly dtr: LineState;
}

/** Character format: the ROM's USART bootloader wants 8E1 (AN3155 §2), applications mostly 8N1. */
export interface CharacterFormat {
  readonly baudRate: number;
  readonly parity: 'none' | 'even';
}

/** A serial port as the operating system lists it. Ids are four lower-case hex digits. */
export interface PortInfo {
  readonly path: string;
  readonly vendorId?: string;
  readonly productId?: string;
  readonly serialNumber?: string;
  readonly manufacturer?: string;
  /** Bus and port numbers of the adapter, such as `1-2.3`, if the host provides them. */
  readonly usbPath?: string;
  /** Its interface of that USB device as Linux names it, such as `1.1`, if the host provides it: an adapter may have several ports. */
  readonly usbInterface?: string;
}

/** Whether a port is at this place: of its USB device (`1-3.2`), or of the port itself (`1-3.2:1.1`). */
export const isPortAt = (place: string, { usbPath, usbInterface = '1.0' }: PortInfo): boolean =>
  usbPath !== undefined && (place === usbPath || place === `${usbPath}:${usbInterface}`);

/** The place of a port with a USB path, among `ports` of the same host: with its interface where its device has several. */
export const placeOfPort = (port: PortInfo, ports: readonly PortInfo[]): string => {
  const { usbPath = '', usbInterface } = port;
  const isAlone = ports.filter((other) => other.usbPath === usbPath).length < 2;
  return isAlone || usbInterface === undefined ? usbPath : `${usbPath}:${usbInterface}`;
};

/** The serial ports of a host. */
export interface SerialPorts {
  list(): Promise<readonly PortInfo[]>;
  /** The one name of a port that may be given by several; absent where each has only one. */
  nameOf?(path: string): Promise<string>;
  /**
   * Opens a port for the whole job. On Linux the kernel asserts both lines while this runs. A path may name a port of the
   * network (`networkPort`).
   * @throws BootctlError `adapter-missing`, `adapter-busy`, `adapter-denied`, `adapter-failed`; `usage` for another kind of port
   */
  open(path: string, format: CharacterFormat): Promise<SerialLink>;
}

/** When a move of the lines was asked for, and when the driver had accepted it, by the clock of the bench. */
export interface LineMove {
  readonly from: Milliseconds;
  readonly to: Milliseconds;
}

/** The operations that bootctl needs from an open adapter. Disposing it closes the port, which releases both lines. */
export interface SerialLink extends AsyncDisposable {
  readonly path: string;
  /** The character format is set at the other end, once: `configure` changes nothing. */
  readonly hasFixedFormat?: true;
  /** How long an answer of the other end takes at least, where a network lies between. */
  readonly roundTrip?: Milliseconds;
  /**
   * How long a move of the lines usually takes, by moves that change nothing. Absent where this host moves them itself;
   * undefined where they were not moved yet.
   * @throws BootctlError as `setLines`
   */
  measureDelay?(): Promise<Milliseconds | undefined>;
  /**
   * Drives RTS and DTR together; resolves when the driver has accepted the change.
   * @throws BootctlError `adapter-lines-unsupported`, `adapter-lost`
   */
  setLines(lines: ModemLines): Promise<void>;
  /**
   * Two moves, the second one `hold` after the first, with nothing of this program between them: no timer, no other work.
   * Everything else of it stands still meanwhile. Absent, or undefined and nothing moved, where the host cannot do that.
   * @throws BootctlError as `setLines`
   */
  pulseLines?(
    first: ModemLines,
    hold: Milliseconds,
    second: ModemLines,
  ): Promise<readonly [LineMove, LineMove] | undefined>;
  /** The driver has not taken the parity that was set last, and has reported no error. */
  readonly lacksParity?: boolean;
  /** Changes the character format without closing the port. @throws BootctlError `adapter-format-unsupported` */
  configure(format: CharacterFormat): Promise<void>;
  /** @throws BootctlError `adapter-lost` */
  write(bytes: Uint8Array): Promise<void>;
  /** Bytes that have arrived, at least one; none when `timeout` passes first. @throws BootctlError `adapter-lost` */
  receive(timeout: Milliseconds, signal?: AbortSignal): Promise<Uint8Array>;
  /** Discards unread input, such as a boot banner. */
  drainInput(): Promise<void>;
}
