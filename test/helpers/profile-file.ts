import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'bootctl-profiles-'));

export const f405 = 'target: { family: F405_407 }';
/** The RC circuit of the reference board; a target's family has the rest. */
export const rcBoot0 = (capacitor = '4.7uF', more = '') =>
  `boot0: { chargeResistor: 1k, capacitor: ${capacitor}, bleedResistor: 47k, diodeDrop: 0.3V${more} }`;
/** The same, whole. */
export const wholeBoot0 = rcBoot0('4.7uF', ', tolerance: 20%, vih: 2.31V, vil: 0.99V, supply: 3.3V');

/** A board with each pin on a line of its own, as a file for `--profile`; `lines` are what it has beside that. */
export const profileFile = (id: string, ...lines: readonly string[]): string =>
  boardFile(id, 'wiring: { nrst: { line: rts, asserted: 0 }, boot0: { line: dtr, asserted: 1 } }', ...lines);

/** A board of which nothing is said but these lines. */
export function boardFile(id: string, ...lines: readonly string[]): string {
  const path = join(folder, `${id}.yaml`);
  writeFileSync(path, [`id: ${id}`, 'description: test board', ...lines, ''].join('\n'));
  return path;
}
