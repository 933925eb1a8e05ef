import { oneLine } from '../../base/text.ts';
import type { Pins, Wiring } from '../circuit/plan.ts';
import { lineStates, pinsOf, wiringKey, wiringKeys } from '../circuit/wiring.ts';
import { parseProfile } from '../profile/parse-profile.ts';
import { measuredLines } from '../profile/write-measured.ts';
import { type LearnedParts, partsFor } from './fitting-circuit.ts';
import type { LearnedBoard } from './learned-board.ts';

export interface ProfileText {
  /** Name of the profile, which is that of its file. */
  readonly id: string;
  /** Day, such as `2026-11-29`. */
  readonly at: string;
  readonly isSimulated: boolean;
}

/** The text of a profile, with what was seen for each line; it passes the check of profiles. */
export function learnedProfile(board: LearnedBoard, about: ProfileText): string {
  const text = (methods: readonly string[]) => `${linesOf(board, about, methods).join('\n')}\n`;
  const kept = methodsOf(board).filter((method) => isAllowed(text([method]), about));
  return text([...kept, 'manual']);
}

/** The planner has the last word on a method. */
function isAllowed(text: string, { id }: ProfileText): boolean {
  try {
    parseProfile(text, `${id}.yaml`);
    return true;
  } catch {
    return false;
  }
}

const methodsOf = ({ circuit }: LearnedBoard): readonly string[] =>
  circuit === null ? [] : circuit.storage === 'capacitor' ? ['rc-cap', 'lines'] : ['lines'];

const width = 120;

/** Lines of a comment: evidence may be long, and a text of the board may be anything. */
function comment(text: string, indent = ''): string {
  const lines: string[] = [];
  for (const word of oneLine(text).split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent}# ${word}`);
  }
  return lines.join('\n');
}

function linesOf(board: LearnedBoard, about: ProfileText, methods: readonly string[]): readonly string[] {
  const { id, at, isSimulated } = about;
  return [
    comment(
      `Learned by \`bootctl learn\` on ${at}${isSimulated ? ', of a simulated board' : ''}: what stands beside a value was seen for it.`,
    ),
    ...(board.unknown.length > 0 ? ['# What remains unknown stands at the end.'] : []),
    `id: ${id}`,
    `description: ${descriptionOf(board)}`,
    '',
    ...targetLines(board),
    ...adapterLines(board),
    ...wiringLines(board),
    ...boot0Lines(board),
    ...usartLines(board),
    ...usbLines(board),
    ...(methods.length > 0 ? [`methods: [${methods.join(', ')}]`, ''] : []),
    ...applicationLines(board),
    ...measuredOf(board, at),
    ...unknownLines(board),
  ];
}

function descriptionOf({ circuit, resetLine, family }: LearnedBoard): string {
  const whose = family ? `Board with an STM32 of line ${family.value}` : 'Board';
  if (circuit) {
    const kind = circuit.storage === 'capacitor' ? 'a capacitor on BOOT0' : 'BOOT0 driven directly';
    return `${whose}, learned by its lines, ${kind}`;
  }
  return resetLine ? `${whose}, reset by ${resetLine.value.line.toUpperCase()}` : `${whose}, whose lines are not known`;
}

const targetLines = ({ family, possible }: LearnedBoard): readonly string[] =>
  family
    ? [comment(family.evidence), `target: { family: ${family.value} }`, '']
    : possible.length > 0
      ? [comment(`The ROM may be that of ${possible.join(', ')}: name the one in \`target: { family: … }\`.`), '']
      : [];

function adapterLines({ adapter }: LearnedBoard): readonly string[] {
  if (!adapter?.vendorId) return [];
  const { path, vendorId, productId, serialNumber, usbPath } = adapter;
  const own = serialNumber ? `, serialNumber: ${JSON.stringify(serialNumber)}` : usbPath ? `, path: "${usbPath}"` : '';
  const ids = `vendorId: "${vendorId}"${productId ? `, productId: "${productId}"` : ''}`;
  return [comment(`The port that moved these lines was ${path}.`), `adapter: { ${ids}${own} }`, ''];
}

/** The line that a pin follows, and its level while that is asserted; null where it follows none alone. */
export function lineOf(
  wiring: Wiring,
  pin: keyof Pins,
): { readonly line: 'rts' | 'dtr'; readonly asserted: 0 | 1 } | null {
  for (const line of ['rts', 'dtr'] as const) {
    const levelsAt = (state: 'asserted' | 'released') =>
      new Set(lineStates.filter((lines) => lines[line] === state).map((lines) => pinsOf(wiring, lines)[pin]));
    const [asserted, released] = [levelsAt('asserted'), levelsAt('released')];
    if (asserted.size === 1 && released.size === 1 && !asserted.has([...released][0]!)) {
      return { line, asserted: [...asserted][0]! };
    }
  }
  return null;
}

