import { expect, test } from 'vitest';
import { chipKeys } from '../../src/chips/find-chip.ts';
import { lineOfPart, partIn } from '../../src/chips/line-of-part.ts';

/** Parts of ST's order numbers, one for each line of hardware/targets; the lines are those of AN2606's sections. */
const parts: Readonly<Record<string, string>> = {
  ...{ C011: 'C011F6', C031: 'C031C6', C051: 'C051C8', C071: 'C071RB', C091_092: 'C092RC', C55x_562: 'C562RE' },
  ...{ F030xC: 'F030RC', F03x: 'F030F4', F04x: 'F042K6', F05x_030x8: 'F051R8', F070x6: 'F070F6', F070xB: 'F070RB' },
  ...{ F072: 'F072CB', F09x: 'F091RC', F100_vl: 'F100RB', F100_vl_hd: 'F100ZE', F103_ld: 'F103C6', F103_md: 'F103C8' },
  ...{
    F103_hd: 'F103ZE',
    F103_xl: 'F103ZG',
    F105_107: 'F107VC',
    F2: 'F207ZG',
    F301_302x8: 'F302R8',
    F303x8_334: 'F334R8',
  },
  ...{ F303xBC: 'F303VC', F303xDE: 'F303RE', F373: 'F373VC', F401xBC: 'F401CC', F401xDE: 'F401RE', F405_407: 'F407VG' },
  ...{ F410: 'F410RB', F411: 'F411CE', F412: 'F412ZG', F413_423: 'F413ZH', F42x_43x: 'F429ZI', F446: 'F446RE' },
  ...{
    F469_479: 'F469NI',
    F72x_73x: 'F722ZE',
    F74x_75x: 'F746ZG',
    F76x_77x: 'F767ZI',
    G03x_04x: 'G031K8',
    G05x_06x: 'G051C8',
  },
  ...{
    G07x_08x: 'G071RB',
    G0B0: 'G0B0RE',
    G0B1_0C1: 'G0B1RE',
    G43x_44x: 'G431KB',
    G47x_48x: 'G474RE',
    G491_4A1: 'G491RE',
  },
  ...{
    H503: 'H503RB',
    H523_533: 'H533RE',
    H563_573: 'H563ZI',
    H5E_5F: 'H5F5ZJ',
    H72x_73x: 'H723ZG',
    H74x_75x: 'H743ZI',
  },
  ...{
    H7A3_B3_B0: 'H7A3ZI',
    H7RS: 'H7S3L8',
    L01x_02x: 'L011K4',
    L031_041: 'L031K6',
    L05x_06x: 'L053R8',
    L071_081: 'L071KB',
  },
  ...{ L07x_08x_usb: 'L073RZ', L1_cat1: 'L152RBT6', L1_cat2: 'L152RBT6A', L1_cat3: 'L152RC', L1_cat4: 'L152ZD' },
  ...{ L1_cat5: 'L152RE', L41x_42x: 'L412KB', L43x_44x: 'L432KC', L45x_46x: 'L452RE', L47x_48x: 'L476RG' },
  ...{ L496_4A6: 'L496ZG', L4P_4Q: 'L4P5ZG', L4R_4S: 'L4R5ZI', L552_562: 'L552ZE', U031: 'U031R8', U073_083: 'U083RC' },
  ...{
    U375_385: 'U385RG',
    U535_545: 'U545RE',
    U575_585: 'U575ZI',
    U595_5A9: 'U5A9NJ',
    U5F_5G: 'U5G9ZJ',
    WB0_BlueNRG: 'WB09KE',
  },
  ...{ WB10_15: 'WB15CC', WB55: 'WB55RG', WBA2: 'WBA25CE', WBA5: 'WBA55CG', WBA6: 'WBA65RI', WL: 'WLE5JC' },
};

test('each line of hardware/targets is found by a part, and by no other name', () => {
  expect(Object.keys(parts).toSorted()).toEqual(chipKeys());
  for (const [line, part] of Object.entries(parts)) expect([part, lineOfPart(`STM32${part}`)]).toEqual([part, line]);
});

test.each([
  ['genericSTM32F103RC', 'F103_hd'],
  ['bluepill_f103c8', 'F103_md'],
  ['nucleo_f401re', 'F401xDE'],
  ['disco_f407vg', 'F405_407'],
  ['stm32f446xx', 'F446'],
  ['stm32f103xe', 'F103_hd'],
  ['stm32g0b1xx', 'G0B1_0C1'],
  ['stm32f072xb', 'F072'],
  ['usb-Klipper_stm32h723xx_37002C000551323532363237-if00', 'H72x_73x'],
  // The size of the flash decides, and is not there.
  ['stm32f103xx', undefined],
  ['stm32l152rb', undefined],
  ['maple', undefined],
  ['esp32dev', undefined],
  ['usb-FTDI_FT232R_USB_UART_A9QXPRV7-if00-port0', undefined],
])('%s is %s', (name, line) => {
  expect(lineOfPart(name)).toBe(line);
});

test('the part in a name', () => {
  expect(partIn('blackpill_f411ce')).toBe('F411CE');
  expect(partIn('stm32f407vgt6')).toBe('F407VGT6');
});
