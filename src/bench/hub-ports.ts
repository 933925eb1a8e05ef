import type { Milliseconds } from '../base/units.ts';

/** How a hub switches the power of its ports (wHubCharacteristics, USB 2.0 table 11-13): of each, of all or groups together, or not. */
export type PowerSwitching = 'each' | 'together' | 'none';

/** What a hub says of itself. */
export interface HubFacts {
  readonly switching: PowerSwitching;
  /** It has power of its own now (USB 2.0 figure 9-4). */
  readonly isSelfPowered: boolean;
  /** What the hub itself draws at most, in mA (bHubContrCurrent). */
  readonly ownCurrent: number;
}

/** Ports of the hubs of a host, and their power. A port is named by the USB path of its hub and its number: `1-3#2`. */
export interface HubPorts {
  /** Asks the hub at this USB path. @throws BootctlError `port-power-denied`, `port-power-unavailable` */
  facts(hub: string): Promise<HubFacts>;
  /**
   * Sees that this user may switch the port, and that its hub switches it alone; switches nothing.
   * @throws BootctlError `port-power-denied`, `port-power-unavailable`
   */
  check(port: string): Promise<void>;
  /** Cuts the power of the port for so long, and restores it whatever happens. @throws BootctlError as `check`, and `port-power-failed` */
  cycle(port: string, off: Milliseconds): Promise<void>;
  /** Restores the power of a port that a program has left off, where it can. */
  restore(port: string): Promise<void>;
}

/** `1-3#2` as the hub's place and the port's number. */
export function partsOfPort(port: string): { readonly hub: string; readonly number: string } {
  const [hub = '', number = ''] = port.split('#');
  return { hub, number };
}

/** Why the power of a port cannot be switched through a hub that says this of itself; undefined where it can. */
export const whyNotSwitched = (hub: string, switching: PowerSwitching): string | undefined =>
  switching === 'each'
    ? undefined
    : switching === 'together'
      ? `the hub at ${hub} says that it switches the power of its ports together, not of each`
      : `the hub at ${hub} says that it does not switch the power of its ports`;
