import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtInFolder } from '../base/hardware-folder.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Chip } from './chip.ts';

export { layoutFor, layoutsOf, usartLayoutFor } from './layout.ts';

/** Hosts and hubs add their own time to the figures of AN2606. */
const hostFactor = 2;
const shortestEnumeration: Milliseconds = 5_000;
/** The slowest ROM, an L47x without its watch crystal, takes 2.6 s (AN2606, Table 227). */
const shortestSync: Milliseconds = 3_500;

/** From a reset until a ROM listens, if no document gives it (our choice). */
const usualStartup: Milliseconds = 500;
/** Covers an FTDI adapter's latency and a loaded host. */
const slack: Milliseconds = 300;

const loaded = new Map<string, Chip>();

/** Names that a profile's `target.family` may have, sorted. */
export const chipKeys = (): readonly string[] =>
  readdirSync(builtInFolder('targets'))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();

/** The facts of a chip. Undefined if there is no file for it. */
export function findChip(key: string): Chip | undefined {
  const known = loaded.get(key);
  if (known || !chipKeys().includes(key)) return known;
  const chip = readChip(key);
  loaded.set(key, chip);
  return chip;
}

/** The chips whose Get ID answers `pid`, such as 0x447; several share theirs, and differ in their bootloader ids. */
export const chipsWithProductId = (pid: number): readonly Chip[] =>
  chipKeys()
    .map((key) => findChip(key)!)
    .filter((chip) => chip.pid !== undefined && Number(chip.pid) === pid);

/** How long a DFU device may take to appear after the reset: twice the sum of the ROM's own times, at least 5 s. */
export function enumerationTimeout(chip: Chip | undefined): Milliseconds {
  const { romStartup = 0, usbConnection = 0, hseTimeout = 0 } = chip ?? {};
  return Math.max(shortestEnumeration, hostFactor * (romStartup + usbConnection + hseTimeout));
}

/** How long the ROM may take to answer 0x7F after the reset: twice its start-up time, at least 3.5 s. */
export const syncPatience = (chip: Chip | undefined): Milliseconds =>
  Math.max(shortestSync, hostFactor * (chip?.romStartup ?? 0));

/** The same where it runs already: twice its start-up time, and the latency of an FTDI adapter and of a loaded host. */
export const runningPatience = (chip: Chip | undefined): Milliseconds =>
  hostFactor * (chip?.romStartup ?? usualStartup) + slack;

/** The file of this key in `hardware/targets`, as `parseChip` read it when bootctl was built. */
const readChip = (key: string): Chip => JSON.parse(readFileSync(join(builtInFolder('targets'), `${key}.json`), 'utf8'));
