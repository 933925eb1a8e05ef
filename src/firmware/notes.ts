import { hex32 } from '../base/text.ts';
import type { BoardProfile } from '../board/profile.ts';
import type { Chip } from '../chips/chip.ts';
import type { Answers } from './answers.ts';
import type { JumpWay } from './jump.ts';
import type { SelfChargeWay } from './self-charge.ts';

/** What a person should know before the firmware is built. */
export const notesOf = (
  profile: BoardProfile,
  chip: Chip,
  answers: Answers,
  way: JumpWay | SelfChargeWay,
): readonly string[] => [
  ...lineNotes(chip, way),
  ...profileNotes(profile, answers),
  ...(chip.hasDfu ? [] : [`the ROM of ${chip.name} has no USB DFU: it is called over its USART`]),
];

function lineNotes(chip: Chip, way: JumpWay | SelfChargeWay): readonly string[] {
  if (way.method === 'self-charge') {
    const ignored = chip.optionBits.find((bit) => /nBOOT_SEL/.test(bit));
    return ignored === undefined
      ? []
      : [`the pin of BOOT0 counts only while the option bit ${ignored} is 0; from the factory it is 1 on this line`];
  }
  const { token, registers, tries } = way;
  return [
    ...(registers.romId
      ? ['a part with another ROM stays in its application when it is asked: `self-charge` reaches both']
      : []),
    ...(tries > 1
      ? [
          `a ROM that resets itself because it missed its crystal is entered up to ${tries} times; so is one that resets after option bytes were written`,
        ]
      : []),
    ...(token.in === 'ram'
      ? [`keep ${hex32(token.address)} and the seven bytes behind it free of variables and stack`]
      : []),
    ...(token.in === 'ram' && !registers.romRam
      ? [
          `which RAM the ROM of this line uses is not known: the request is used up before the ROM runs${chip.dfuClock?.needs === 'hse' ? ', so that a ROM which missed its crystal is not entered again' : ''}; after a leave the reset that cleans up after the ROM may be missing`,
        ]
      : []),
  ];
}

function profileNotes({ methods }: BoardProfile, { others }: Answers): readonly string[] {
  const names = [...new Set(others.map(({ trigger }) => trigger))].join(', ');
  return [
    ...(others.length > 0 ? [`the kit has no answer to these entries of softJump: ${names}`] : []),
    ...(methods.includes('soft-jump')
      ? []
      : ['`methods` of the profile does not have soft-jump: the host does not ask yet']),
  ];
}
