import { lineNames } from '../circuit/host-lines.ts';
import { lineStates, pinsOf, usesModemLines } from '../circuit/wiring.ts';
import type { BoardProfile } from '../profile.ts';
import { drawHostPin } from './draw-host-pins.ts';
import { drawBoot0, drawNrst } from './draw-pins.ts';
import { formatValue } from './format-value.ts';
import { adapter, type Drawing, groundRow, pinName, row, target, width } from './layout.ts';
import { lineStateName, pinDrive } from './pin-drive.ts';
import { box, label, picture, wire } from './svg.ts';

/**
 * Wiring of a board as an SVG file: adapter, parts with their values, target, and the truth table that the circuit has.
 * Parts that a profile does not define (transistor types, base resistors) are drawn with usual values.
 */
export function wiringPicture(profile: BoardProfile): string {
  const nrst = pinDrive(profile.wiring, 'nrst');
  const boot0 = pinDrive(profile.wiring, 'boot0');
  const bottom = groundRow(profile) + 30;
  const height = bottom + 150;
  return picture([width, height], `Wiring of ${profile.id}: ${profile.description}`, [
    label([adapter.left, 36], `${profile.id}: ${profile.description}`, { style: 'title' }),
    ...drawBoxes(profile),
    ...(drawHostPin('nrst', nrst, profile) ?? drawNrst(nrst, profile)),
    ...(drawHostPin('boot0', boot0, profile) ?? drawBoot0(boot0, profile)),
    ...drawUsart(profile),
    ...drawTruthTable(profile, bottom + 30),
    ...drawNotes(profile, bottom + 30),
  ]);
}

/** Whose lines they are. */
const sourceName = (profile: BoardProfile): string =>
  !profile.hostLines ? 'adapter' : usesModemLines(profile) ? 'adapter and host' : 'this host';

function drawBoxes(profile: BoardProfile): Drawing {
  const { nrst, target: family } = profile;
  const top = 70;
  const gnd = groundRow(profile);
  const bottom = gnd + 30;
  return [
    box([adapter.left, top], [adapter.right - adapter.left, bottom - top], 'panel', 'ink', 6),
    label([adapter.left + 10, top + 20], sourceName(profile)),
    label([adapter.left + 10, top + 36], 'TTL level 3.3 V', { style: 'small', colour: 'muted' }),
    box([target.left, top], [target.right - target.left, bottom - top], 'panel', 'ink', 6),
    label([target.right - 10, top + 20], 'target', { anchor: 'end' }),
    label([target.right - 10, top + 36], family ? `STM32 ${family.family.replaceAll('_', '/')}` : 'STM32', {
      anchor: 'end',
      style: 'small',
      colour: 'muted',
    }),
    ...pinName([target.left, row.nrst], 'NRST', 'left', `pull-up ${formatValue(nrst.pullUp, 'Ω')}`),
    ...pinName([target.left, row.boot0], 'BOOT0', 'left'),
    ...pinName([target.left, gnd], 'GND', 'left'),
    ...pinName([adapter.right, gnd], 'GND', 'right'),
    wire([adapter.right, gnd], [target.left, gnd], { look: 'bold' }),
    label([target.right - 10, gnd + 20], profile.usb.connected === false ? '' : 'USB to the host', {
      anchor: 'end',
      style: 'small',
      colour: 'muted',
    }),
  ];
}

function drawUsart({ usart }: BoardProfile): Drawing {
  if (!usart.connected) return [];
  const connection = (y: number, from: string, to: string): Drawing => [
    ...pinName([adapter.right, y], from, 'right'),
    ...pinName([target.left, y], to, 'left'),
    wire([adapter.right, y], [target.left, y], { colour: 'muted' }),
  ];
  return [...connection(row.tx, 'TX', 'RX'), ...connection(row.rx, 'RX', 'TX')];
}

function drawTruthTable(profile: BoardProfile, top: number): Drawing {
  const { wiring } = profile;
  const names = lineNames(profile);
  const columns = [adapter.left + 10, 210, 290] as const;
  const header: Drawing = [
    label([columns[0], top], 'lines', { style: 'small', colour: 'muted' }),
    label([columns[1], top], 'BOOT0', { style: 'small', colour: 'muted' }),
    label([columns[2], top], 'NRST', { style: 'small', colour: 'muted' }),
    wire([adapter.left, top + 7], [340, top + 7], { colour: 'faint', look: 'thin' }),
  ];
  const rows = lineStates.flatMap((lines, index) => {
    const y = top + 27 + 22 * index;
    const { boot0, nrst } = pinsOf(wiring, lines);
    return [
      label([columns[0], y], lineStateName(lines, names)),
      label([columns[1], y], String(boot0), { style: 'strong', colour: boot0 === 1 ? 'boot0' : 'ink' }),
      label([columns[2], y], String(nrst), { style: 'strong', colour: nrst === 0 ? 'nrst' : 'ink' }),
    ];
  });
  return [...header, ...rows];
}

const idleNotes = (profile: BoardProfile): readonly string[] =>
  usesModemLines(profile)
    ? [
        `Idle is also what a closed port does: ${profile.idleEntersBootloader ? 'this board starts its ROM then.' : 'the application must run then.'}`,
        'Linux asserts both lines for 5 to 60 ms whenever it opens the port.',
      ]
    : ['Lines of this host are taken and given back idle.', 'What a GPIO does after that is up to its chip.'];

const notesOf = (profile: BoardProfile): readonly string[] => [
  ...idleNotes(profile),
  'Transistors, diodes and their base resistors are not part of the profile;',
  'any small-signal types will do.',
];

const drawNotes = (profile: BoardProfile, top: number): Drawing =>
  notesOf(profile).map((text, index) => label([420, top + 27 + 22 * index], text, { colour: 'muted' }));
