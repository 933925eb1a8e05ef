/** A RAM by the address where the core sees it. */
export interface RamRegion {
  readonly name: string;
  readonly start: number;
  readonly bytes: number;
}

/** Facts that an image must match to start on a chip. */
export interface ChipMemory {
  /** Of the largest variant. */
  readonly ram: readonly RamRegion[];
  /** Bytes that the flash programs at once. */
  readonly programUnit: 4 | 8 | 16 | 32;
  /** Short names of the UF2 families that mean this chip (microsoft/uf2@01a2d56, utils/uf2families.json). */
  readonly uf2Families: readonly string[];
}

type Row = readonly [programUnit: ChipMemory['programUnit'], uf2Families: string, ram: string];

/**
 * By key of `hardware/targets`. RAM regions as `name@address+KiB`; all from embassy-rs/stm32-data@028b890, memory.rs,
 * MEMS (the row that the comment names) and FLASH_INFO. What those rows leave out is from the memory map of the reference
 * manual: ITCM RAM of F7 (RM0385, RM0410, RM0431), SRD SRAM of H7A3 (RM0455), SRAM4 of U5 (RM0456), SRAM2 of L4P to L4S in
 * the code region (RM0432).
 */
const rows: Readonly<Record<string, Row>> = {
  C011: [8, '', 'SRAM@0x20000000+6'], // STM32C01..6
  C031: [8, '', 'SRAM@0x20000000+12'], // STM32C03..6
  C051: [8, '', 'SRAM@0x20000000+12'], // STM32C05..8
  C071: [8, '', 'SRAM@0x20000000+24'], // STM32C07..B
  C091_092: [8, '', 'SRAM@0x20000000+36'], // STM32C091.C
  F030xC: [4, 'STM32F0', 'SRAM@0x20000000+32'], // STM32F0...C
  F03x: [4, 'STM32F0', 'SRAM@0x20000000+4'], // STM32F03..6
  F04x: [4, 'STM32F0', 'SRAM@0x20000000+6'], // STM32F0[47]..6
  F05x_030x8: [4, 'STM32F0', 'SRAM@0x20000000+8'], // STM32F0[35]..8
  F070x6: [4, 'STM32F0', 'SRAM@0x20000000+6'], // STM32F0[47]..6
  F070xB: [4, 'STM32F0', 'SRAM@0x20000000+16'], // STM32F07..B
  F072: [4, 'STM32F0', 'SRAM@0x20000000+16'], // STM32F07..B
  F09x: [4, 'STM32F0', 'SRAM@0x20000000+32'], // STM32F0...C
  F100_vl: [4, 'STM32F1', 'SRAM@0x20000000+8'], // STM32F1.0.B
  F100_vl_hd: [4, 'STM32F1', 'SRAM@0x20000000+32'], // STM32F1.0.E
  F103_hd: [4, 'STM32F1', 'SRAM@0x20000000+64'], // STM32F1.3.E
  F103_ld: [4, 'STM32F1', 'SRAM@0x20000000+10'], // STM32F1.3.6
  F103_md: [4, 'STM32F1', 'SRAM@0x20000000+20'], // STM32F1.3.B
  F103_xl: [4, 'STM32F1', 'SRAM@0x20000000+96'], // STM32F1.3.G
  F105_107: [4, 'STM32F1', 'SRAM@0x20000000+64'], // STM32F1.[57].C
  F2: [4, 'STM32F2', 'SRAM@0x20000000+112 SRAM2@0x2001c000+16'], // STM32F2...G
  F301_302x8: [8, 'STM32F3', 'SRAM@0x20000000+16'], // STM32F3(0[12].8|[17]..8)
  F303x8_334: [8, 'STM32F3', 'SRAM@0x20000000+12 CCM@0x10000000+4'], // STM32F3([23]..8|03.8)
  F303xBC: [8, 'STM32F3', 'SRAM@0x20000000+40 CCM@0x10000000+8'], // STM32F3(03|58).C
  F303xDE: [8, 'STM32F3', 'SRAM@0x20000000+64 CCM@0x10000000+16'], // STM32F3.[38].E
  F373: [8, 'STM32F3', 'SRAM@0x20000000+32'], // STM32F3(73|78).C
  F401xBC: [4, 'STM32F4', 'SRAM@0x20000000+64'], // STM32F40..C
  F401xDE: [4, 'STM32F4', 'SRAM@0x20000000+96'], // STM32F401.E
  F405_407: [4, 'STM32F4 STM32F407 STM32F407VG', 'SRAM1@0x20000000+112 SRAM2@0x2001c000+16 CCM@0x10000000+64'], // STM32F40..G
  F410: [4, 'STM32F4', 'SRAM@0x20000000+32'], // STM32F41..B
  F411: [4, 'STM32F4', 'SRAM@0x20000000+128'], // STM32F4(11|46).E
  F412: [4, 'STM32F4', 'SRAM@0x20000000+256'], // STM32F412.G
  F413_423: [4, 'STM32F4', 'SRAM@0x20000000+320'], // STM32F4...H
  F42x_43x: [4, 'STM32F4', 'SRAM@0x20000000+192 CCM@0x10000000+64'], // STM32F4[23]..I
  F446: [4, 'STM32F4', 'SRAM@0x20000000+128'], // STM32F4(11|46).E
  F469_479: [4, 'STM32F4', 'SRAM@0x20000000+320 CCM@0x10000000+64'], // STM32F4[67]..I
  F72x_73x: [16, 'STM32F7', 'DTCM@0x20000000+64 SRAM@0x20010000+192 ITCM@0x0+16'], // STM32F7[23]..E
  F74x_75x: [16, 'STM32F7', 'DTCM@0x20000000+64 SRAM@0x20010000+256 ITCM@0x0+16'], // STM32F7[45]..G
  F76x_77x: [16, 'STM32F7', 'DTCM@0x20000000+128 SRAM@0x20020000+384 ITCM@0x0+16'], // STM32F7[67]..I
  G03x_04x: [8, 'STM32G0', 'SRAM@0x20000000+8'], // STM32G0[34]..8
  G05x_06x: [8, 'STM32G0', 'SRAM@0x20000000+18'], // STM32G0[56]..8
  G07x_08x: [8, 'STM32G0', 'SRAM@0x20000000+36'], // STM32G0[78]..B
  G0B0: [8, 'STM32G0', 'SRAM@0x20000000+144'], // STM32G0...E
  G0B1_0C1: [8, 'STM32G0', 'SRAM@0x20000000+144'], // STM32G0...E
  G43x_44x: [8, 'STM32G4', 'SRAM1@0x20000000+16 SRAM2@0x20004000+6 CCM-D-code@0x20005800+10 CCM@0x10000000+10'], // STM32G4[34]..B
  G47x_48x: [8, 'STM32G4', 'SRAM1@0x20000000+80 SRAM2@0x20014000+16 CCM-D-code@0x20018000+32 CCM@0x10000000+32'], // STM32G4[78]..E
  G491_4A1: [8, 'STM32G4', 'SRAM1@0x20000000+80 SRAM2@0x20014000+16 CCM-D-code@0x20018000+16 CCM@0x10000000+16'], // STM32G4[9A]..E
  H503: [16, '', 'SRAM1@0x20000000+16 SRAM2@0x20004000+16'], // STM32H5...B
  H523_533: [16, '', 'SRAM1@0x20000000+128 SRAM2@0x20020000+80 SRAM3@0x20034000+64'], // STM32H5...E
  H563_573: [16, '', 'SRAM1@0x20000000+256 SRAM2@0x20040000+64 SRAM3@0x20050000+320'], // STM32H5...I
  H72x_73x: [
    32,
    'STM32H7',
    'DTCM@0x20000000+128 AXI-SRAM@0x24000000+320 SRAM1@0x30000000+16 SRAM2@0x30004000+16 SRAM4@0x38000000+16 ITCM@0x0+64',
  ], // STM32H7[23]..G
  H74x_75x: [
    32,
    'STM32H7',
    'DTCM@0x20000000+128 AXI-SRAM@0x24000000+512 SRAM1@0x30000000+128 SRAM2@0x30020000+128 SRAM3@0x30040000+32 SRAM4@0x38000000+64 ITCM@0x0+64',
  ], // STM32H7[45]3.I
  H7A3_B3_B0: [
    32,
    'STM32H7',
    'DTCM@0x20000000+128 AXI-SRAM@0x24000000+1024 AHB-SRAM@0x30000000+128 SRD-SRAM@0x38000000+32 ITCM@0x0+64',
  ], // STM32H7[AB]3.I
  H7RS: [
    16,
    '',
    'DTCM@0x20000000+192 SRAM1@0x24000000+128 SRAM2@0x24020000+128 SRAM3@0x24040000+128 SRAM4@0x24060000+72 AHB-SRAM1@0x30000000+16 AHB-SRAM2@0x30004000+16',
  ], // STM32H7[RS].*
  L01x_02x: [4, 'STM32L0', 'SRAM@0x20000000+2'], // STM32L011.4
  L031_041: [4, 'STM32L0', 'SRAM@0x20000000+8'], // STM32L031.6
  L05x_06x: [4, 'STM32L0', 'SRAM@0x20000000+8'], // STM32L051.8
  L071_081: [4, 'STM32L0', 'SRAM@0x20000000+20'], // STM32L071.Z
  L07x_08x_usb: [4, 'STM32L0', 'SRAM@0x20000000+20'], // STM32L072.Z
  L1_cat1: [4, 'STM32L1', 'SRAM@0x20000000+16'], // STM32L15..B
  L1_cat2: [4, 'STM32L1', 'SRAM@0x20000000+32'], // STM32L15..B..
  L1_cat3: [4, 'STM32L1', 'SRAM@0x20000000+32'], // STM32L15..C
  L1_cat4: [4, 'STM32L1', 'SRAM@0x20000000+48'], // STM32L1...D
  L1_cat5: [4, 'STM32L1', 'SRAM@0x20000000+80'], // STM32L1...E
  L41x_42x: [8, 'STM32L4', 'SRAM@0x20000000+32 SRAM2@0x20008000+8 SRAM2-I-code@0x10000000+8'], // STM32L4[12]..B
  L43x_44x: [8, 'STM32L4', 'SRAM@0x20000000+48 SRAM2@0x2000c000+16 SRAM2-I-code@0x10000000+16'], // STM32L4[34]..C
  L45x_46x: [8, 'STM32L4', 'SRAM@0x20000000+128 SRAM2@0x20020000+32 SRAM2-I-code@0x10000000+32'], // STM32L4[56]..E
  L47x_48x: [8, 'STM32L4', 'SRAM@0x20000000+96 SRAM2@0x10000000+32'], // STM32L4[78]..G
  L496_4A6: [8, 'STM32L4', 'SRAM@0x20000000+256 SRAM2@0x20040000+64 SRAM2-I-code@0x10000000+64'], // STM32L4[9A]..G
  L4P_4Q: [8, 'STM32L4', 'SRAM@0x20000000+320 SRAM2-I-code@0x10000000+64'], // STM32L4[PQ]..G
  L4R_4S: [8, 'STM32L4', 'SRAM@0x20000000+640 SRAM2-I-code@0x10000000+64'], // STM32L4[RS]..I
  L552_562: [8, 'STM32L5', 'SRAM@0x20000000+256'], // STM32L5...E
  U031: [8, '', 'SRAM@0x20000000+12'], // STM32U031.8
  U073_083: [8, '', 'SRAM@0x20000000+40'], // STM32U0[78]3.C
  U535_545: [16, '', 'SRAM@0x20000000+192 SRAM2@0x20030000+64 SRAM4@0x28000000+16'], // STM32U5[43]..E
  U575_585: [16, '', 'SRAM@0x20000000+192 SRAM2@0x20030000+64 SRAM3@0x20040000+512 SRAM4@0x28000000+16'], // STM32U5[78]..I
  U595_5A9: [
    16,
    '',
    'SRAM@0x20000000+768 SRAM2@0x200c0000+64 SRAM3@0x200d0000+832 SRAM5@0x201a0000+832 SRAM4@0x28000000+16',
  ], // STM32U5[9A]..J
  U5F_5G: [
    16,
    '',
    'SRAM@0x20000000+768 SRAM2@0x200c0000+64 SRAM3@0x200d0000+832 SRAM5@0x201a0000+832 SRAM6@0x20270000+512 SRAM4@0x28000000+16',
  ], // STM32U5[FG]..J
  WB10_15: [8, 'STM32WB', 'SRAM@0x20000000+12 SRAM2A@0x20030000+32 SRAM2B@0x20038000+4 SRAM2-I-code@0x10000000+36'], // STM32WB15CC
  WB55: [8, 'STM32WB', 'SRAM@0x20000000+192 SRAM2A@0x20030000+32 SRAM2B@0x20038000+32 SRAM2-I-code@0x10000000+64'], // STM32WB55.G
  WBA5: [16, '', 'SRAM@0x20000000+128'], // STM32WBA...G
  WL: [8, 'STM32WL', 'SRAM1@0x20000000+32 SRAM2@0x20008000+32'], // STM32WL[5E]..C
};

