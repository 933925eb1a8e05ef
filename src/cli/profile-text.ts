import type { Rung } from '../lines/plan.ts';
import {
  bleedTimeConstant,
  type Corner,
  chargedVoltage,
  chargeTime,
  clearTime,
  holdTime,
  nrstReleaseTime,
} from '../lines/rc.ts';
import type { SoftJump } from '../lines/soft-jump.ts';
import { lineStates, pinsOf } from '../lines/wiring.ts';
import type { BoardProfile, Boot0Circuit } from '../profiles/profile.ts';
import type { Milliseconds, Volts } from '../units.ts';
import { adapterText, applicationText, usartText } from './dry-run-text.ts';
import { milliseconds } from './format.ts';
import { tableLines } from './table.ts';

/** Times of a board's RC circuits at the ends of the capacitor's tolerance; the hold after a full charge. */
export interface CircuitFigures {
  readonly charged?: Volts;
  readonly corners?: Readonly<
    Record<Corner, { readonly charge: Milliseconds; readonly hold: Milliseconds; readonly clear: Milliseconds }>
  >;
  readonly nrstRelease: { readonly nominal: Milliseconds; readonly worst: Milliseconds };
}

const corners = ['low', 'nominal', 'high'] as const;

function cornerFigures(circuit: Boot0Circuit, corner: Corner) {
  const charge = chargeTime(circuit, circuit.vih, corner);
  const full = 10 * bleedTimeConstant(circuit, corner); // the bleed resistor is the larger one: more than full
  return { charge, hold: holdTime(circuit, full, corner), clear: clearTime(circuit, corner) };
}

export function circuitFigures({ boot0, nrst }: BoardProfile): CircuitFigures {
  const nrstRelease = { nominal: nrstReleaseTime(nrst, 'nominal'), worst: nrstReleaseTime(nrst) };
  if (!boot0) return { nrstRelease };
  const figures = Object.fromEntries(corners.map((corner) => [corner, cornerFigures(boot0, corner)]));
  return { charged: chargedVoltage(boot0), corners: figures as NonNullable<CircuitFigures['corners']>, nrstRelease };
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
  const { charged, corners: figures, nrstRelease } = circuitFigures(profile);
  const nrst = `  NRST rises within ${milliseconds(nrstRelease.nominal)}, worst corner ${milliseconds(nrstRelease.worst)}`;
  const { boot0 } = profile;
  if (!boot0 || !figures || charged === undefined) return ['  BOOT0 is driven directly, without a capacitor', nrst];
  const tolerance = `${Math.round(boot0.tolerance * 100)} %`;
  const heads = { low: `capacitor -${tolerance}`, nominal: 'nominal', high: `capacitor +${tolerance}` };
  const figure = (name: string, key: 'charge' | 'hold' | 'clear') => [
    name,
    ...corners.map((corner) => milliseconds(figures[corner][key])),
  ];
  return [
    `  BOOT0 charges to ${charged.toFixed(2)} V`,
    ...indented(
      tableLines(
        ['', ...corners.map((corner) => heads[corner])],
        [
          figure(`charge to VIH (${boot0.vih} V)`, 'charge'),
          figure('hold above VIH', 'hold'),
          figure(`clear to VIL (${boot0.vil} V)`, 'clear'),
        ],
      ),
    ),
    nrst,
  ];
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
