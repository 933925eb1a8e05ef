import type { Wiring } from '../circuit/plan.ts';
import { circuitTable } from '../import/sequence/circuits.ts';

/** Circuits that a person can choose, by the names of the built-in profiles that describe them. */
export const presetNames = ['rc-cap', 'two-line', 'direct', 'one-key', 'cross-coupled', 'gpio', 'no-lines'] as const;
export type PresetName = (typeof presetNames)[number];

/** One circuit as it is offered. */
export interface Preset {
  readonly name: PresetName;
  readonly label: string;
  /** Drawing of it in this package. */
  readonly picture?: string;
  /** A capacitor carries BOOT0. */
  readonly hasCapacitor?: true;
  /** It may be built with RTS and DTR the other way round. */
  readonly canSwap?: true;
  /** Boards with it have the adapter's TX and RX at a USART of the ROM. */
  readonly usuallyOnUsart?: true;
  readonly methods: readonly string[];
}

const picture = (name: string): string => `hardware/circuits/${name}.svg`;

const presets: readonly Preset[] = [
  {
    name: 'rc-cap',
    label: 'one line resets, the other charges a capacitor on BOOT0',
    picture: picture('rc-cap'),
    hasCapacitor: true,
    canSwap: true,
    methods: ['rc-cap', 'lines', 'manual'],
  },
  {
    name: 'two-line',
    label: 'one line resets, the other raises BOOT0 through an inverter',
    picture: picture('two-line'),
    canSwap: true,
    methods: ['lines', 'manual'],
  },
  {
    name: 'direct',
    label: 'both lines straight at the pins, without a transistor',
    picture: picture('direct'),
    usuallyOnUsart: true,
    canSwap: true,
    methods: ['lines', 'manual'],
  },
  {
    name: 'one-key',
    label: 'the download circuit beside a CH340, two transistors',
    picture: picture('one-key'),
    usuallyOnUsart: true,
    canSwap: true,
    methods: ['lines', 'manual'],
  },
  {
    name: 'cross-coupled',
    label: 'two cross-coupled transistors as on ESP boards, and a capacitor on BOOT0',
    picture: picture('cross-coupled'),
    hasCapacitor: true,
    canSwap: true,
    methods: ['rc-cap', 'manual'],
  },
  {
    name: 'gpio',
    label: 'GPIO of this host, as on a hat of a Raspberry Pi',
    picture: picture('mmdvm-hs-hat'),
    usuallyOnUsart: true,
    methods: ['lines', 'manual'],
  },
  { name: 'no-lines', label: 'nothing moves NRST and BOOT0: a person does', methods: ['manual'] },
];

export const presetNamed = (name: string): Preset => {
  const found = presets.find((preset) => preset.name === name);
  if (!found) throw new Error(`there is no preset ${name}`);
  return found;
};

/** The circuits, the likeliest first: boards with a CH340 of their own have the one-key circuit. */
export function presetsFor(adapterIds: string | undefined): readonly Preset[] {
  const isCh340 = adapterIds !== undefined && /^(1a86:(7523|7522|5523)|4348:5523)$/.test(adapterIds);
  const first: PresetName = isCh340 ? 'one-key' : 'rc-cap';
  return presets.toSorted((a, b) => Number(b.name === first) - Number(a.name === first));
}

/** The truth table of a circuit that has one. */
export const presetTable = (name: PresetName, isSwapped: boolean): Wiring | undefined =>
  name === 'one-key' || name === 'cross-coupled' ? circuitTable(isSwapped ? `${name}-swapped` : name) : undefined;
