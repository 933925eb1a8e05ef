import { address32, amount, milliseconds, seconds, size } from '../../base/text.ts';
import type { Milliseconds } from '../../base/units.ts';
import { networkPort } from '../../bench/network-port.ts';
import { planApplicationReset, whyNoReset } from '../../board/circuit/application-reset.ts';
import { describePlan, drawPlan } from '../../board/circuit/describe.ts';
import { commandLines, gpioLines, type LineNames, lineNames, powerText } from '../../board/circuit/host-lines.ts';
import type { LinePlan, Rung } from '../../board/circuit/plan.ts';
import { triesOf } from '../../board/ladder.ts';
import type { ApplicationProof, BoardProfile } from '../../board/profile.ts';
import { type FirmwareImage, imageFormats } from '../../image/firmware-image.ts';
import { needsAdapter } from '../../ops/job/adapter/board-lines.ts';
import { longestMove } from '../../ops/job/adapter/network-adapter.ts';
import type { JobPlan, PlannedErase } from '../../ops/plan.ts';
import type { Sector } from '../../protocol/dfuse/memory-layout.ts';

/** A dry run as a person reads it. */
export function planLines({
  profile,
  target,
  port,
  timeout,
  ladder,
  image,
  notes,
  erase,
  presentOnly,
}: JobPlan): readonly string[] {
  return [
    'Dry run: nothing is opened, nothing moves.',
    '',
    row('profile', `${profile.id}: ${profile.description}`),
    row('target', targetText(target?.name ?? 'not named by the profile', profile)),
    ...hostLineRows(profile),
    row('adapter', port === undefined ? adapterText(profile) : `${port}${networkText(port, profile, ladder)}`),
    row('DFU device', dfuText(profile, timeout)),
    row('USART', usartText(profile)),
    ...(presentOnly ? [] : [row('attempts', attemptsText(profile))]),
    ...(presentOnly ? ['', takesText] : [row('reset', resetText(profile))]),
    ...(image ? [row('application', applicationText(profile))] : []),
    ...ladder.flatMap((rung, index) => ['', ...rungLines(rung, index + 1, lineNames(profile))]),
    ...(image ? ['', ...imageLines(image, erase), ...notes.map(indent)] : []),
  ];
}

/** The lines of this host that the job would take, and the programs that it would run. */
export function hostLineRows({ hostLines = {}, powerCycle }: BoardProfile): readonly string[] {
  const gpio = gpioLines(hostLines).map(
    ({ chip, offset, idle, isOpenDrain }) => `${chip}/${offset}, idle at ${idle}${isOpenDrain ? ', open drain' : ''}`,
  );
  const commands = commandLines(hostLines).flatMap((line) =>
    line.pin === 'boot0'
      ? [`BOOT0 high: ${line.high.join(' ')}`, `BOOT0 low: ${line.low.join(' ')}`]
      : [`${line.by === 'reset' ? 'reset' : 'reset by power'}: ${line.pulse.join(' ')}`],
  );
  if (powerCycle) commands.push(`power, as the last attempt: ${powerText(powerCycle)}`);
  return [
    ...(gpio.length === 0 ? [] : [row('GPIO', `${gpio.join('; ')} (chip/line of this host)`)]),
    ...commands.map((text, index) => row(index === 0 ? 'commands' : '', text)),
  ];
}

const takesText = 'The bootloader that is there is taken, over DFU or its USART: no line moves (`--no-entry`).';

const row = (name: string, text: string): string => `${name.padEnd(12)} ${text}`;

/** The line, and where its applications start if that is not the start of the flash. */
export const targetText = (name: string, { applicationStart }: BoardProfile): string =>
  applicationStart === undefined
    ? name
    : `${name}; applications start at ${address32(applicationStart)}, behind a bootloader of the board`;

function dfuText(profile: BoardProfile, timeout: Milliseconds): string {
  const { usb } = profile;
  if (usb.connected === false) return notConnected;
  const usbPath = usb.path === undefined ? 'wherever it appears' : `at USB path ${usb.path}`;
  return `${usb.vendorId}:${usb.productId} ${usbPath}, up to ${timeout / 1000} s after each reset`;
}

export const notConnected = 'none: the USB of the target is not connected';

/** Which adapter the job would open. */
export function adapterText(profile: BoardProfile): string {
  if (!needsAdapter(profile)) return 'none: the lines are of this host, and nothing is said on a USART';
  const { vendorId, productId, serialNumber, path } = profile.adapter;
  const any = serialNumber === undefined && path === undefined ? 'the only USB-serial adapter' : 'the adapter';
  const id = vendorId || productId ? `${vendorId ?? '*'}:${productId ?? '*'}` : any;
  const serial = serialNumber === undefined ? '' : ` with serial number ${serialNumber}`;
  return `${id}${serial}${path === undefined ? '' : ` at USB path ${path}`}`;
}

