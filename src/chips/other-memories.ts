import { hex32 } from '../base/text.ts';
import { usualFlash } from '../image/usual-flash.ts';
import type { Chip } from './chip.ts';
import { optionBytesOf } from './contradictions.ts';
import { flashAliases, stackRegions } from './flash-aliases.ts';

/** A memory that is not the main flash, and what to do with an image for it. */
export interface OtherMemory {
  readonly name: string;
  readonly hint?: string;
}

interface MemoryRow extends OtherMemory {
  readonly start: number;
  readonly end: number;
  /** Absent: of any line. */
  readonly chips?: RegExp;
  readonly source: string;
}

const writeMemory =
  'Leave it out of the image: `bootctl write-memory` writes such a memory as a whole, and `bootctl info` lists those of the target.';
const noRom = 'No ROM writes it: it takes a debug probe with a loader, or a bootloader of your own in the flash.';
const ramOnly = 'The ROM flashes no RAM: let the application fill it at its start, from a copy in the flash.';

/** By address; the first row that fits counts. */
const rows: readonly MemoryRow[] = [
  {
    start: 0x0808_0000,
    end: 0x0808_4000,
    chips: /^L[01]/,
    name: 'the data EEPROM',
    hint: writeMemory,
    source: 'embassy-rs/stm32-data@028b890 memory.rs, EEPROM of L0 and L1',
  },
  {
    start: 0x1fff_7800,
    end: 0x1fff_7a10,
    chips: /^F[24]/,
    name: 'the OTP area',
    hint: writeMemory,
    source: "listings of F4 ROMs: '@OTP Memory /0x1FFF7800/01*512 e,01*016 e'",
  },
  {
    start: 0x0bf0_0000,
    end: 0x0c00_0000,
    name: 'system memory or OTP',
    source: 'AN2606 table 226: ids of L5, H5, U3, U5, WBA',
  },
  {
    start: 0x1f00_0000,
    end: 0x2000_0000,
    name: 'system memory, OTP or option bytes',
    hint: writeMemory,
    source: 'AN2606 table 226',
  },
  { start: 0x2000_0000, end: 0x4000_0000, name: 'RAM', hint: ramOnly, source: 'Armv7-M ARM B3.1, system address map' },
  { start: 0x4000_0000, end: 0x6000_0000, name: 'registers', source: 'Armv7-M ARM B3.1, system address map' },
  {
    start: 0x6000_0000,
    end: 0x7000_0000,
    name: 'external memory (FMC, FSMC)',
    hint: noRom,
    source: 'RM0090 §36.4, RM0433 §2.3',
  },
  {
    start: 0x7000_0000,
    end: 0x8000_0000,
    name: 'external flash (OCTOSPI, XSPI)',
    hint: noRom,
    source: 'RM0456 §2.3, RM0477 §2.3',
  },
  {
    start: 0x8000_0000,
    end: 0x9000_0000,
    name: 'external memory (FMC)',
    hint: noRom,
    source: 'RM0090 §36.4, RM0433 §2.3',
  },
  {
    start: 0x9000_0000,
    end: 0xa000_0000,
    name: 'external flash (QUADSPI, OCTOSPI)',
    hint: noRom,
    source: 'RM0385 §2.2, RM0433 §2.3',
  },
  { start: 0xa000_0000, end: 0xe000_0000, name: 'external memory (SDRAM)', hint: noRom, source: 'RM0090 §36.4' },
];

const lengthOfOptionBytes = 128;

/** The memory at an address outside the main flash. Undefined where the documents name none. */
export function otherMemoryAt(address: number, chip: Chip | undefined): OtherMemory | undefined {
  const isIn = ({ start, end }: { start: number; end: number }) => start <= address && address < end;
  const options = optionBytesOf(chip).map((start) => ({ start, end: start + lengthOfOptionBytes }));
  if (options.some(isIn)) return { name: 'the option bytes', hint: writeMemory };
  const aliases = (chip ? flashAliases(chip.key) : everyAlias).map((alias) => ({
    ...alias,
    end: alias.address + usualFlash.end - usualFlash.start,
  }));
  const alias = aliases.find((one) => isIn({ start: one.address, end: one.end }));
  if (alias) {
    const own = address - alias.address + (chip?.flashBase ?? usualFlash.start);
    return { name: `the ${alias.name}`, hint: alias.kind === 'boot' ? fromZero(own) : moved(address, own) };
  }
  const ram = chip && stackRegions(chip.key).find(({ start, bytes }) => isIn({ start, end: start + bytes }));
  if (ram) return { name: `RAM (${ram.name})`, hint: ramOnly };
  return rows.find((row) => isIn(row) && (row.chips === undefined || (chip && row.chips.test(chip.key))));
}

/** Without a line those that no other chip has at the same address: its flash begins at 0 there. */
const everyAlias = ['F74x_75x', 'U575_585'].flatMap(flashAliases);

/**
 * A ROM names and writes the flash at its own address only: on an L5 it answers NACK to 0x0C00_0000 (ST community,
 * "Serial DFU of Secure Firmware Fails"). The image is not moved unasked. What is linked for an alias may need settings of
 * the board that nobody has checked, such as TrustZone, and then its ROM does not write secure flash at all.
 */
const moved = (from: number, to: number): string =>
  `The ROM writes the flash at its own address only: \`bootctl image convert\` it to a raw binary, and give that with \`@${hex32(to)}\` instead of ${hex32(from)}.`;

/** Most files that begin at 0 are for other chips: how they are moved is not said. */
const fromZero = (to: number): string =>
  `Link it for ${hex32(to)}. Firmware for chips of other makers, such as nRF5x and SAM D, begins at 0 as well: check that it is the right file.`;
