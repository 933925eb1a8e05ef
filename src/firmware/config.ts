import { hex32 } from '../base/text.ts';
import type { BackupRegister, RegisterBits } from '../chips/firmware/chip-firmware.ts';
import { joined } from './answers.ts';
import { cString } from './c-string.ts';
import type { FirmwarePlan } from './choose.ts';
import type { JumpWay, Token } from './jump.ts';
import type { PortPin } from './ports.ts';
import type { SelfChargeWay } from './self-charge.ts';

export const configName = 'bootctl_config.h';

/** The text of `bootctl_config.h`: everything that the kit must know of this board. */
export function configText({ profile, chip, facts, answers, way }: FirmwarePlan): string {
  const { commands, touch, delay } = answers;
  return [
    `/* Made by \`bootctl firmware write\` from the profile ${profile}, for ${chip.name}. Change the profile and make it again:`,
    ' * the host asks by the same lines. */',
    '#ifndef BOOTCTL_CONFIG_H',
    '#define BOOTCTL_CONFIG_H',
    '',
    `#define BOOTCTL_TARGET ${cString(chip.key)}`,
    ...commandLines(commands),
    ...(touch ? ['#define BOOTCTL_TOUCH 1'] : []),
    number('BOOTCTL_DELAY_MS', delay),
    '',
    ...(way.method === 'jump' ? jumpLines(way, facts.sources.registers) : selfChargeLines(way, facts.sources.gpio)),
    '',
    '#endif',
    '',
  ].join('\n');
}

/** One command needs no more: the kit takes all of it then. */
function commandLines(commands: readonly string[]): readonly string[] {
  if (commands.length === 0) return [];
  const all = `#define BOOTCTL_COMMAND ${cString(joined(commands))}`;
  if (commands.length === 1) return [all];
  const ends = commands.map((_, index) => joined(commands.slice(0, index + 1)).length - 1);
  const starts = ends.map((end, index) => end - commands[index]!.length + 1);
  const mask = (bytes: readonly number[]) => bytes.reduce((sum, byte) => sum + 2 ** byte, 0);
  return [
    all,
    `#define BOOTCTL_COMMANDS "${commands.length}"`,
    word('BOOTCTL_COMMAND_STARTS', mask(starts)),
    word('BOOTCTL_COMMAND_ENDS', mask(ends)),
  ];
}

const number = (name: string, value: number): string => `#define ${name} ${value}u`;
const word = (name: string, value: number): string => `#define ${name} ${hex32(value)}u`;
const bits = (name: string, value: RegisterBits | undefined, short = ''): readonly string[] =>
  value ? [word(`${name}_${short}REG`, value.register), word(`${name}_${short}MASK`, value.mask)] : [];
const source = (text: string | undefined): string => `/* ${text} */`;

function jumpLines(way: JumpWay, from: string | undefined): readonly string[] {
  const { registers, vtor, nvicWords, tries, token, boot0Pin } = way;
  const { rom, romId, reset, remap, remapClock } = registers;
  return [
    source(from),
    word('BOOTCTL_ROM', rom),
    ...(vtor ? [word('BOOTCTL_VTOR', rom)] : []),
    ...(romId ? [word('BOOTCTL_ROM_ID_ADDRESS', romId.address), word('BOOTCTL_ROM_ID_VALUE', romId.value)] : []),
    ...(boot0Pin
      ? [...pinLines('BOOTCTL_BOOT0_PIN', boot0Pin), number('BOOTCTL_BOOT0_PIN_NUMBER', boot0Pin.number)]
      : []),
    number('BOOTCTL_NVIC_WORDS', nvicWords),
    number('BOOTCTL_TRIES', tries),
    word('BOOTCTL_RESET_REG', reset.register),
    word('BOOTCTL_RESET_SOFTWARE', reset.software),
    word('BOOTCTL_RESET_CLEAR', reset.clear),
    ...bits('BOOTCTL_REMAP', remap),
    ...bits('BOOTCTL_SYSCFG', remapClock, 'EN_'),
    ...tokenLines(token, registers.backup),
  ];
}

function tokenLines(token: Token, backup: BackupRegister | undefined): readonly string[] {
  if (token.in === 'ram')
    return [word('BOOTCTL_RAM_TOKEN', token.address), ...(token.cached ? ['#define BOOTCTL_DCACHE 1'] : [])];
  return [
    word('BOOTCTL_BACKUP_REG', backup!.register),
    ...(backup!.halfWords ? ['#define BOOTCTL_BACKUP_16BIT 1'] : []),
    ...bits('BOOTCTL_PWR', backup!.power, 'EN_'),
    ...bits('BOOTCTL_RTCAPB', backup!.apb, 'EN_'),
    ...bits('BOOTCTL_DBP', backup!.unlock),
  ];
}

const pinLines = (name: string, { port, clock }: PortPin): readonly string[] => [
  ...bits(name, clock, 'PORT_EN_'),
  word(`${name}_GPIO`, port),
];

function selfChargeLines(
  { pin, level, charge, largestMHz, f1 }: SelfChargeWay,
  from: string | undefined,
): readonly string[] {
  return [
    source(from),
    ...pinLines('BOOTCTL_SELF_CHARGE', pin),
    number('BOOTCTL_SELF_CHARGE_PIN', pin.number),
    number('BOOTCTL_SELF_CHARGE_LEVEL', level),
    number('BOOTCTL_SELF_CHARGE_MS', Math.ceil(charge)),
    number('BOOTCTL_SELF_CHARGE_CORE_HZ', largestMHz * 1_000_000),
    ...(f1 ? ['#define BOOTCTL_SELF_CHARGE_F1 1'] : []),
  ];
}
