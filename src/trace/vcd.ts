import type { Milliseconds } from '../base/units.ts';
import type { LineState, ModemLines } from '../bench/serial-link.ts';
import { lineStates, pinsOf } from '../board/circuit/wiring.ts';
import type { Trace, TraceEvent } from './trace-event.ts';
import { serialVariables } from './vcd-serial.ts';
import { type Change, type Variable, vcdText, vcdWord } from './vcd-variable.ts';

/**
 * Lines, pins, the target's presence on USB, control transfers, bytes on serial and machine states as a Value Change
 * Dump (IEEE 1364 §18) with a timescale of 1 µs. From the request of a line change until the driver has accepted it,
 * the changing signals are `x`.
 */
export function vcdOf(trace: Trace): string {
  const variables = [
    ...lineVariables(trace),
    ...usbVariables(trace),
    transferVariable(trace),
    ...serialVariables(trace),
    ...machineVariables(trace),
  ];
  const { header } = trace;
  const coded = variables.map((variable, index) => ({
    ...variable,
    name: vcdWord(variable.name),
    code: codeOf(index),
  }));
  const head = [
    `$date ${vcdText(header.date)} $end`,
    `$version ${vcdText(`bootctl ${header.bootctl}, profile ${header.profile}`)} $end`,
    ...coded.map(({ name, comment }) => `$comment ${name}: ${vcdText(comment)} $end`),
    '$timescale 1 us $end',
    '$scope module bootctl $end',
    ...coded.map(({ name, type, code }) => `$var ${type} 1 ${code} ${name} $end`),
    '$upscope $end',
    '$enddefinitions $end',
  ];
  return `${[...head, ...changeLines(coded, lastTime(trace))].join('\n')}\n`;
}

/** Printable characters from `!` on, in as many places as it takes. */
const codeOf = (index: number): string => {
  const digit = String.fromCharCode(33 + (index % 94));
  return index < 94 ? digit : digit + codeOf(Math.floor(index / 94) - 1);
};

const lastTime = ({ events }: Trace): Milliseconds =>
  events.reduce((last, event) => Math.max(last, 'end' in event ? event.end : event.t), 0);

function changeLines(variables: readonly (Variable & { readonly code: string })[], end: Milliseconds): string[] {
  const changes = variables
    .flatMap(({ changes, code, type }) =>
      changes.map(({ t, value }) => ({ at: micros(t), text: valueText(value, type, code) })),
    )
    .sort((a, b) => a.at - b.at);
  const initial = variables.map(({ type, code }) => valueText(type === 'wire' ? 'x' : '-', type, code));
  const lines = ['#0', '$dumpvars', ...initial, '$end'];
  let now = 0;
  for (const { at, text } of changes) {
    if (at > now) lines.push(`#${at}`);
    now = at;
    lines.push(text);
  }
  if (micros(end) > now) lines.push(`#${micros(end)}`);
  return lines;
}

const micros = (t: Milliseconds): number => Math.round(t * 1000);

const valueText = (value: string, type: Variable['type'], code: string): string =>
  type === 'wire' ? `${value}${code}` : `s${vcdWord(value)} ${code}`;

/** Possible states of the lines: one state, or several while the state is unknown. */
interface LinesChange {
  readonly t: Milliseconds;
  readonly possible: readonly ModemLines[];
}

function lineVariables({ header, events }: Trace): readonly Variable[] {
  const changes = lineChanges(events);
  const variable = (name: string, comment: string, levelOf: (lines: ModemLines) => 0 | 1): Variable => ({
    name,
    type: 'wire',
    comment,
    changes: changes.map(({ t, possible }) => {
      const levels = new Set(possible.map(levelOf));
      return { t, value: levels.size === 1 ? [...levels].join() : 'x' };
    }),
  });
  const asserted = (state: LineState) => (state === 'asserted' ? 1 : 0);
  return [
    variable('rts', '1 is asserted, which is a LOW pin of a TTL adapter', ({ rts }) => asserted(rts)),
    variable('dtr', '1 is asserted, which is a LOW pin of a TTL adapter', ({ dtr }) => asserted(dtr)),
    variable('nrst', 'level that the wiring gives NRST', (lines) => pinsOf(header.wiring, lines).nrst),
    variable(
      'boot0',
      'level that the wiring drives BOOT0 to; a capacitor on BOOT0 holds it longer than its drive',
      (lines) => pinsOf(header.wiring, lines).boot0,
    ),
  ];
}