/**
 * RAM of smaller parts, by line: of each part the regions that differ from the largest one. From the same table; the
 * comment names the rows.
 */
const smallerParts: Readonly<Record<string, readonly string[]>> = {
  C091_092: ['SRAM@0x20000000+30'], // STM32C092
  F100_vl: ['SRAM@0x20000000+4'], // STM32F1.0.6
  F100_vl_hd: ['SRAM@0x20000000+24'], // STM32F1.0.C
  F103_hd: ['SRAM@0x20000000+48', 'SRAM@0x20000000+32'], // STM32F1.3.C, STM32F1.1.[DE]; STM32F1.1.C
  F103_ld: ['SRAM@0x20000000+6', 'SRAM@0x20000000+4'], // STM32F103.4, STM32F1.[12].6; STM32F10[012].4
  F103_md: ['SRAM@0x20000000+16', 'SRAM@0x20000000+10'], // STM32F1.[12].B; STM32F1.[12].8
  F103_xl: ['SRAM@0x20000000+80'], // STM32F1.1.[FG]
  F2: ['SRAM@0x20000000+80', 'SRAM@0x20000000+48'], // STM32F2.5.C; STM32F2...B
  F303xBC: ['SRAM@0x20000000+32'], // STM32F303.B, STM32F302.B
  F373: ['SRAM@0x20000000+24'], // STM32F373.B
  H74x_75x: ['AXI-SRAM@0x24000000+384 SRAM1@0x30000000+32 SRAM2@0x30020000+16'], // STM32H742
  L1_cat1: ['SRAM@0x20000000+10', 'SRAM@0x20000000+8', 'SRAM@0x20000000+4'], // STM32L15..[68]; STM32L10..8; STM32L10..6
  L1_cat2: ['SRAM@0x20000000+16', 'SRAM@0x20000000+8', 'SRAM@0x20000000+4'], // STM32L15..6..; STM32L10..8..; STM32L10..6..
  L1_cat3: ['SRAM@0x20000000+16'], // STM32L10..C
  WB55: ['SRAM@0x20000000+64', 'SRAM@0x20000000+32'], // STM32WB55.C, STM32WB50; STM32WB35, STM32WB30
  WBA5: ['SRAM@0x20000000+96'], // STM32WBA...E
  WL: ['SRAM1@0x20000000+24 SRAM2@0x20006000+24', 'SRAM1@0x20000000+10 SRAM2@0x20002800+10'], // STM32WL[5E]..B; STM32WL[5E]..8
};

