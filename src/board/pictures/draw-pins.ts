import type { BoardProfile, Boot0Circuit } from '../profile.ts';
import { formatValue } from './format-value.ts';
import { adapter, type Drawing, pinName, row, target } from './layout.ts';
import type { PinDrive } from './pin-drive.ts';
import { junction, netName, supply } from './signs.ts';
import { type Colour, label, line, type Point, wire } from './svg.ts';
import { capacitorToGround, resistor, resistorToGround, schottky, transistor, uprightResistor } from './symbols.ts';

/** Parts that a profile does not name: any small-signal types and these values will do. */
export const parts = {
  npn: 'BC847',
  pnp: 'BC857',
  diode: 'BAT54',
  base: '10 kΩ',
  baseEmitter: '10 kΩ',
  pullDown: '10 kΩ',
  /** Between adapter and NRST: the adapter's pin empties the capacitor there. */
  nrst: '220 Ω',
  /** In front of the BOOT0 pin, which may be an I/O that the application drives. */
  boot0: '1 kΩ',
};

const lineName = (drive: { readonly line: 'rts' | 'dtr' }) => drive.line.toUpperCase();
const otherName = (drive: { readonly line: 'rts' | 'dtr' }) => (drive.line === 'rts' ? 'DTR' : 'RTS');
const lineColour = (name: string): Colour => (name === 'RTS' ? 'rts' : 'dtr');

/** A pin of the adapter and a wire from it to `x`. */
function adapterPin(name: string, y: number, x: number): Drawing {
  return [
    ...pinName([adapter.right, y], name, 'right', 'LOW = asserted'),
    wire([adapter.right, y], [x, y], { colour: lineColour(name) }),
  ];
}

/** The capacitor at NRST, where one is fitted. */
export function capacitorAtNrst({ nrst }: Pick<BoardProfile, 'nrst'>): Drawing {
  const y = row.nrst;
  if (nrst.capacitor <= 0) return [];
  return [junction([680, y], 'nrst'), ...capacitorToGround([680, y], 48, formatValue(nrst.capacitor, 'F'), 'nrst')];
}

/** From the adapter to NRST: a diode, a transistor between the lines, or nothing that is known. */
export function drawNrst(drive: PinDrive, { nrst }: BoardProfile): Drawing {
  const y = row.nrst;
  const capacitor = capacitorAtNrst({ nrst });
  if (drive.kind === 'follows' && drive.asserted === 0) {
    const name = lineName(drive);
    return [
      ...adapterPin(name, y, 230),
      ...resistor([230, y], [300, y], parts.nrst, lineColour(name)),
      wire([300, y], [330, y], { colour: lineColour(name) }),
      ...schottky([400, y], [330, y], parts.diode, 'nrst'),
      wire([400, y], [target.left, y], { colour: 'nrst' }),
      ...capacitor,
    ];
  }
  if (drive.kind === 'crossed' && drive.asserted === 0) {
    const name = lineName(drive);
    const base: Point = [330, y + 22];
    return [
      ...netName([226, base[1]], otherName(drive), lineColour(otherName(drive))),
      ...resistor([226, base[1]], base, parts.base, lineColour(otherName(drive))),
      ...transistor('npn', base, parts.npn),
      ...adapterPin(name, y + 62, 360),
      wire([360, y + 62], [360, y + 44], { colour: lineColour(name) }),
      wire([360, y], [480, y], { colour: 'nrst' }),
      ...resistor([480, y], [550, y], parts.nrst, 'nrst'),
      wire([550, y], [target.left, y], { colour: 'nrst' }),
      ...capacitor,
    ];
  }
  return [...undrawn(drive, y, 'NRST'), ...capacitor];
}