function wiringLines(board: LearnedBoard): readonly string[] {
  const { circuit, resetLine, nrst, boot0 } = board;
  if (!circuit) {
    if (!resetLine) return [];
    const { line, asserted } = resetLine.value;
    return [
      'wiring:',
      comment(resetLine.evidence, '  '),
      `  nrst: { line: ${line}, asserted: ${asserted} }`,
      '  # What moves BOOT0 was not found.',
      '  boot0: { line: none }',
      '',
    ];
  }
  const { wiring } = circuit;
  const accepted =
    pinsOf(wiring, lineStates[0]!).boot0 === 1
      ? [
          '  # With both lines released BOOT0 is 1: the board starts its ROM while no port is open.',
          '  idleEntersBootloader: accepted',
        ]
      : [];
  const [reset, boot] = [lineOf(wiring, 'nrst'), lineOf(wiring, 'boot0')];
  const rows =
    reset && boot
      ? [
          comment(nrst, '  '),
          `  nrst: { line: ${reset.line}, asserted: ${reset.asserted} }`,
          comment(boot0, '  '),
          `  boot0: { line: ${boot.line}, asserted: ${boot.asserted} }`,
        ]
      : [comment(nrst, '  '), comment(boot0, '  '), '  table:', ...tableRows(board, wiring)];
  return ['wiring:', ...rows, ...hiddenLines(board), ...accepted, ''];
}

const tableRows = ({ hidden }: LearnedBoard, wiring: Wiring): readonly string[] =>
  wiringKeys.map((key) => {
    const { boot0, nrst } = wiring[key];
    return `    ${key}: { boot0: ${boot0}, nrst: ${nrst} }${hidden.includes(key) ? ' # BOOT0 was not seen' : ''}`;
  });

const hiddenLines = ({ hidden }: LearnedBoard): readonly string[] =>
  hidden.length === 0
    ? []
    : [
        comment(
          `The target never reads BOOT0 with ${hidden.join('; with ')}: there it stands as in the simplest circuit.`,
          '  ',
        ),
      ];

const resistance = (ohms: number): string => (ohms >= 1000 ? `${ohms / 1000}k` : `${ohms}R`);
const capacitance = (farads: number): string => {
  const micro = Number((farads * 1e6).toPrecision(2));
  return micro >= 0.1 ? `${micro}uF` : `${Number((farads * 1e9).toPrecision(2))}nF`;
};

function boot0Lines(board: LearnedBoard): readonly string[] {
  const { circuit, hold, storage } = board;
  if (!circuit) return [];
  if (circuit.storage === 'direct') return [comment(storage), ''];
  if (!hold) return [comment(storage), comment('How long it holds BOOT0 could not be timed.'), ''];
  return [comment(storage), ...partLines(partsFor(board, hold)), ''];
}

const partLines = ({ chargeResistor, capacitor, bleedResistor, diodeDrop, supply, thresholds }: LearnedParts) => [
  '# The parts were not seen, only the times that they make together: bleed resistor, diode and supply are those of the',
  '# reference circuit, capacitor and charge resistor follow from the times.',
  'boot0:',
  `  chargeResistor: ${resistance(chargeResistor)}`,
  `  capacitor: ${capacitance(capacitor)}`,
  `  bleedResistor: ${resistance(bleedResistor)}`,
  `  diodeDrop: ${diodeDrop}V`,
  `  supply: ${supply}V`,
  ...(thresholds
    ? [
        '  # Not those of a data sheet: the line of the target is not known. The parts are made to fit them, so that the times are right.',
        `  vih: ${thresholds.vih}V`,
        `  vil: ${thresholds.vil}V`,
      ]
    : []),
];

const usartLines = ({ usart }: LearnedBoard): readonly string[] =>
  usart ? [comment(usart.evidence), `usart: { connected: ${usart.value} }`, ''] : [];

const usbLines = ({ usbPath, withoutUsb }: LearnedBoard): readonly string[] =>
  usbPath
    ? [comment(usbPath.evidence), `usb: { path: "${usbPath.value}" }`, '']
    : withoutUsb !== null
      ? [comment(withoutUsb), 'usb: { connected: false }', '']
      : [];

function applicationLines({ application, usbPath }: LearnedBoard): readonly string[] {
  if (!application) return ['# Nothing showed that an application runs.', 'application: { expect: none }', ''];
  const { value, evidence } = application;
  if (value.expect === 'serial') {
    return [comment(evidence), `application: { expect: serial, match: ${JSON.stringify(value.match)} }`, ''];
  }
  const { vendorId, productId, path } = value;
  const place = usbPath && usbPath.value !== path ? `, path: "${path}"` : '';
  return [
    comment(evidence),
    `application: { expect: usb, vendorId: "${vendorId}", productId: "${productId}"${place} }`,
    '',
  ];
}

function measuredOf({ circuit, hold, charge }: LearnedBoard, at: string): readonly string[] {
  if (circuit?.storage !== 'capacitor' || !hold) return [];
  return [
    '# Between a time that worked and one that did not: `bootctl calibrate` finds narrower ones.',
    ...measuredLines({ at, hold, ...(charge ? { charge } : {}) }).map((line) =>
      line.replace(' # by `bootctl calibrate`', ' # by `bootctl learn`'),
    ),
    '',
  ];
}

const unknownLines = ({ unknown }: LearnedBoard): readonly string[] =>
  unknown.length === 0 ? [] : ['# Unknown:', ...unknown.map((one) => comment(`- ${one}`))];

export const stateText = wiringKey;
