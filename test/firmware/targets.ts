import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import { chipKeys, findChip } from '../../src/chips/find-chip.ts';
import { chooseWay } from '../../src/firmware/choose.ts';
import { configText } from '../../src/firmware/config.ts';
import { deviceOf } from '../helpers/firmware-witnesses.ts';
import type { ChipOptions } from './chip.ts';
import { type Line, lineOf } from './lines.ts';

/** Targets whose configuration is the same, but for their names and sources, on one model of the chip. */
export interface Board {
  readonly names: readonly string[];
  /** The model: registers of the CMSIS header of a device, and not those of the target. */
  readonly line: Line;
  /** What `bootctl firmware write` makes for them. */
  readonly config: string;
  /** With which the ROM stays, under the condition of the target. */
  readonly options: ChipOptions;
}

/** AN2606 Rev 70: where the ROM of a target begins elsewhere than that of the device whose registers are taken. */
const otherRoms: Readonly<Record<string, number>> = { F103_xl: 0x1fffe000 };
const ramToken = 0x20000c00;

function boardOf(name: string): Board {
  const chip = findChip(name)!;
  const { boot0Pins, romId, backup } = chip.firmware!.jump!;
  const ids = 'via: target, vendorId: "0483", productId: "5740"';
  const jumps = `[{ trigger: serial-command, send: "bootloader\\r\\n", ${ids} }, { trigger: touch-1200, ${ids} }]`;
  const wiring = 'wiring: { nrst: { line: rts, asserted: 0 }, boot0: { line: dtr, asserted: 1 } }';
  const lines = [
    'id: board',
    wiring,
    'methods: [soft-jump, manual]',
    `target: { family: ${name} }`,
    `softJump: ${jumps}`,
  ];
  const profile = parseProfile([...lines, ''].join('\n'), 'board.yaml');
  const wish = { boot0Pin: boot0Pins?.[0], ramToken: backup ? undefined : ramToken };
  const text = configText(chooseWay(profile, chip, wish));
  const model = { ...lineOf(deviceOf(name)), needsCrystal: chip.dfuClock?.needs === 'hse' };
  const line = { ...model, rom: otherRoms[name] ?? model.rom, ...(backup ? {} : { ramToken }) };
  const options: ChipOptions = {
    battery: true,
    boot0: line.kind === 'empty check',
    rom: line.kind === 'bank check' ? 'plain' : line.kind,
    ...(romId && { romId }),
    // PB8 or PF11; all pins of all ports of F0 read 1.
    ...(boot0Pins && { input: { port: boot0Pins[0]!.startsWith('PB') ? 0x48000400 : 0x48001400, bits: 0xffff } }),
  };
  return { names: [name], line, config: withoutNames(text), options };
}

/** Only macros count, and the name of the target would make each an image of its own. */
const withoutNames = (text: string): string =>
  text
    .replaceAll(/\/\*.*?\*\//gs, '')
    .replace(/(?<=BOOTCTL_TARGET ).*/, '"emulated"')
    .replaceAll(/\n+/g, '\n');

/** Every target that the kit jumps on. */
export function boards(): readonly Board[] {
  const found = new Map<string, Board>();
  for (const name of chipKeys().filter((key) => findChip(key)!.firmware?.jump)) {
    const board = boardOf(name);
    const key = JSON.stringify([board.config, board.line]);
    const names = [...(found.get(key)?.names ?? []), name];
    found.set(key, { ...board, names });
  }
  return [...found.values()];
}
