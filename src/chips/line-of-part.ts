/**
 * Lines by the names of their parts, the letters after `STM32`: one pattern each. A dot is the letter of the package; where the size of
 * the flash decides, its letter follows. Parts of a line: `name` of each file in hardware/targets.
 */
const lines: Readonly<Record<string, RegExp>> = {
  C011: /^C011/,
  C031: /^C031/,
  C051: /^C051/,
  C071: /^C071/,
  C091_092: /^C09[12]/,
  C55x_562: /^C(55[12]|562)/,
  F030xC: /^F030.C/,
  F03x: /^F03(0.[46]|1|8)/,
  F04x: /^F04[28]/,
  F05x_030x8: /^F0(5[18]|30.8)/,
  F070x6: /^F070.6/,
  F070xB: /^F070.B/,
  F072: /^F07[128]/,
  F09x: /^F09[18]/,
  F100_vl: /^F100.[468B]/,
  F100_vl_hd: /^F100.[CDE]/,
  F103_ld: /^F10[123].[46]/,
  F103_md: /^F10[123].[8B]/,
  F103_hd: /^F10[13].[CDE]/,
  F103_xl: /^F10[13].[FG]/,
  F105_107: /^F10[57]/,
  F2: /^F2[01][57]/,
  F301_302x8: /^F30(1|2.[468])/,
  F303x8_334: /^F3(03.[468]|34|28)/,
  F303xBC: /^F30[23].[BC]/,
  F303xDE: /^F30[23].[DE]/,
  F373: /^F373/,
  F401xBC: /^F401.[BC]/,
  F401xDE: /^F401.[DE]/,
  F405_407: /^F4[01][57]/,
  F410: /^F410/,
  F411: /^F411/,
  F412: /^F412/,
  F413_423: /^F4[12]3/,
  F42x_43x: /^F4[23][79]/,
  F446: /^F446/,
  F469_479: /^F4[67]9/,
  F72x_73x: /^F7(2[23]|3[023])/,
  F74x_75x: /^F7(4[56]|5[06])/,
  F76x_77x: /^F7(6[579]|7[79])/,
  G03x_04x: /^G0(3[01]|41)/,
  G05x_06x: /^G0(5[01]|61)/,
  G07x_08x: /^G0(7[01]|81)/,
  G0B0: /^G0B0/,
  G0B1_0C1: /^G0[BC]1/,
  G43x_44x: /^G4[34]1/,
  G47x_48x: /^G4(7[134]|8[34])/,
  G491_4A1: /^G4[9A]1/,
  H503: /^H503/,
  H523_533: /^H5[23]3/,
  H563_573: /^H5(6[23]|73)/,
  H5E_5F: /^H5[EF][45]/,
  H72x_73x: /^H7(2[35]|3[035])/,
  H74x_75x: /^H7(4[2357]|5[0357])/,
  H7A3_B3_B0: /^H7(A3|B[03])/,
  H7RS: /^H7[RS][37]/,
  L01x_02x: /^L0[12]1/,
  L031_041: /^L0[34]1/,
  L05x_06x: /^L0(5[123]|6[23])/,
  L071_081: /^L0[78]1/,
  L07x_08x_usb: /^L0[78][23]/,
  // The A of category 2 stands at the end of the part's number: without that end nothing is known.
  L1_cat1: /^L1[056][012].[68B]T\d$/,
  L1_cat2: /^L1[056][012].[68B](T\d)?A/,
  L1_cat3: /^L1[056][012].C/,
  L1_cat4: /^L1[056][012].D/,
  L1_cat5: /^L1[056][012].E/,
  L41x_42x: /^L4[12]2/,
  L43x_44x: /^L4(3[123]|4[23])/,
  L45x_46x: /^L4(5[12]|62)/,
  L47x_48x: /^L4(7[156]|86)/,
  L496_4A6: /^L4[9A]6/,
  L4P_4Q: /^L4[PQ]5/,
  L4R_4S: /^L4[RS][579]/,
  L552_562: /^L5[56]2/,
  U031: /^U031/,
  U073_083: /^U0[78]3/,
  U375_385: /^U3[78]5/,
  U535_545: /^U5[34]5/,
  U575_585: /^U5[78]5/,
  U595_5A9: /^U5[9A][59]/,
  U5F_5G: /^U5[FG][79]/,
  WB0_BlueNRG: /^WB0[5679]/,
  WB10_15: /^WB1[05]/,
  WB55: /^WB[35][05]/,
  WBA2: /^WBA2[035]/,
  WBA5: /^WBA5[0245]/,
  WBA6: /^WBA6[2345]/,
  WL: /^WL(E5|55)/,
};

/** `STM32F407VG` in a name; or `f103c8` alone, as boards are called (`bluepill_f103c8`, `nucleo_l476rg`). */
const inName = /stm32[_-]?([cfghluw][0-9a-z]{3,9})|(?:^|_)([cfghluw][0-9][0-9a-z]{2}[a-z][0-9a-z])(?:_|$)/i;

/** The part that a name names, such as `F407VG`. */
export function partIn(name: string): string | undefined {
  const match = inName.exec(name);
  return (match?.[1] ?? match?.[2])?.toUpperCase();
}

/** The line of the part that is named; undefined where none is, or where the size of its flash is missing and decides. */
export function lineOfPart(name: string): string | undefined {
  const part = partIn(name);
  return part === undefined ? undefined : Object.keys(lines).find((line) => lines[line]!.test(part));
}