const regionOf = (text: string): RamRegion => {
  const [, name = '', start, kib] = /^(.+)@(.+)\+(.+)$/.exec(text) ?? [];
  return { name: name.replaceAll('-', ' '), start: Number(start), bytes: Number(kib) * 1024 };
};
const words = (text: string): readonly string[] => text.split(' ').filter((word) => word !== '');

/** RAM, unit of programming and UF2 families of a chip. Undefined if no source gives them. */
export function chipMemory(key: string): ChipMemory | undefined {
  const row = Object.hasOwn(rows, key) ? rows[key] : undefined;
  if (!row) return undefined;
  const [programUnit, families, ram] = row;
  return { programUnit, uf2Families: words(families), ram: words(ram).map(regionOf) };
}

/** Addresses where a RAM of a part of this line ends: where linker scripts put a stack. */
export function ramEnds(key: string): readonly number[] {
  const all = [
    ...(chipMemory(key)?.ram ?? []),
    ...(smallerParts[key] ?? []).flatMap((part) => words(part).map(regionOf)),
  ];
  return [...new Set(all.map(({ start, bytes }) => start + bytes))];
}

/**
 * Bytes that the ROM of a chip programs in one operation: a flash word, or 32 bytes if it is unknown, the largest one.
 * ROMs of L0 and L1 program half-pages of 64 and 128 bytes (RM0376, RM0038). They lose a second write to a half-page
 * that was begun (ST community m-p/106212).
 */
export function programmedAtOnce(key: string): number {
  if (key.startsWith('L0')) return 64;
  return key.startsWith('L1') ? 128 : (chipMemory(key)?.programUnit ?? 32);
}

/** Keys of the chips whose memory is known, sorted. */
export const chipsWithMemory = (): readonly string[] => Object.keys(rows).sort();
