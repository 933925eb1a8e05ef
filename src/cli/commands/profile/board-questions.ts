import { didYouMean } from '../../../base/near-names.ts';
import type { PortInfo } from '../../../bench/serial-link.ts';
import type {
  AdapterAnswer,
  ApplicationAnswer,
  BoardAnswers,
  GpioPlaces,
} from '../../../board/interview/board-draft.ts';
import { type Preset, type PresetName, presetNamed, presetsFor } from '../../../board/interview/presets.ts';
import { chipKeys, findChip } from '../../../chips/find-chip.ts';
import { lineOfPart } from '../../../chips/line-of-part.ts';
import { knownAdapter, portWithoutLines } from '../../../ops/job/adapter/known-adapters.ts';
import type { Choice, Prompter } from '../../ask/prompter.ts';
import { quantityTrouble } from './parts-questions.ts';

const notKnown = 'not known';

/** The line by its name in any case, or by the name of a part. */
function lineNamed(text: string): string | undefined {
  const key = chipKeys().find((one) => one.toLowerCase() === text.toLowerCase());
  return (
    key ?? (/^(STM32)?[A-Z0-9]{4,12}$/i.test(text) ? lineOfPart(`STM32${text.replace(/^STM32/i, '')}`) : undefined)
  );
}

/** The line of the target, by near names; undefined where it is not known. */
export async function askFamily(prompter: Prompter): Promise<string | undefined> {
  const answer = await prompter.type({
    id: 'line',
    message: 'Which STM32? A part such as STM32F407VG, or a line such as F405_407',
    usual: notKnown,
    check: (text) =>
      text === notKnown || lineNamed(text) !== undefined
        ? undefined
        : `a part such as STM32F103C8, or a line of hardware/targets${didYouMean(text, chipKeys())}`,
  });
  return answer === notKnown ? undefined : lineNamed(answer);
}

/** An adapter on the bus, any adapter, or none at all. */
export type AskedAdapter =
  | 'any'
  | 'none'
  | { readonly ids: string; readonly answer: AdapterAnswer; readonly hasLines: boolean };

/** Adapters with lines first. */
const rank = (port: PortInfo): number => (knownAdapter(port) ? 0 : portWithoutLines(port) ? 2 : 1);

function portLabel(port: PortInfo): string {
  const name = knownAdapter(port)?.name ?? portWithoutLines(port)?.name ?? port.manufacturer ?? 'unknown chip';
  const serial = port.serialNumber === undefined ? 'without a serial number' : `serial number ${port.serialNumber}`;
  return `${port.path}: ${name}, ${port.vendorId}:${port.productId}, ${serial}`;
}

/** Where it has no serial number, its place tells it from others of its kind. */
function adapterAnswer({ vendorId, productId, serialNumber, usbPath }: PortInfo): AdapterAnswer {
  const place = serialNumber === undefined && usbPath !== undefined ? { path: usbPath } : {};
  return {
    ...(vendorId !== undefined && { vendorId }),
    ...(productId !== undefined && { productId }),
    ...(serialNumber !== undefined && { serialNumber }),
    ...place,
  };
}

export async function askAdapter(prompter: Prompter, ports: readonly PortInfo[]): Promise<AskedAdapter> {
  const onUsb = ports.filter(({ vendorId }) => vendorId !== undefined).toSorted((a, b) => rank(a) - rank(b));
  const found = onUsb.map((port): Choice => ({ value: port.path, label: portLabel(port) }));
  const any: Choice = { value: 'any', label: 'any USB-serial adapter; `--port` says which' };
  const none: Choice = { value: 'none', label: 'none: the board has only its own USB cable' };
  const [first = any, ...rest] = found;
  const value = await prompter.choose({
    id: 'adapter',
    message: 'Which adapter is at the board?',
    choices: first === any ? [any, none] : [first, ...rest, any, none],
  });
  const port = onUsb.find(({ path }) => path === value);
  if (!port) return value === 'none' ? 'none' : 'any';
  return { ids: `${port.vendorId}:${port.productId}`, answer: adapterAnswer(port), hasLines: !portWithoutLines(port) };
}

type Circuit = Pick<BoardAnswers, 'preset' | 'isSwapped' | 'gpio'>;

/** What is between the lines and the pins. */
export async function askCircuit(prompter: Prompter, adapter: AskedAdapter): Promise<Circuit> {
  const all = presetsFor(typeof adapter === 'object' ? adapter.ids : undefined);
  const movesNothing = adapter === 'none' || (typeof adapter === 'object' && !adapter.hasLines);
  const offered = movesNothing ? all.filter(({ name }) => name === 'gpio' || name === 'no-lines').toReversed() : all;
  const [first, ...rest] = offered.map(
    ({ name, label, picture }): Choice => ({
      value: name,
      label: `${name}: ${label}${picture ? ` (${picture})` : ''}`,
    }),
  );
  const preset = (await prompter.choose({
    id: 'circuit',
    message: 'What is between the lines and the pins NRST and BOOT0?',
    choices: [first!, ...rest],
  })) as PresetName;
  if (preset === 'gpio') return { preset, isSwapped: false, gpio: await askGpio(prompter) };
  return { preset, isSwapped: presetNamed(preset).canSwap === true && (await askSwapped(prompter, preset)) };
}

