import { genericRamRanges } from './check-image.ts';
import type { Segment } from './firmware-image.ts';
import { looksLikeTable } from './vector-table.ts';

interface ForeignRow {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly isIt: (segment: Segment) => boolean;
  /** So clear that it is said even where the line that is named has a memory there. */
  readonly isSure?: true;
  readonly source: string;
}

const beginsWith = (mask: number, value: number) => (segment: Segment) =>
  segment.data.length >= 2 && ((segment.data[0]! | (segment.data[1]! << 8)) & mask) === value;
const isArm = (segment: Segment): boolean => looksLikeTable(segment, segment.address, genericRamRanges);
const isAvr = (segment: Segment): boolean =>
  !isArm(segment) && (beginsWith(0xfe0e, 0x940c)(segment) || beginsWith(0xf000, 0xc000)(segment));

/** Firmware for chips of other makers, by where it lies and how it begins. */
const rows: readonly ForeignRow[] = [
  {
    start: 0,
    end: 4,
    name: 'a program for an AVR: it begins with a jump at address 0',
    isIt: isAvr,
    isSure: true,
    source: 'AVR Instruction Set Manual (DS40002198), JMP 1001 010k kkkk 110k and RJMP 1100 kkkk kkkk kkkk',
  },
  {
    start: 0,
    end: 0x0020_0000,
    name: "firmware for another maker's chip whose flash begins at 0, such as nRF5x or SAM D",
    isIt: isArm,
    source: 'nRF52840 product specification, memory map; SAM D21 data sheet (DS40001882), product mapping',
  },
  {
    start: 0x1000_0000,
    end: 0x1000_0001,
    name: 'firmware for an RP2040: its vectors stand behind 256 bytes of boot code',
    isIt: (segment) => looksLikeTable(segment, segment.address + 0x100, genericRamRanges),
    isSure: true,
    source: 'RP2040 data sheet §2.2 and §2.8.1: XIP from 0x1000_0000, second stage of 256 bytes',
  },
  {
    start: 0x1000_0000,
    end: 0x1100_0000,
    name: 'the flash of an RP2040 or RP2350; on STM32 F3, F4, G4, L4 and WB there is RAM',
    isIt: () => true,
    source: 'RP2040 data sheet §2.2, address map',
  },
];

/** What a run that no STM32 has a flash for seems to be; `isNamed`: the line of the target is known. */
export const foreignFirmware = (segment: Segment, isNamed: boolean): string | undefined =>
  rows.find(
    ({ start, end, isIt, isSure = false }) =>
      start <= segment.address && segment.address < end && (isSure || !isNamed) && isIt(segment),
  )?.name;