/** What a port of the network can do; nothing of one of this host. */
function networkText(port: string, { usart }: BoardProfile, ladder: readonly Rung[]): string {
  const scheme = networkPort(port)?.scheme;
  if (scheme === undefined) return '';
  const rate = `${usart.baudRate} baud, 8 data bits, even parity, 1 stop bit`;
  if (scheme === 'socket') return `: bytes only; its server has to be set to ${rate} for the ROM`;
  const moves = ladder.flatMap(({ plan, change }) =>
    plan?.window && change === 'nominal' ? [longestMove(plan.window)] : [],
  );
  const limit =
    moves.length === 0 ? '' : `; a move may take up to ${milliseconds(Math.min(...moves))}, which is measured first`;
  return `: its server sets baud rate and parity, and moves RTS and DTR${limit}`;
}

/** Whether the ROM's USART would be called, and how. */
export function usartText({ usart: { connected, baudRate, fastestBaudRate }, usb }: BoardProfile): string {
  if (!connected) return 'not connected: only DFU is tried';
  const limit = fastestBaudRate === undefined ? 'faster' : `up to ${fastestBaudRate}`;
  const more = fastestBaudRate === undefined || fastestBaudRate > baudRate ? `, ${limit} where that pays` : '';
  return `${usb.connected === false ? 'the only way in' : 'where no DFU device appears'}; at ${baudRate} baud${more}`;
}

/** How often a rung is tried that moves lines. */
export function attemptsText(profile: BoardProfile): string {
  const { flaky, silent } = triesOf(profile);
  return flaky === silent
    ? `${flaky} of a rung`
    : `${silent} of a rung, ${flaky} where the host sees a device that it cannot enumerate`;
}

/** Whether the lines can start the application, and how. */
export function resetText(profile: BoardProfile): string {
  const why = whyNoReset(profile);
  if (why !== undefined) return `not by the lines. ${why}`;
  const { steps, margin } = planApplicationReset(profile.wiring, profile.nrst, profile.boot0);
  const isHigh = steps.find(({ pins }) => pins.nrst === 0)?.pins.boot0 === 1;
  const how = isHigh ? 'NRST and BOOT0 are let go together, and NRST rises last' : 'NRST is pulsed with BOOT0 low';
  return `${how}; margin ${milliseconds(margin)}`;
}

/** How the job would see that the application runs. */
export function applicationText({ application }: BoardProfile): string {
  if (application.expect === 'none') return 'not checked: the profile says nothing to look for';
  const limit = `within ${application.timeout / 1000} s`;
  return application.expect === 'usb'
    ? `USB device ${application.vendorId}:${application.productId} ${placeText(application)} ${limit}`
    : `${JSON.stringify(application.match)} on the adapter ${limit}`;
}

const placeText = ({ path, isAnywhere }: Extract<ApplicationProof, { expect: 'usb' }>): string =>
  isAnywhere ? 'at any USB path' : path === undefined ? 'on the same path' : `at USB path ${path}`;

const rungLines = ({ method, change, plan, shorter }: Rung, number: number, names: LineNames): readonly string[] => {
  const title = `${number}. ${method} (${change})`;
  if (!plan) return [`${title}: ${method === 'manual' ? 'asks a person at this terminal' : 'moves no line'}`];
  const drawing = drawPlan(plan, names).map((line) => `   ${line}`);
  const steps = [...describePlan(plan, names), ...afterMiss(shorter)].map(indent);
  return [`${title}, margin ${milliseconds(plan.margin)}`, ...steps, '', ...drawing];
};

const afterMiss = (shorter: LinePlan | undefined): readonly string[] => {
  if (!shorter?.window) return [];
  const { hold } = shorter.steps[shorter.window.opens]!;
  return [
    `after a missed window: the same with NRST low for ${milliseconds(hold)}, margin ${milliseconds(shorter.margin)}`,
  ];
};

const indent = (line: string): string => `   ${line}`;

const imageLines = (image: FirmwareImage, erase: PlannedErase | undefined): readonly string[] => [
  `Image ${image.name}: ${imageFormats[image.format]}, ${amount(image.bytes, 'bytes')}`,
  `   sha256 ${image.sha256}`,
  ...image.segments.map(({ address, data, origin }) => {
    const range = `${address32(address)} to ${address32(address + data.length - 1)}`;
    return `   program  ${range}  ${amount(data.length, 'bytes')} (from ${origin})`;
  }),
  ...(erase
    ? [
        ...groups(erase.sectors).map(indent),
        `   ${erase.sectors.length} of ${amount(erase.of, 'sectors')}, by the layout of ${erase.layout.variant}; the layout that the target names decides`,
        `   ${seconds(erase.estimate)} at most by the flash's typical times: sectors that hold the image already are left alone`,
      ]
    : ['   erase    the sectors that it touches, which only the target can name']),
];

/** Neighbours of the same size on one line. */
function groups(sectors: readonly Sector[]): readonly string[] {
  const found: { readonly address: number; readonly each: number; count: number }[] = [];
  for (const { address, size: each } of sectors) {
    const last = found.at(-1);
    if (last && last.each === each && last.address + last.count * each === address) last.count++;
    else found.push({ address, each, count: 1 });
  }
  return found.map(({ address, each, count }) => {
    const range = `${address32(address)} to ${address32(address + each * count - 1)}`;
    return `erase    ${range}  ${count} × ${size(each)}`;
  });
}
