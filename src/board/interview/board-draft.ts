import { tableRows } from '../import/sequence/circuits.ts';
import type { Draft, DraftEntry } from '../profile/draft.ts';
import { quoted, scalar } from '../profile/draft.ts';
import { type PresetName, presetNamed, presetTable } from './presets.ts';

/** Parts of the RC circuit on BOOT0, as people write values. */
export interface RcParts {
  readonly chargeResistor: string;
  readonly capacitor: string;
  readonly bleedResistor: string;
  /** What the board itself has from BOOT0 to ground. */
  readonly boardPullDown?: string;
  /** Only this was known: the parts were chosen for it. */
  readonly fromTime?: string;
}

export interface GpioPlaces {
  readonly chip: string;
  readonly nrst: number;
  readonly boot0: number;
}

/** What is known of an adapter on the bus. */
export interface AdapterAnswer {
  readonly vendorId?: string;
  readonly productId?: string;
  readonly serialNumber?: string;
  readonly path?: string;
}

export type ApplicationAnswer =
  | { readonly expect: 'none' }
  | { readonly expect: 'usb'; readonly vendorId: string; readonly productId: string }
  | { readonly expect: 'serial'; readonly match: string };

/** A board as a person has described it. */
export interface BoardAnswers {
  readonly id: string;
  readonly description: string;
  readonly family?: string;
  readonly adapter?: AdapterAnswer;
  readonly preset: PresetName;
  readonly isSwapped: boolean;
  readonly gpio?: GpioPlaces;
  readonly rc?: RcParts;
  /** From NRST to ground; `0F` for none. */
  readonly nrstCapacitor?: string;
  readonly hasUsart: boolean;
  readonly hasUsb: boolean;
  readonly application: ApplicationAnswer;
}

const entry = (key: DraftEntry['key'], lines: readonly string[], comment: string): DraftEntry => ({
  key,
  lines,
  comment,
});

function wiring({ preset, isSwapped, gpio }: BoardAnswers): readonly DraftEntry[] {
  const { label, picture } = presetNamed(preset);
  const comment = `${label}${picture === undefined ? '' : ` (${picture})`}`;
  const table = presetTable(preset, isSwapped);
  if (table) {
    const rows = tableRows(table).map(([key, pins]) => `    ${key}: { boot0: ${pins.boot0}, nrst: ${pins.nrst} }`);
    return [entry('wiring', ['wiring:', '  table:', ...rows], comment)];
  }
  const pins = pinLines(preset, isSwapped, gpio);
  return pins.length === 0 ? [] : [entry('wiring', ['wiring:', ...pins], comment)];
}

function pinLines(preset: PresetName, isSwapped: boolean, gpio: GpioPlaces | undefined): readonly string[] {
  if (gpio) {
    const place = (offset: number) => `line: gpio, chip: ${scalar(gpio.chip)}, offset: ${offset}`;
    return [`  nrst: { ${place(gpio.nrst)}, asserted: 0 }`, `  boot0: { ${place(gpio.boot0)}, asserted: 1 }`];
  }
  if (preset === 'direct') {
    const [nrst, boot0] = isSwapped ? ['rts', 'dtr'] : ['dtr', 'rts'];
    return [
      `  nrst: { line: ${nrst}, asserted: 0 }`,
      `  boot0: { line: ${boot0}, asserted: 0 }`,
      '  # A released line is a HIGH pin: the board starts its ROM at power-up while the adapter is plugged in and its port closed.',
      '  idleEntersBootloader: accepted',
    ];
  }
  if (preset !== 'rc-cap' && preset !== 'two-line') return [];
  const [nrst, boot0] = isSwapped ? ['dtr', 'rts'] : ['rts', 'dtr'];
  return [
    `  nrst: { line: ${nrst}, asserted: 0 } # asserted is a LOW pin`,
    `  boot0: { line: ${boot0}, asserted: 1 } # the transistor makes that LOW pin a 1`,
  ];
}

