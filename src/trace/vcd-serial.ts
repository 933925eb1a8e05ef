import type { BenchEvent, Trace } from './trace-event.ts';
import type { Change, Variable } from './vcd-variable.ts';

type SerialEvent = Extract<BenchEvent, { readonly port: string }>;

/** A value shows no more bytes than these. */
const mostBytes = 8;
const idle = '-';

/** Bytes that went over each port: TX while the driver took them, RX for the time that they need on the wire. */
export function serialVariables({ events }: Trace): readonly Variable[] {
  const own = events.filter((event): event is SerialEvent => 'port' in event);
  const carrying = own.filter((event) => (event.event === 'serial.out' || event.event === 'serial.in') && event.data);
  const ports = [...new Set(carrying.map(({ port }) => port))];
  return ports.flatMap((port) => {
    const end = ports.length === 1 ? '' : `_${port.replace(/^.*\//, '')}`;
    const ofPort = own.filter((event) => event.port === port);
    const variable = (name: string, changes: readonly Change[], comment: string): Variable => ({
      name: `${name}${end}`,
      type: 'string',
      comment: `bytes ${comment} ${port}, in hex`,
      changes: [{ t: 0, value: idle }, ...changes],
    });
    return [variable('tx', sent(ofPort), 'sent on'), variable('rx', received(ofPort), 'received on')];
  });
}

const sent = (events: readonly SerialEvent[]): readonly Change[] =>
  events.flatMap((event) => (event.event === 'serial.out' ? pulse(event.t, event.end, event.data) : []));

/** The trace has the time when all bytes had arrived. The first one cannot have begun before bootctl waited for it. */
function received(events: readonly SerialEvent[]): readonly Change[] {
  let characterTime = 0;
  return events.flatMap((event) => {
    if (event.event === 'serial.open' || event.event === 'serial.configure') {
      characterTime = ((event.parity === 'even' ? 11 : 10) / event.baudRate) * 1000;
    }
    if (event.event !== 'serial.in' || !event.data) return [];
    const began = Math.max(event.t, event.end - (event.data.length / 2) * characterTime);
    return pulse(began, event.end, event.data);
  });
}

const pulse = (from: number, to: number, data: string): readonly Change[] => [
  { t: from, value: hexValue(data) },
  { t: to, value: idle },
];

/** `79`, `11_EE`, `08_00_.._(257)`: a value has no blanks. */
function hexValue(data: string): string {
  const bytes = data.toUpperCase().match(/../g) ?? [];
  const shown = bytes.slice(0, mostBytes).join('_');
  return bytes.length > mostBytes ? `${shown}_.._(${bytes.length})` : shown;
}
