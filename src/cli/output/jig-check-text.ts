import type { PowerDevice, PowerRow } from '../../jig/check/power-budget.ts';
import { fullSpeedControl, jobSpeed, type SpeedRow } from '../../jig/check/translators.ts';
import { tableLines } from './table.ts';

/** `jig check --power`: each hub with what it gives and what is declared behind it. */
export function powerLines(rows: readonly PowerRow[]): readonly string[] {
  if (rows.length === 0)
    return ['', 'Power: this host has no hub between itself and the slots, or does not say what they declare.'];
  return [
    '',
    'Power as the devices declare it (bMaxPower). It is not what they draw: a board may draw more, or have a supply of its own.',
    ...tableLines(
      ['hub', 'supply', 'port gives', 'in all', 'declared', 'plugged in'],
      rows.map((row) => [
        row.hub,
        `${row.supply}${row.isAsked ? '' : ' (by its descriptor)'}`,
        `${row.eachPort} mA`,
        row.inAll === undefined ? 'by its supply' : `${row.inAll} mA`,
        `${row.declared} mA`,
        row.devices.map(deviceText).join('; '),
      ]),
    ),
  ];
}

const deviceText = ({ what, path, milliamps }: PowerDevice): string =>
  `${what} at ${path} ${milliamps === undefined ? 'not there' : `${milliamps} mA`}`;

/** `jig check --speed`: how the jobs share the buses of full speed. */
export const speedLines = (rows: readonly SpeedRow[]): readonly string[] => [
  '',
  `Speed, reckoned and not measured: a bus of full speed carries ${fullSpeedControl} kB/s of control transfers (USB 2.0 table 5-2), a job moves ${jobSpeed} kB/s over its whole time.`,
  ...tableLines(
    ['bus of full speed', 'slots', 'at once', 'each at least', 'a job takes'],
    rows.map(({ what, slots, atOnce, each, factor }) => [
      what,
      slots.join(' '),
      String(atOnce),
      each === undefined ? 'not known' : `${each} kB/s`,
      factor === undefined ? 'not known' : factor === 1 ? 'as long as alone' : `up to ${factor} times as long`,
    ]),
  ),
  'How long a move of lines takes behind these hubs is not reckoned: `bootctl calibrate` measures it.',
];