/** From the adapter to BOOT0: a PNP as high-side switch, then the RC circuit or a pull-down. */
export function drawBoot0(drive: PinDrive, profile: BoardProfile): Drawing {
  const y = row.boot0;
  if (drive.kind === 'follows' && drive.asserted === 0) {
    const name = lineName(drive);
    return [
      ...adapterPin(name, y, 230),
      wire([230, y], [460, y], { colour: lineColour(name) }),
      ...drawBoot0Load(profile, 460),
    ];
  }
  const follows = drive.kind === 'follows' && drive.asserted === 1;
  const crossed = drive.kind === 'crossed' && drive.asserted === 1;
  if (!follows && !crossed) return [...undrawn(drive, y, 'BOOT0'), ...drawBoot0Load(profile, target.left - 60)];
  const base: Point = [430, y - 22];
  const rail = y - 92;
  const volts = formatValue(profile.boot0?.supply ?? 3.3, 'V');
  return [
    ...(follows ? drawFollower(drive, base) : drawCrossed(drive, base)),
    ...transistor('pnp', base, parts.pnp),
    wire([460, y - 44], [460, rail]),
    ...uprightResistor([412, rail], [412, base[1]], parts.baseEmitter, 'left'),
    wire([412, rail], [460, rail]),
    junction([412, base[1]]),
    ...supply([436, rail], `${volts} of the target`),
    ...drawBoot0Load(profile, 460),
  ];
}

/** The base of the PNP straight on the line: asserted is LOW and turns it on. */
const drawFollower = (drive: { readonly line: 'rts' | 'dtr' }, [x, y]: Point): Drawing => [
  ...adapterPin(lineName(drive), y, 230),
  ...resistor([230, y], [x - 60, y], parts.base, lineColour(lineName(drive))),
  wire([x - 60, y], [x, y]),
];

/** An NPN between the two lines turns the PNP on while `line` is LOW and the other HIGH. */
function drawCrossed(drive: { readonly line: 'rts' | 'dtr' }, [x, y]: Point): Drawing {
  const name = lineName(drive);
  const base: Point = [280, y + 22];
  return [
    ...netName([206, base[1]], otherName(drive), lineColour(otherName(drive))),
    ...resistor([206, base[1]], base, parts.base, lineColour(otherName(drive))),
    ...transistor('npn', base, parts.npn),
    ...adapterPin(name, base[1] + 40, 310),
    line(
      [
        [310, base[1] + 40],
        [310, base[1] + 22],
      ],
      { colour: lineColour(name) },
    ),
    ...resistor([310, y], [x - 30, y], parts.base),
    wire([x - 30, y], [x, y]),
  ];
}

/** Parts on BOOT0 between `x` and the target: the RC circuit, or a pull-down if BOOT0 is driven directly. */
export function drawBoot0Load({ boot0 }: BoardProfile, x: number): Drawing {
  const y = row.boot0;
  if (!boot0) {
    return [
      wire([x, y], [540, y], { colour: 'boot0' }),
      ...resistor([540, y], [600, y], parts.boot0, 'boot0'),
      wire([600, y], [target.left, y], { colour: 'boot0' }),
      junction([660, y], 'boot0'),
      ...resistorToGround([660, y], 66, parts.pullDown, 'boot0'),
    ];
  }
  const diode =
    boot0.diodeDrop > 0
      ? schottky([x, y], [530, y], parts.diode, 'boot0')
      : [wire([x, y], [530, y], { colour: 'boot0' })];
  const tolerance = `${formatValue(boot0.capacitor, 'F')} ±${Math.round(boot0.tolerance * 100)} %`;
  return [
    ...diode,
    ...resistor([530, y], [590, y], formatValue(boot0.chargeResistor, 'Ω'), 'boot0'),
    wire([590, y], [680, y], { colour: 'boot0' }),
    ...resistor([680, y], [target.left, y], parts.boot0, 'boot0'),
    junction([610, y], 'boot0'),
    ...capacitorToGround([610, y], 66, tolerance, 'boot0'),
    junction([670, y], 'boot0'),
    ...resistorToGround([670, y], 66, pullDownText(boot0), 'boot0'),
  ];
}

/** The bleed resistor, and the board's own pull-down. */
const pullDownText = ({ bleedResistor, boardPullDown }: Boot0Circuit): string =>
  [bleedResistor, ...(boardPullDown === undefined ? [] : [boardPullDown])]
    .map((ohms) => formatValue(ohms, 'Ω'))
    .join(' ∥ ');

/** A pin without a known circuit: nothing is connected, or the board has its own circuit. */
function undrawn(drive: PinDrive, y: number, pin: string): Drawing {
  const text = drive.kind === 'constant' ? `no line moves ${pin}` : `${pin}: the board's own circuit, see the table`;
  return [label([target.left - 110, y + 4.5], text, { anchor: 'end', colour: 'muted' })];
}
