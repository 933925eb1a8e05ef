import type { BoardProfile } from '../profile.ts';
import type { SoftJump } from '../soft-jump.ts';
import { drawBoot0Load } from './draw-pins.ts';
import { adapter, pinName, row, target, width } from './layout.ts';
import { box, label, picture, wire } from './svg.ts';

type SelfCharge = Extract<SoftJump, { trigger: 'self-charge' }>;

/** The entry by which the firmware charges BOOT0, where it names its pin. */
export const chargedByPin = ({ softJump }: BoardProfile): SelfCharge | undefined =>
  softJump.find((jump): jump is SelfCharge => jump.trigger === 'self-charge' && jump.pin !== undefined);

/** Wiring on the board itself as an SVG file: a pin of the target, and the RC circuit at its BOOT0. */
export function selfChargePicture(profile: BoardProfile, { pin = '', level = 1 }: SelfCharge): string {
  const [top, bottom, from] = [70, 410, 400];
  const words = [
    'The firmware drives the pin,',
    'waits until BOOT0 is charged, and resets itself.',
    'The reset lets go of the pin:',
    'the capacitor holds BOOT0.',
  ];
  return picture([width, bottom + 40], `Self-charge of ${profile.id}: ${profile.description}`, [
    label([adapter.left, 36], `${profile.id}: ${profile.description}`, { style: 'title' }),
    box([target.left, top], [target.right - target.left, bottom - top], 'panel', 'ink', 6),
    label([target.right - 10, top + 20], 'target', { anchor: 'end' }),
    ...pinName([target.left, row.nrst], pin, 'left', `${level} while it charges`),
    ...pinName([target.left, row.boot0], 'BOOT0', 'left'),
    wire([from, row.nrst], [target.left, row.nrst], { colour: 'dtr' }),
    wire([from, row.nrst], [from, row.boot0], { colour: 'dtr' }),
    wire([from, row.boot0], [460, row.boot0], { colour: 'dtr' }),
    ...(level === 0
      ? [label([from + 10, row.boot0 - 20], 'through a PNP, which inverts it', { style: 'small', colour: 'muted' })]
      : []),
    ...drawBoot0Load(profile, 460),
    ...words.map((text, index) => label([adapter.left, row.nrst + 22 * index], text, { colour: 'muted' })),
  ]);
}
