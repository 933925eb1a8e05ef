import type { Milliseconds } from '../base/units.ts';

/** A native package, and why it does not load where it does not. */
export interface ModuleFact {
  readonly name: 'serialport' | 'usb' | 'koffi';
  readonly trouble?: string;
}

/** What the kernel knows about a serial port, beside what the list of ports says. */
export interface PortFacts {
  /** Kernel driver, such as `ftdi_sio` or `cdc_acm`. */
  readonly driver?: string;
  /** How long an FTDI chip keeps received bytes back. */
  readonly latencyTimer?: Milliseconds;
  /** Whether a CDC-ACM adapter takes SEND_BREAK (PSTN 1.2, table 4, D2); absent for others. */
  readonly sendsBreak?: boolean;
  /** Whether udev has told ModemManager to leave it alone. */
  readonly isIgnoredByModemManager?: boolean;
}

export interface UdevRuleFile {
  readonly path: string;
  readonly text: string;
}

/** What a host says about itself; a snapshot, taken without opening a serial port. */
export interface HostFacts {
  readonly platform: string;
  /** Of Node.js, such as `20.20.0`. */
  readonly nodeVersion: string;
  readonly isRoot: boolean;
  readonly modules: readonly ModuleFact[];
  /** Absent where the system knows no udev. */
  readonly udev?: { readonly isRunning: boolean; readonly ruleFiles: readonly UdevRuleFile[] };
  readonly modemManagerRuns: boolean;
  /** By the path of the port. */
  readonly ports: Readonly<Record<string, PortFacts>>;
  /** USB paths of what has a run-time DFU interface (DFU 1.1 §4.1): an application that can be asked for its bootloader. */
  readonly runtimeDfu: readonly string[];
  /** Numbers of the USB buses; absent where the host does not tell. */
  readonly usbBuses?: readonly number[];
}
