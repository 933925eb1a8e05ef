import { milliseconds } from '../../base/text.ts';
import { circuitFigures, corners, levelOrigin } from '../../board/circuit/circuit-figures.ts';
import { lineNames } from '../../board/circuit/host-lines.ts';
import type { Rung } from '../../board/circuit/plan.ts';
import { lineStates, pinsOf } from '../../board/circuit/wiring.ts';
import type { BoardProfile, Boot0Circuit } from '../../board/profile.ts';
import type { SoftJump } from '../../board/soft-jump.ts';
import { measuredTable } from './calibration-text.ts';
import {
  adapterText,
  applicationText,
  hostLineRows,
  notConnected,
  resetText,
  targetText,
  usartText,
} from './plan-text.ts';
import { tableLines } from './table.ts';

/** A profile as a person reads it: what the board is, and what follows from it. */
export function profileLines(profile: BoardProfile, ladder: readonly Rung[]): readonly string[] {
  const { id, description, target, softJump } = profile;
  const row = (name: string, text: string) => `${name.padEnd(12)} ${text}`;
  return [
    `${id}: ${description}`,
    '',
    row('target', targetText(target?.family ?? 'not named', profile)),
    ...hostLineRows(profile),
    row('adapter', adapterText(profile)),
    row('DFU device', dfuText(profile)),
    row('USART', usartText(profile)),
    row('application', applicationText(profile)),
    ...(softJump.length > 0 ? [row('soft jump', softJump.map(softJumpText).join('; '))] : []),
    '',
    'Wiring',
    ...wiringLines(profile),
    '',
    'Circuit',
    ...circuitLines(profile),
    ...(profile.measured
      ? [
          '',
          `Measured on ${profile.measured.at}, by \`bootctl calibrate\``,
          ...indented(measuredTable(profile.measured)),
        ]
      : []),
    '',
    'Ladder: what is tried, in this order',
    ...ladderLines(ladder),
  ];
}

function dfuText({ usb }: BoardProfile): string {
  if (usb.connected === false) return notConnected;
  return `${usb.vendorId}:${usb.productId}${usb.path ? ` at USB path ${usb.path}` : ''}`;
}

function softJumpText(jump: SoftJump): string {
  const what = 'send' in jump ? `${jump.trigger} ${JSON.stringify(jump.send)}` : jump.trigger;
  return 'via' in jump ? `${what} via ${jump.via}` : what;
}

const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

function wiringLines({ wiring, hostLines }: BoardProfile): readonly string[] {
  const names = lineNames(hostLines ? { hostLines } : {});
  const rows = lineStates.map((lines, index) => {
    const { nrst, boot0 } = pinsOf(wiring, lines);
    const target = nrst === 0 ? 'in reset' : boot0 === 1 ? 'would start its ROM' : 'runs its application';
    return [
      lines.rts,
      lines.dtr,
      `${nrst}`,
      `${boot0}`,
      index === 0 ? `${target}: ${hostLines ? 'idle' : 'idle, a closed port'}` : target,
    ];
  });
  return indented(tableLines([names.rts, names.dtr, 'NRST', 'BOOT0', 'target'], rows));
}

function circuitLines(profile: BoardProfile): readonly string[] {
  const { charged, corners: figures, guaranteed, nrstRelease } = circuitFigures(profile);
  const rises = `  NRST rises within ${milliseconds(nrstRelease.nominal)}, worst corner ${milliseconds(nrstRelease.worst)}`;
  const nrst = [rises, `  reset into the application: ${resetText(profile)}`];
  const { boot0 } = profile;
  if (!boot0 || !figures || !guaranteed || charged === undefined)
    return ['  BOOT0 is driven directly, without a capacitor', ...nrst];
  const tolerance = `${Math.round(boot0.tolerance * 100)} %`;
  const heads = { low: `capacitor -${tolerance}`, nominal: 'nominal', high: `capacitor +${tolerance}` };
  const figure = (name: string, key: 'charge' | 'hold' | 'clear') => [
    name,
    ...corners.map((corner) => milliseconds(figures[corner][key])),
    milliseconds(guaranteed[key]),
  ];
  return [
    `  BOOT0 charges to ${charged.toFixed(2)} V${pullDownText(boot0)}`,
    `  it surely reads 1 above ${boot0.vih.toFixed(2)} V (${originText(profile, 'vih')})`,
    `  and 0 below ${boot0.vil.toFixed(2)} V (${originText(profile, 'vil')})`,
    ...indented(
      tableLines(
        ['', ...corners.map((corner) => heads[corner]), 'all parts at worst'],
        [figure('charge to VIH', 'charge'), figure('hold above VIH', 'hold'), figure('clear to VIL', 'clear')],
      ),
    ),
    ...nrst,
  ];
}

const pullDownText = ({ boardPullDown }: Boot0Circuit): string =>
  boardPullDown === undefined
    ? ''
    : `; the board itself pulls it down with ${Number((boardPullDown / 1e3).toPrecision(3))} kΩ`;

/** Who says so. */
function originText(profile: BoardProfile, name: 'vih' | 'vil'): string {
  const origin = levelOrigin(profile, name);
  if (origin.by === 'data sheet') return `data sheet of the ${origin.series} series`;
  return origin.by === 'profile' ? 'as the profile states' : 'safe default: no data sheet is known';
}

function ladderLines(ladder: readonly Rung[]): readonly string[] {
  const rows = ladder.map(({ method, change, plan }, index) => [
    `${index + 1}`,
    method,
    change,
    plan ? milliseconds(plan.margin) : '',
    plan?.window ? `needs ${milliseconds(plan.window.needed)} of ${milliseconds(plan.window.limit)}` : '',
  ]);
  return indented(tableLines(['#', 'method', 'change', 'margin', 'hold window'], rows));
}