/** Of the port whose lines the job moved. Opening a port may move them, and closing it releases both. */
function lineChanges(events: readonly TraceEvent[]): readonly LinesChange[] {
  // Where lines of the host move pins as well, the edges of the adapter alone would tell something untrue.
  if (events.some(({ event }) => event === 'gpio.set' || event === 'command.run'))
    return [{ t: 0, possible: lineStates }];
  const port = events.find((event) => event.event === 'lines.edge')?.port;
  const changes: LinesChange[] = [];
  let last: readonly ModemLines[] = lineStates;
  const become = (t: Milliseconds, possible: readonly ModemLines[]) => {
    last = possible;
    changes.push({ t, possible });
  };
  for (const event of events) {
    if (!('port' in event) || event.port !== port) continue;
    if (event.event === 'serial.open') become(event.t, lineStates);
    if (event.event === 'serial.close') become(event.end, [{ rts: 'released', dtr: 'released' }]);
    if (event.event !== 'lines.edge') continue;
    const { rts, dtr, t, end, error } = event;
    become(t, [...last, { rts, dtr }]);
    if (!error) become(end, [{ rts, dtr }]);
  }
  return changes;
}

/** Presence in bootctl's scans, at the USB path of the device that was opened, or at any path if none was. */
function usbVariables({ header, events }: Trace): readonly Variable[] {
  const [path] = events.flatMap((event) => (event.event === 'usb.open' ? [event.path] : []));
  return Object.entries(header.usb).map(([name, id]) => {
    const present = new Set<string>();
    const changes: Change[] = [];
    for (const event of events) {
      if (event.event !== 'usb.present' && event.event !== 'usb.appeared' && event.event !== 'usb.vanished') continue;
      const { device } = event;
      if (changes.length === 0) changes.push({ t: event.t, value: '0' });
      if (`${device.vendorId}:${device.productId}` !== id || (path !== undefined && device.path !== path)) continue;
      if (event.event === 'usb.vanished') present.delete(device.instance);
      else present.add(device.instance);
      changes.push({ t: event.t, value: present.size > 0 ? '1' : '0' });
    }
    const where = path === undefined ? 'any USB path' : `USB path ${path}`;
    return { name: `usb_${name}`, type: 'wire', changes, comment: `${id} at ${where}, as scans saw it` };
  });
}

function transferVariable({ events }: Trace): Variable {
  const changes = events.flatMap((event) =>
    event.event === 'usb.control'
      ? [
          { t: event.t, value: '1' },
          { t: event.end, value: '0' },
        ]
      : [],
  );
  return {
    name: 'usb_transfer',
    type: 'wire',
    changes: [{ t: 0, value: '0' }, ...changes],
    comment: '1 during a control transfer',
  };
}

/** Each machine as the name of its state. */
function machineVariables({ events }: Trace): readonly Variable[] {
  const steps = events.filter((event) => event.event === 'machine.state');
  const machines = [...new Set(steps.map(({ machine }) => machine))];
  return machines.map((machine) => {
    const own = steps.filter((step) => step.machine === machine);
    const changes = own.map(({ t, state }) => ({ t, value: vcdWord(state) }));
    const names = [...new Set(changes.map(({ value }) => value))].join(', ');
    return { name: `state_${machine}`, type: 'string', comment: names, changes: [{ t: 0, value: '-' }, ...changes] };
  });
}
