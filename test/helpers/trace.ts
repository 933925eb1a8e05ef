import type { Trace, TraceEvent, TraceHeader } from '../../src/trace/trace-event.ts';

/** RTS pulls NRST low, DTR drives BOOT0 high: the circuit of the profile rc-cap. */
export const header: TraceHeader = {
  trace: 'bootctl',
  version: 1,
  clock: 'ms',
  bootctl: '0.0.0',
  profile: 'rc-cap',
  argv: ['recover', 'firmware.hex'],
  date: '2026-01-02T03:04:05.000Z',
  wiring: {
    'rts released, dtr released': { nrst: 1, boot0: 0 },
    'rts asserted, dtr released': { nrst: 0, boot0: 0 },
    'rts released, dtr asserted': { nrst: 1, boot0: 1 },
    'rts asserted, dtr asserted': { nrst: 0, boot0: 1 },
  },
  usb: { bootloader: '0483:df11', application: '0483:5740' },
};

export const traceOf = (...events: TraceEvent[]): Trace => ({ header, events, isCut: false });
