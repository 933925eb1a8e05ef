import { commandLines, gpioLines, type LineName, lineNames } from '../circuit/host-lines.ts';
import type { BoardProfile } from '../profile.ts';
import { capacitorAtNrst, drawBoot0Load, parts } from './draw-pins.ts';
import { adapter, type Drawing, pinName, row, target } from './layout.ts';
import type { PinDrive } from './pin-drive.ts';
import { type Colour, label, wire } from './svg.ts';
import { resistor } from './symbols.ts';

// Pins that a GPIO or a program of this host moves.

type Pin = 'nrst' | 'boot0';

/** The pin's drawing; undefined where its line is an adapter's. */
export function drawHostPin(pin: Pin, drive: PinDrive, profile: BoardProfile): Drawing | undefined {
  if (drive.kind !== 'follows' || !profile.hostLines?.[drive.line]) return undefined;
  const load = pin === 'nrst' ? capacitorAtNrst(profile) : drawBoot0Load(profile, 460);
  return [...lineDrawing(pin, drive.line, drive.asserted, profile), ...load];
}

function lineDrawing(pin: Pin, name: LineName, asserted: 0 | 1, profile: BoardProfile): Drawing {
  const { hostLines = {} } = profile;
  const y = row[pin];
  const end = pin === 'nrst' ? target.left : 460;
  const command = commandLines(hostLines).find((line) => line.name === name);
  if (command) {
    const words = command.pin === 'boot0' ? command.high : command.pulse;
    return [
      label([adapter.right + 20, y - 8], `program: ${words.join(' ')}`, { colour: 'muted' }),
      wire([adapter.right, y], [end, y], { look: 'thin', colour: pin }),
    ];
  }
  const gpio = gpioLines(hostLines).find((line) => line.name === name)!;
  const isInverted = gpio.idle === asserted;
  const colour: Colour = name === 'rts' ? 'rts' : 'dtr';
  const text = isInverted ? 'through a transistor that inverts it' : gpio.isOpenDrain ? 'open drain' : 'push-pull';
  return [
    ...pinName([adapter.right, y], lineNames(profile)[name], 'right', gpio.chip),
    label([adapter.right + 20, y - 14], text, { style: 'small', colour: 'muted' }),
    wire([adapter.right, y], [330, y], { colour }),
    ...resistor([330, y], [400, y], parts.nrst, colour),
    wire([400, y], [end, y], { colour: pin }),
  ];
}
