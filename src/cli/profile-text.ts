import type { Milliseconds, Volts } from '../base/units.ts';
import {
  guaranteedChargeTime,
  guaranteedClearTime,
  guaranteedHoldTime,
  guaranteedNrstRise,
} from '../board/circuit/corners.ts';
import type { Rung } from '../board/circuit/plan.ts';
import {
  bleedTimeConstant,
  type Corner,
  chargedVoltage,
  chargeTime,
  clearTime,
  holdTime,
  nrstRiseTime,
} from '../board/circuit/rc.ts';
import { lineStates, pinsOf } from '../board/circuit/wiring.ts';
import type { BoardProfile, Boot0Circuit } from '../board/profile.ts';
import type { SoftJump } from '../board/soft-jump.ts';
import { boot0Levels } from '../chips/boot0-levels.ts';
import { findTarget } from '../chips/targets.ts';
import { milliseconds } from './format.ts';
import { adapterText, applicationText, usartText } from './plan-text.ts';
import { tableLines } from './table.ts';

interface Boot0Times {
  readonly charge: Milliseconds;
  readonly hold: Milliseconds;
  readonly clear: Milliseconds;
}

/** Times of a board's RC circuits; the hold after a full charge. */
export interface CircuitFigures {
  readonly charged?: Volts;
  /** At the ends of the capacitor's tolerance, with all else nominal. */
  readonly corners?: Readonly<Record<Corner, Boot0Times>>;
  /** Whatever the parts are, within their tolerances. */
  readonly guaranteed?: Boot0Times;
  readonly nrstRelease: { readonly nominal: Milliseconds; readonly worst: Milliseconds };
}

const corners = ['low', 'nominal', 'high'] as const;

/** The bleed resistor is the larger one: more than full. */
const fullCharge = (circuit: Boot0Circuit, corner: Corner) => 10 * bleedTimeConstant(circuit, corner);

const cornerFigures = (circuit: Boot0Circuit, corner: Corner): Boot0Times => ({
  charge: chargeTime(circuit, circuit.vih, corner),
  hold: holdTime(circuit, fullCharge(circuit, corner), corner),
  clear: clearTime(circuit, corner),
});

const guaranteedFigures = (circuit: Boot0Circuit): Boot0Times => ({
  charge: guaranteedChargeTime(circuit),
  hold: guaranteedHoldTime(circuit, fullCharge(circuit, 'high')),
  clear: guaranteedClearTime(circuit),
});

export function circuitFigures({ boot0, nrst }: BoardProfile): CircuitFigures {
  const nrstRelease = { nominal: nrstRiseTime(nrst), worst: guaranteedNrstRise(nrst) };
  if (!boot0) return { nrstRelease };
  const figures = Object.fromEntries(corners.map((corner) => [corner, cornerFigures(boot0, corner)]));
  return {
    charged: chargedVoltage(boot0),
    corners: figures as NonNullable<CircuitFigures['corners']>,
    guaranteed: guaranteedFigures(boot0),
    nrstRelease,
  };
}

/** A profile as a person reads it: what the board is, and what follows from it. */
export function profileLines(profile: BoardProfile, ladder: readonly Rung[]): readonly string[] {
  const { id, description, target, usb, softJump } = profile;
  const row = (name: string, text: string) => `${name.padEnd(12)} ${text}`;
  return [
    `${id}: ${description}`,
    '',
    row('target', target?.family ?? 'not named'),
    row('adapter', adapterText(profile)),
    row('DFU device', `${usb.vendorId}:${usb.productId}${usb.path ? ` at USB path ${usb.path}` : ''}`),
    row('USART', usartText(profile)),
    row('application', applicationText(profile)),
    ...(softJump.length > 0 ? [row('soft jump', softJump.map(softJumpText).join('; '))] : []),
    '',
    'Wiring',
    ...wiringLines(profile),
    '',
    'Circuit',
    ...circuitLines(profile),
    '',
    'Ladder: what is tried, in this order',
    ...ladderLines(ladder),
  ];
}

function softJumpText(jump: SoftJump): string {
  const what = 'send' in jump ? `${jump.trigger} ${JSON.stringify(jump.send)}` : jump.trigger;
  return 'via' in jump ? `${what} via ${jump.via}` : what;
}

const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

function wiringLines({ wiring }: BoardProfile): readonly string[] {
  const rows = lineStates.map((lines, index) => {
    const { nrst, boot0 } = pinsOf(wiring, lines);
    const target = nrst === 0 ? 'in reset' : boot0 === 1 ? 'would start its ROM' : 'runs its application';
    return [lines.rts, lines.dtr, `${nrst}`, `${boot0}`, index === 0 ? `${target}: idle, a closed port` : target];
  });
  return indented(tableLines(['RTS', 'DTR', 'NRST', 'BOOT0', 'target'], rows));
}

function circuitLines(profile: BoardProfile): readonly string[] {
  const { charged, corners: figures, guaranteed, nrstRelease } = circuitFigures(profile);
  const nrst = `  NRST rises within ${milliseconds(nrstRelease.nominal)}, worst corner ${milliseconds(nrstRelease.worst)}`;
  const { boot0 } = profile;
  if (!boot0 || !figures || !guaranteed || charged === undefined)
    return ['  BOOT0 is driven directly, without a capacitor', nrst];
  const tolerance = `${Math.round(boot0.tolerance * 100)} %`;
  const heads = { low: `capacitor -${tolerance}`, nominal: 'nominal', high: `capacitor +${tolerance}` };
  const figure = (name: string, key: 'charge' | 'hold' | 'clear') => [
    name,
    ...corners.map((corner) => milliseconds(figures[corner][key])),
    milliseconds(guaranteed[key]),
  ];
  return [
    `  BOOT0 charges to ${charged.toFixed(2)} V${pullDownText(boot0)}`,
    `  it surely reads 1 above ${boot0.vih.toFixed(2)} V (${levelOrigin(profile, 'vih')})`,
    `  and 0 below ${boot0.vil.toFixed(2)} V (${levelOrigin(profile, 'vil')})`,
    ...indented(
      tableLines(
        ['', ...corners.map((corner) => heads[corner]), 'all parts at worst'],
        [figure('charge to VIH', 'charge'), figure('hold above VIH', 'hold'), figure('clear to VIL', 'clear')],
      ),
    ),
    nrst,
  ];
}

const pullDownText = ({ boardPullDown }: Boot0Circuit): string =>
  boardPullDown === undefined
    ? ''
    : `; the board itself pulls it down with ${Number((boardPullDown / 1e3).toPrecision(3))} kΩ`;

/** Who says so. */
function levelOrigin({ boot0, target }: BoardProfile, name: 'vih' | 'vil'): string {
  const family = target && findTarget(target.family);
  const expected = boot0Levels(family)[name];
  const { ofVdd, plus } = boot0?.levels?.[name] ?? { ofVdd: 0, plus: 0 };
  if (ofVdd !== expected.ofVdd || plus !== expected.plus) return 'as the profile states';
  return family?.boot0?.[name] ? `data sheet of the ${family.series} series` : 'safe default: no data sheet is known';
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
