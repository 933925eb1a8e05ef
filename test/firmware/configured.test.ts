import { describe, expect, test } from 'vitest';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import { findChip } from '../../src/chips/find-chip.ts';
import { chooseWay } from '../../src/firmware/choose.ts';
import { configText } from '../../src/firmware/config.ts';
import { configurationOf, lineOf } from './lines.ts';

/** Lines of hardware/targets by the device that the emulator has run. */
const lines: readonly (readonly [line: string, device: string])[] = [
  ['F04x', 'F042'],
  ['F072', 'F072'],
  ['F09x', 'F091'],
  ['F100_vl', 'F100'],
  ['F103_md', 'F103'],
  ['F105_107', 'F107'],
  ['F2', 'F205'],
  ['F303xBC', 'F303xC'],
  ['F373', 'F373'],
  ['F401xBC', 'F401'],
  ['F405_407', 'F405'],
  ['F411', 'F411'],
  ['F413_423', 'F413'],
  ['F42x_43x', 'F429'],
  ['F446', 'F446'],
  ['F72x_73x', 'F722'],
  ['F74x_75x', 'F746'],
  ['F76x_77x', 'F767'],
  ['L05x_06x', 'L052'],
  ['L07x_08x_usb', 'L072'],
  ['L1_cat3', 'L152'],
  ['L41x_42x', 'L412'],
  ['L43x_44x', 'L432'],
  ['L47x_48x', 'L476'],
  ['L496_4A6', 'L496'],
  ['L4R_4S', 'L4R5'],
  ['L552_562', 'L552'],
  ['G03x_04x', 'G031'],
  ['G07x_08x', 'G071'],
  ['G0B1_0C1', 'G0B1'],
  ['G43x_44x', 'G431'],
  ['G47x_48x', 'G474'],
  ['H72x_73x', 'H723'],
  ['H74x_75x', 'H743'],
  ['H7A3_B3_B0', 'H7A3'],
  ['H503', 'H503'],
  ['H563_573', 'H563'],
  ['U575_585', 'U575'],
  ['U031', 'U031'],
  ['U073_083', 'U083'],
  ['C031', 'C031'],
  ['C071', 'C071'],
  ['WB55', 'WB55'],
  ['WL', 'WLE5'],
];

type Macros = Readonly<Record<string, string>>;
/** What a header defines, numbers by their value. */
const macrosOf = (text: string): Macros =>
  Object.fromEntries(
    [...text.matchAll(/^#define BOOTCTL_(\w+) (.*)$/gm)].map(([, name, value]) => [
      name!,
      /^(0x)?[\dA-F]+u$/i.test(value!) ? String(Number(value!.slice(0, -1))) : value!,
    ]),
  );

/** Of a small package, where that decides. */
const boot0Pin = { boot0Pin: 'PB8' };

function written(line: string): Macros {
  const text = [
    'id: board',
    `target: { family: ${line} }`,
    'methods: [soft-jump]',
    'softJump: [{ trigger: serial-command, send: "bootloader\\r\\n", via: adapter }]',
    '',
  ].join('\n');
  return macrosOf(configText(chooseWay(parseProfile(text, 'board.yaml'), findChip(line), boot0Pin)));
}

/** What tells nothing of registers; the tries of a ROM without a crystal, which an emulated one may need. */
const others = /^(TARGET|COMMAND|TOUCH|DELAY_MS|TRIES|DCACHE|ROM_ID_\w+|BOOT0_PIN_\w+)$/;
const ofRegisters = (macros: Macros): Macros =>
  Object.fromEntries(Object.entries(macros).filter(([name]) => !others.test(name)));

describe('what is written for a line is what the emulator has run', () => {
  test.each(lines)('%s as the %s', (line, device) => {
    const emulated = ofRegisters(macrosOf(configurationOf(lineOf(device))));
    // The backup register of a C0 lies in PWR: the clock of the RTC has nothing to do with it.
    const without = device.startsWith('C0') ? /^RTCAPB_/ : /^$/;
    const needed = Object.fromEntries(Object.entries(emulated).filter(([name]) => !without.test(name)));
    expect(ofRegisters(written(line))).toEqual(needed);
  });
});
