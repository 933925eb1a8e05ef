import type { Milliseconds } from '../base/units.ts';

/** A native package. If it does not load, the reason is given. */
export interface ModuleFact {
  readonly name: 'serialport' | 'usb' | 'koffi';
  readonly trouble?: string;
}

/** Kernel facts about a serial port that the list of ports does not contain. */
export interface PortFacts {
  /** Kernel driver, such as `ftdi_sio` or `cdc_acm`. */
  readonly driver?: string;
  /** How long an FTDI chip keeps received bytes back. */
  readonly latencyTimer?: Milliseconds;
  /** Whether a CDC-ACM adapter accepts SEND_BREAK (PSTN 1.2, table 4, D2). Absent for other adapters. */
  readonly sendsBreak?: boolean;
  /** Whether a udev rule makes ModemManager ignore the port. */
  readonly isIgnoredByModemManager?: boolean;
}

export interface UdevRuleFile {
  readonly path: string;
  readonly text: string;
}

/** A snapshot of the host, taken without opening a serial port. */
export interface HostFacts {
  readonly platform: string;
  /** Of Node.js, such as `20.20.0`. */
  readonly nodeVersion: string;
  readonly isRoot: boolean;
  readonly modules: readonly ModuleFact[];
  /** Absent on a system without udev. */
  readonly udev?: { readonly isRunning: boolean; readonly ruleFiles: readonly UdevRuleFile[] };
  readonly modemManagerRuns: boolean;
  /** By the path of the port. */
  readonly ports: Readonly<Record<string, PortFacts>>;
  /** USB paths of devices with a run-time DFU interface (DFU 1.1 §4.1). Their application can start its bootloader. */
  readonly runtimeDfu: readonly string[];
  /** Numbers of the USB buses; absent if the host does not list them. */
  readonly usbBuses?: readonly number[];
}