function rcEntry({ rc }: BoardAnswers): readonly DraftEntry[] {
  if (!rc) return [];
  const { chargeResistor, capacitor, bleedResistor, boardPullDown, fromTime } = rc;
  const chosen = fromTime === undefined ? '' : ` # chosen: only the product is known, ${fromTime}`;
  const lines = [
    'boot0:',
    `  chargeResistor: ${chargeResistor} # between the driven line and BOOT0`,
    `  capacitor: ${capacitor}${chosen || ' # from BOOT0 to ground'}`,
    `  bleedResistor: ${bleedResistor}${chosen || ' # from BOOT0 to ground'}`,
    ...(boardPullDown === undefined
      ? []
      : [`  boardPullDown: ${boardPullDown} # of the board itself, from BOOT0 to ground`]),
    '  diodeDrop: 0.3V # a Schottky diode at about 1 mA, as drawn; 0V without one',
    '  tolerance: 20% # of the capacitor; class M',
    '  supply: 3.3V',
  ];
  const measure = '`bootctl calibrate` measures how long this very board holds BOOT0';
  return [entry('boot0', lines, `The RC circuit on BOOT0; ${measure}`)];
}

function adapterEntry({ adapter }: BoardAnswers): readonly DraftEntry[] {
  const values = Object.entries(adapter ?? {}).filter(([, value]) => value !== undefined);
  if (values.length === 0) return [];
  const text = values.map(([key, value]) => `${key}: ${quoted(value)}`).join(', ');
  return [entry('adapter', [`adapter: { ${text} }`], 'as it was plugged in when this was written')];
}

function application({ application: proof }: BoardAnswers): DraftEntry {
  if (proof.expect === 'usb') {
    const ids = `vendorId: ${quoted(proof.vendorId)}, productId: ${quoted(proof.productId)}`;
    return entry('application', [`application: { expect: usb, ${ids} }`], 'it runs when it has come on USB');
  }
  if (proof.expect === 'serial') {
    return entry(
      'application',
      [`application: { expect: serial, match: ${quoted(proof.match)} }`],
      'it runs when it has said this',
    );
  }
  return entry('application', ['application: { expect: none }'], 'nothing shows that it runs');
}

/** Family, USART and USB. */
function target({ family, hasUsart, hasUsb }: BoardAnswers): readonly DraftEntry[] {
  return [
    ...(family === undefined ? [] : [entry('target', [`target: { family: ${family} }`], 'a name of hardware/targets')]),
    ...(hasUsart
      ? [entry('usart', ['usart: { connected: true }'], 'TX and RX of the adapter reach a USART of the ROM')]
      : []),
    ...(hasUsb
      ? []
      : [
          entry('usb', ['usb: { connected: false }'], "the target's own USB goes nowhere: no DFU device is waited for"),
        ]),
  ];
}

function nrst({ nrstCapacitor }: BoardAnswers): readonly DraftEntry[] {
  if (nrstCapacitor === undefined) return [];
  return [
    entry(
      'nrst',
      [`nrst: { capacitor: ${nrstCapacitor} }`],
      'from NRST to ground; pull-up and pulse are the usual ones',
    ),
  ];
}

/** The profile of a described board. */
export function boardDraft(answers: BoardAnswers): Draft {
  const { methods } = presetNamed(answers.preset);
  const unnamed =
    answers.family === undefined
      ? ['The line of the target is not named: safe thresholds and times count. Add `target: { family: … }`.']
      : [];
  return {
    id: answers.id,
    description: answers.description,
    head: [
      'Written by `bootctl profile new`. `bootctl profile check` checks it after a change, `bootctl profile show` has its times.',
      ...unnamed,
    ],
    entries: [
      ...target(answers),
      ...adapterEntry(answers),
      ...wiring(answers),
      ...rcEntry(answers),
      ...nrst(answers),
      entry('methods', [`methods: [${methods.join(', ')}]`], 'in this order; a person is asked only at a terminal'),
      application(answers),
    ],
  };
}
