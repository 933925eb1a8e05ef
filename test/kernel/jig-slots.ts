import type { AdapterSetup, BoardSetup, LineHook, PluggedDevice } from './agent/protocol.ts';
import { boardOf, builtInProfile, mainFlash } from './boards.ts';
import { readGuestFile } from './kernel-test.ts';

/** One slot of a jig on the bench: its name in jig.yaml, and what is in it. */
export interface BenchSlot {
  readonly slot: string;
  readonly chip: string;
  readonly adapter: string;
  readonly board: string;
}

/** Slots A1, A2, …, each with an adapter of this kind. */
export const slotsWith = (chips: readonly string[]): readonly BenchSlot[] =>
  chips.map((chip, index) => ({
    slot: `A${index + 1}`,
    chip,
    adapter: `adapter-${index + 1}`,
    board: `board-${index + 1}`,
  }));

/** Boards with an application that runs: it shows on USB that there is a unit in the slot. */
export const boardsIn = (slots: readonly BenchSlot[]): readonly BoardSetup[] =>
  slots.map(({ board }) => boardOf(board, builtInProfile('rc-cap'), { flash: 'healthy' }));

export const adaptersIn = (slots: readonly BenchSlot[]): readonly AdapterSetup[] =>
  slots.map(({ adapter, chip, board }) => ({ name: adapter, chip, board }));

/** `slots` of a jig.yaml, with the places where the kernel has put the devices. */
export const slotsText = (slots: readonly BenchSlot[], devices: Readonly<Record<string, PluggedDevice>>): string =>
  slots
    .map(({ slot, adapter, board }) => {
      const [from, to] = [adapter, board].map((name) => devices[name]!.usbPath);
      return `  ${slot}: { adapter: "${from}", target: "${to}" }\n`;
    })
    .join('');

/** The line of `jig run --json` that says how the `nth` run of a slot has ended. */
const endOfRun = ({ slot }: BenchSlot, nth: number) => ({ has: ['{"event":"run"', `"slot":"${slot}"`], nth });

/** What a unit held when its run had ended: the next one of the slot is the same board. */
export const heldAfter = async (slot: BenchSlot, nth: number): Promise<Uint8Array> =>
  readGuestFile(heldPath(slot, nth));

const heldPath = ({ slot }: BenchSlot, nth: number): string => `/tmp/held-${slot}-${nth}.bin`;

export const keepAfter = (slot: BenchSlot, nth: number, length: number): LineHook => ({
  ...endOfRun(slot, nth),
  act: { saveFlash: slot.board, address: mainFlash, length, path: heldPath(slot, nth) },
});

/**
 * An operator who takes the unit out when a run has ended, and puts the next one in: times in ms. Later than 2 s after the end,
 * so that it is no application that starts late (machines/slot.machine.ts).
 */
export const swapAfter = (slot: BenchSlot, nth: number): readonly LineHook[] => [
  { ...endOfRun(slot, nth), delay: 300, act: { unplug: slot.board } },
  { ...endOfRun(slot, nth), delay: 2_500, act: { plug: slot.board } },
];