async function askSwapped(prompter: Prompter, preset: PresetName): Promise<boolean> {
  const [usual, other] = preset === 'direct' ? ['dtr', 'rts'] : ['rts', 'dtr'];
  const table = preset === 'one-key' || preset === 'cross-coupled';
  const line = (name: string) => name.toUpperCase();
  const label = (name: string, note: string) =>
    `${line(name)}${table ? ' where the drawing has RTS' : ' at NRST'}${note}`;
  const answer = await prompter.choose({
    id: 'reset line',
    message: table ? 'Is it built as drawn, or with RTS and DTR the other way round?' : 'Which line resets?',
    choices: [
      { value: usual!, label: label(usual!, ', as drawn') },
      { value: other!, label: label(other!, ', the other way round') },
    ],
  });
  return answer !== usual;
}

async function askGpio(prompter: Prompter): Promise<GpioPlaces> {
  const chip = await prompter.type({ id: 'chip', message: 'GPIO chip, as `gpiodetect` names it', usual: 'gpiochip0' });
  const offset = async (id: string, usual: string, taken?: string) =>
    prompter.type({
      id,
      message: `Line of that chip at ${id}`,
      usual,
      check: (text) => {
        if (!/^\d{1,5}$/.test(text) || Number(text) > 0xffff) return 'a whole number from 0 to 65535';
        return text === taken ? 'another line than that of NRST' : undefined;
      },
    });
  const nrst = await offset('NRST', '21');
  const boot0 = await offset('BOOT0', nrst === '20' ? '21' : '20', nrst);
  return { chip, nrst: Number(nrst), boot0: Number(boot0) };
}

/** The capacitor on NRST. */
export async function askNrstCapacitor(prompter: Prompter): Promise<string> {
  const answer = await prompter.type({
    id: 'nrst capacitor',
    message: 'Capacitor from NRST to ground; none: nothing',
    usual: '100nF',
    check: (text) => (text === 'none' ? undefined : quantityTrouble('capacitance')(text)),
  });
  return answer === 'none' ? '0F' : answer;
}

const yes = (label: string): Choice => ({ value: 'yes', label });
const no = (label: string): Choice => ({ value: 'no', label });

/** How the ROM can be reached: over the USART of the adapter, over USB, or both. */
export async function askReach(
  prompter: Prompter,
  family: string | undefined,
  { usuallyOnUsart }: Preset,
  canHaveUsart: boolean,
): Promise<Pick<BoardAnswers, 'hasUsart' | 'hasUsb'>> {
  const hasDfu = family === undefined || findChip(family)?.hasDfu !== false;
  if (!canHaveUsart) return { hasUsart: false, hasUsb: true };
  const reaches = yes('TX and RX are at a USART of the ROM');
  const reachesNot = no('they are not connected, or elsewhere');
  const hasUsart =
    !hasDfu ||
    (await prompter.choose({
      id: 'usart',
      message: "Do TX and RX of the adapter reach the ROM's USART?",
      choices: usuallyOnUsart ? [reaches, reachesNot] : [reachesNot, reaches],
    })) === 'yes';
  if (!hasUsart) return { hasUsart, hasUsb: true };
  const cable = yes("the target's own USB is at this host");
  const noCable = no('it goes nowhere: no DFU device is waited for');
  const hasUsb = await prompter.choose({
    id: 'usb',
    message: "Is the target's own USB connected?",
    choices: hasDfu ? [cable, noCable] : [noCable, cable],
  });
  return { hasUsart, hasUsb: hasUsb === 'yes' };
}

const idsPattern = /^([0-9a-f]{4}):([0-9a-f]{4})$/i;

/** How it is seen that the application runs. */
export async function askApplication(
  prompter: Prompter,
  { hasUsart, hasUsb }: Pick<BoardAnswers, 'hasUsart' | 'hasUsb'>,
): Promise<ApplicationAnswer> {
  const expect = await prompter.choose({
    id: 'application',
    message: 'What shows that the application runs?',
    choices: [
      { value: 'none', label: 'nothing' },
      ...(hasUsb ? [{ value: 'usb', label: 'it comes on USB' }] : []),
      ...(hasUsart ? [{ value: 'serial', label: 'it prints a text' }] : []),
    ],
  });
  if (expect === 'serial') {
    const check = (text: string) => (text === '' ? 'a text' : undefined);
    return { expect, match: await prompter.type({ id: 'text', message: 'Which text?', usual: '', check }) };
  }
  if (expect !== 'usb') return { expect: 'none' };
  const ids = await prompter.type({
    id: 'ids',
    message: "Its USB ids, as `lsusb` shows them; 0483:5740 is ST's virtual COM port",
    usual: '0483:5740',
    check: (text) => (idsPattern.test(text) ? undefined : 'two numbers of four hex digits, such as 0483:5740'),
  });
  const [, vendorId = '', productId = ''] = idsPattern.exec(ids.toLowerCase())!;
  return { expect, vendorId, productId };
}

/** The name of the profile, which is that of its file. */
export const askName = (prompter: Prompter, refuse: (id: string) => string | undefined): Promise<string> =>
  prompter.type({
    id: 'name',
    message: 'Name of the profile',
    usual: 'my-board',
    check: (text) => (/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(text) ? refuse(text) : 'letters, digits, - and _'),
  });
