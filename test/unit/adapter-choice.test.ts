import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { Bench } from '../../src/bench/bench.ts';
import type { PortInfo, SerialPorts } from '../../src/bench/serial-link.ts';
import type { UsbBus } from '../../src/bench/usb-bus.ts';
import type { AdapterFilter, BoardProfile } from '../../src/board/profile.ts';
import { knownAdapter, portWithoutLines } from '../../src/ops/job/adapter/known-adapters.ts';
import {
  carriesBytesOnly,
  longestMove,
  refuseWithoutLines,
  tooSlow,
} from '../../src/ops/job/adapter/network-adapter.ts';
import {
  type AdapterRequest,
  describePort,
  filterFor,
  findAdapter,
  openAdapter,
} from '../../src/ops/job/adapter/open-adapter.ts';
import { listedPort } from '../../src/ops/job/adapter/same-port.ts';
import { leavesByOpening, opensAdapterFirst, provesOnAdapter } from '../../src/ops/job/adapter/when-to-open.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { crossCoupledWiring, directWiring, referenceBoard } from '../helpers/circuits.ts';
import { device } from '../helpers/machines.ts';
import { ScriptedLink } from '../helpers/scripted-link.ts';

const ftdi: PortInfo = {
  path: '/dev/ttyUSB0',
  vendorId: '0403',
  productId: '6001',
  serialNumber: 'A1',
  usbPath: '1-2',
};
const cp210x: PortInfo = {
  path: '/dev/ttyUSB1',
  vendorId: '10c4',
  productId: 'ea60',
  serialNumber: 'B1',
  usbPath: '1-3',
};
const arduino: PortInfo = { path: '/dev/ttyACM0', vendorId: '2341', productId: '0043' };
const builtIn: PortInfo = { path: '/dev/ttyS0' };

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error) => error,
  );

function requestOf(ports: readonly PortInfo[], changes: Partial<BoardProfile> = {}, more: Partial<Bench> = {}) {
  const usb = { list: async () => [] } as unknown as UsbBus;
  const bench = { serial: { list: async () => ports }, usb, clock: new SimClock(), ...more } as unknown as Bench;
  return { profile: referenceBoard(changes), bench, port: undefined, report: () => {} } as unknown as AdapterRequest;
}
const find = (ports: readonly PortInfo[], adapter: AdapterFilter = {}, changes: Partial<BoardProfile> = {}) =>
  findAdapter(requestOf(ports, { adapter, ...changes }));

describe('the adapter of a profile', () => {
  test.each<[string, readonly PortInfo[], AdapterFilter, PortInfo]>([
    ['the one port whose chip is known', [builtIn, arduino, ftdi], {}, ftdi],
    ['by its ids', [ftdi, cp210x], { vendorId: '10c4', productId: 'ea60' }, cp210x],
    ['by its serial number', [ftdi, { ...ftdi, path: 'x', serialNumber: 'A2' }], { serialNumber: 'A1' }, ftdi],
    ['by its place', [ftdi, cp210x], { path: '1-2' }, ftdi],
    ['whatever its chip, where it is named', [arduino], { vendorId: '2341' }, arduino],
  ])('is found: %s', async (_name, ports, filter, expected) => {
    expect(await find(ports, filter)).toBe(expected);
  });

  test('is not the target itself, which may have a port of its own; unless that is named', async () => {
    const own = { expect: 'serial', vendorId: '0403', productId: '6001' } as never;
    expect(await find([ftdi, cp210x], {}, { application: own })).toBe(cp210x);
    expect(await find([ftdi], { vendorId: '0403', productId: '6001' }, { application: own })).toBe(ftdi);
    expect(await find([{ ...ftdi, productId: '6010' }], {}, { application: own })).toMatchObject({ productId: '6010' });
    const jump = { trigger: 'touch-1200', via: 'target', vendorId: '10c4', productId: 'ea60' } as never;
    expect(await find([ftdi, cp210x], {}, { softJump: [jump] })).toBe(ftdi);
  });

  test.each<[string, readonly PortInfo[], AdapterFilter, string, RegExp, RegExp]>([
    ['nothing at all', [], {}, 'adapter-missing', /^No USB-serial adapter found; ports here: none$/, /./],
    [
      'nothing that is meant',
      [ftdi, builtIn],
      { vendorId: '1a86', productId: '7523', serialNumber: 'S', path: '1-9' },
      'adapter-missing',
      /adapter 1a86:7523 with serial number S at USB path 1-9 found; ports here: \/dev\/ttyUSB0 \(0403:6001, serial number A1, USB path 1-2\), \/dev\/ttyS0$/,
      /^Plug it in at 1-9, or name where it is: `adapter: \{ path: "1-2" \}`/,
    ],
    ['any product of a vendor', [], { vendorId: '1a86' }, 'adapter-missing', /adapter 1a86:\* found/, /./],
    [
      'a host that does not tell places',
      [{ path: 'COM3', vendorId: '0403', productId: '6001' }],
      { path: '1-9' },
      'adapter-missing',
      /at USB path 1-9/,
      /does not say at which USB path a port is: choose the port with `--port`/,
    ],
    [
      'a port that may be anything',
      [arduino],
      {},
      'adapter-unknown',
      /not touched: \/dev\/ttyACM0 \(2341:0043\)$/,
      /`--port \/dev\/ttyACM0`, or `adapter: \{ vendorId: "2341", productId: "0043" \}`/,
    ],
    [
      'two that fit',
      [ftdi, cp210x],
      {},
      'adapter-ambiguous',
      /^2 adapters fit the profile; they are: \/dev\/ttyUSB0 .*, \/dev\/ttyUSB1/,
      /`adapter: \{ serialNumber: "A1" \}` or `adapter: \{ serialNumber: "B1" \}`/,
    ],
    [
      'two that nothing tells apart',
      [
        { path: 'COM3', vendorId: '0403', productId: '6001' },
        { path: 'COM4', vendorId: '0403', productId: '6001' },
      ],
      {},
      'adapter-ambiguous',
      /COM3.*COM4/,
      /^Choose one with `--port`\.$/,
    ],
  ])('is not found: %s', async (_name, ports, filter, code, message, hint) => {
    expect(await failure(find(ports, filter))).toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  test('a key without a value names none; a port without ids is none, wherever it is', async () => {
    const unnamed = { vendorId: undefined } as unknown as AdapterFilter;
    expect(await failure(find([arduino], unnamed))).toMatchObject({ code: 'adapter-unknown' });
    expect(await failure(find([{ path: 'x', usbPath: '1-2' }], { path: '1-2' }))).toMatchObject({
      code: 'adapter-missing',
    });
  });

  test('a target of the same product number by another vendor is another device', async () => {
    const application = { expect: 'usb', vendorId: '9999', productId: '6001' } as never;
    expect(await find([ftdi], {}, { application })).toBe(ftdi);
  });

  test('nothing like an adapter anywhere: the usual hint, whatever place was named', async () => {
    const usual = await failure(find([]));
    expect(await failure(find([builtIn], { path: '1-9' }))).toMatchObject({ hint: usual.hint });
    expect(await failure(find([ftdi], { serialNumber: 'Z' }))).toMatchObject({ hint: usual.hint });
  });

  test('ports are told apart by serial numbers where each has its own, else by their places', () => {
    expect(filterFor([ftdi, cp210x], ftdi)).toBe('serialNumber: "A1"');
    expect(filterFor([ftdi, { ...cp210x, serialNumber: 'A1' }], ftdi)).toBe('path: "1-2"');
    expect(filterFor([arduino], arduino)).toBeUndefined();
    expect(describePort(builtIn)).toBe('/dev/ttyS0');
  });

  // Ids: linux 6.12 drivers/usb/serial; ST-LINK/V2-1: OpenOCD stlink_usb.c.
  test('chips are known by vendor and product', () => {
    expect(knownAdapter({ vendorId: '1a86', productId: '7523' })?.driver).toBe('ch341');
    expect(knownAdapter({ vendorId: '7523', productId: '1a86' })).toBeUndefined();
    expect(portWithoutLines({ vendorId: '0483', productId: '374b' })?.name).toMatch(/ST-LINK/);
    expect(portWithoutLines({ vendorId: '0403', productId: '6001' })).toBeUndefined();
  });
});

describe('opening it', () => {
  const idle = 'lines rts released, dtr released';
  interface How {
    readonly fails?: 'adapter-lost' | 'adapter-busy';
    readonly more?: Partial<AdapterRequest>;
  }
  function opening(changes: Partial<BoardProfile> = {}, { fails, more }: How = {}) {
    const clock = new SimClock();
    const link = new ScriptedLink(clock);
    const opened: unknown[] = [];
    const events: object[] = [];
    const serial = {
      list: async () => [ftdi],
      async open(path: string, format: object) {
        opened.push([path, format]);
        if (fails) throw new BootctlError(fails, 'made up');
        return link;
      },
    } as unknown as SerialPorts;
    const request = {
      ...requestOf([ftdi], changes, { serial, clock }),
      report: (event: object) => void events.push(event),
      ...more,
    };
    let moved = 0;
    const lines = openAdapter(request as AdapterRequest, () => {
      moved++;
    });
    return { lines, link, opened, events, moved: () => moved };
  }

  test('drives the lines idle at once, and says which port it is', async () => {
    const { lines, link, opened, events, moved } = opening();
    await lines;
    expect(opened).toEqual([['/dev/ttyUSB0', { baudRate: 115_200, parity: 'none' }]]);
    expect(link.calls).toEqual([idle]);
    expect(events[0]).toEqual({ event: 'adapter.opened', port: '/dev/ttyTEST' });
    expect(events[1]).toMatchObject({ event: 'lines.set', purpose: 'idle after opening' });
    expect(moved()).toBe(1);
  });

  test('that is refused has moved nothing', async () => {
    const { lines, moved } = opening({ adapter: { vendorId: 'ffff' } });
    expect(await failure(lines)).toMatchObject({ code: 'adapter-missing' });
    const busy = opening({}, { fails: 'adapter-busy' });
    expect(await failure(busy.lines)).toMatchObject({ code: 'adapter-busy' });
    expect([moved(), busy.moved()]).toEqual([0, 0]);
  });

  test('needs RTS and DTR where the ladder moves lines; every other job goes on without', async () => {
    const without = (changes: Partial<BoardProfile>) => {
      const one = opening(changes);
      one.link.setLines = () => Promise.reject(new BootctlError('adapter-lines-unsupported', 'no lines'));
      return one;
    };
    expect(await failure(without({ methods: ['lines'] }).lines)).toMatchObject({ code: 'adapter-lines-unsupported' });
    const { lines, events } = without({ methods: [] });
    await lines;
    expect(events.at(-1)).toMatchObject({ event: 'note' });
  });

  test('takes the port that the person names, and nothing is looked for', async () => {
    const { lines, opened } = opening({ adapter: { vendorId: 'ffff' } }, { more: { port: '/dev/mine' } });
    await lines;
    expect(opened).toMatchObject([['/dev/mine', {}]]);
  });

  test('that the port does not survive may have moved its lines', async () => {
    const { lines, moved } = opening({}, { fails: 'adapter-lost' });
    expect(await failure(lines)).toMatchObject({ code: 'adapter-lost' });
    expect(moved()).toBe(1);
  });

  test('whose first move fails closes the port again', async () => {
    const { lines, link } = opening();
    link.lose();
    expect(await failure(lines)).toMatchObject({ code: 'adapter-lost' });
    expect(link.calls.at(-1)).toBe('close');
  });

  test('moves no line of a job that only takes what is there', async () => {
    const { lines, link } = opening({}, { more: { presentOnly: { usart: 'not-connected' } } });
    await (await lines).release();
    expect(link.calls).toEqual([]);
  });
});

describe('a board whose lines are of this host', () => {
  const gpio = (offset: number) => ({ kind: 'gpio', chip: 'chip', offset, idle: 1, isOpenDrain: false }) as const;
  const hostLines = { rts: gpio(4), dtr: gpio(7) };
  const log: string[] = [];
  const gpioChips = {
    open: async () => ({
      set: async (levels: readonly number[]) => void log.push(`set ${levels}`),
      [Symbol.asyncDispose]: async () => void log.push('give back'),
    }),
  };
  const requestWith = (ports: readonly PortInfo[], changes: Partial<BoardProfile>, events: object[] = []) =>
    ({
      ...requestOf(ports, { hostLines, ...changes }, { gpio: gpioChips as never }),
      report: (event: object) => void events.push(event),
    }) as AdapterRequest;

  test('needs no port: its lines are idle, and have their own names', async () => {
    const events: object[] = [];
    let moved = 0;
    const lines = await openAdapter(requestWith([], {}, events), () => {
      moved++;
    });
    expect([lines.link.path, moved, log.splice(0)]).toEqual(['this host', 1, ['set 1,1']]);
    expect(events.map((event) => (event as { event: string }).event)).toEqual(['gpio.opened', 'lines.set']);
    expect(events[1]).toMatchObject({ names: { rts: 'GPIO4', dtr: 'GPIO7' } });
  });

  test('gives them back where the port that it needs as well is not there, and says which one that may be', async () => {
    const usart = { connected: true, baudRate: 115_200 };
    for (const ports of [[], [arduino]]) {
      const error = await failure(openAdapter(requestWith(ports, { usart })));
      expect(error.hint).toContain('`--port /dev/serial0`');
      expect(log.splice(0)).toEqual(['give back']);
    }
    const two = await failure(openAdapter(requestWith([ftdi, cp210x], { usart })));
    expect([two.code, two.hint.includes('serial0')]).toEqual(['adapter-ambiguous', false]);
    log.length = 0;
    const half = await failure(openAdapter(requestWith([], { usart, hostLines: { rts: gpio(4) } })));
    expect([half.code, half.hint.includes('serial0')]).toEqual(['adapter-missing', false]);
    expect((await failure(openAdapter(requestOf([], { usart })))).hint).not.toContain('serial0');
  });
});

describe('it is opened before the first method', () => {
  const heard = { expect: 'serial', match: 'x', baudRate: 9_600, timeout: 1 } as never;
  const asked = (via: string) => [{ trigger: 'touch-1200', via }] as never;
  const at = { vendorId: '0483', productId: 'df11', path: '1-2' };
  const usb = (...there: readonly ReturnType<typeof device>[]) => ({ list: async () => there }) as unknown as UsbBus;

  test.each<[string, Partial<BoardProfile>, boolean, boolean]>([
    ['by lines', { methods: ['lines'] }, false, true],
    ['also before a request on USB', { methods: ['lines', 'soft-jump'], softJump: asked('target') }, false, true],
    ['by a request through it', { methods: ['soft-jump'], softJump: asked('adapter') }, false, true],
    ['not by a request on USB', { methods: ['soft-jump'], softJump: asked('target'), application: heard }, true, false],
    ['not by hand', { methods: ['manual'] }, false, false],
    ['not without a method', { methods: [] }, false, false],
    ['by hand, where the application is heard on it', { methods: ['manual'], application: heard }, true, true],
    ['not where nobody listens', { methods: ['manual'], application: heard }, false, false],
  ])('%s', async (_name, changes, proves, expected) => {
    expect(await opensAdapterFirst(referenceBoard(changes), proves, usb())).toBe(expected);
  });

  test('but not of a board that is in its bootloader at the named place: opening would only reset it', async () => {
    const profile = referenceBoard({ methods: ['lines'], usb: at });
    const [there, elsewhere] = [device('1-2', '1-2#1'), device('1-3', '1-3#1')];
    expect(await opensAdapterFirst(profile, false, usb(elsewhere, there))).toBe(false);
    expect(await opensAdapterFirst(profile, false, usb(elsewhere))).toBe(true);
    expect(await opensAdapterFirst(referenceBoard({ methods: ['lines'] }), false, usb(there))).toBe(true);
  });

  test('unless its application is heard there, and could not be started by opening it later', async () => {
    // Opening asserts both lines: here that is a reset, and no reset by the lines leads into the application.
    const stuck = { ...directWiring, 'rts released, dtr released': { boot0: 1, nrst: 1 } } as const;
    const board = (wiring: BoardProfile['wiring']) =>
      referenceBoard({ methods: ['manual'], usb: at, application: heard, wiring });
    const there = usb(device('1-2', '1-2#1'));
    expect(await opensAdapterFirst(board(stuck), true, there)).toBe(true);
    expect(await opensAdapterFirst(board(directWiring), true, there)).toBe(false);
    expect(await opensAdapterFirst(board(crossCoupledWiring), true, there)).toBe(false);
  });

  test('it is heard where the profile expects that, and the job proves it', () => {
    expect(provesOnAdapter(referenceBoard({ application: heard }), true)).toBe(true);
    expect(provesOnAdapter(referenceBoard({ application: heard }), false)).toBe(false);
    expect(provesOnAdapter(referenceBoard(), true)).toBe(false);
  });

  test('or at the leave, where that is a whole reset into the application', () => {
    const leaves = (changes: Partial<BoardProfile>, current?: object) =>
      leavesByOpening({ profile: referenceBoard(changes), adapter: { current } } as never);
    expect(leaves({ application: heard })).toBe(true);
    expect(leaves({ application: heard }, {})).toBe(false);
    expect(leaves({})).toBe(false);
    expect(leaves({ application: heard, wiring: crossCoupledWiring })).toBe(false);
  });
});

describe('over a network', () => {
  const window = { opens: 0, closes: 1, nrstRelease: 5, needed: 16, limit: 42 };

  test('a port that carries bytes only is refused where lines of the adapter move', () => {
    expect([undefined, '/dev/ttyUSB0', 'socket://host:1', 'rfc2217://host:1'].map(carriesBytesOnly)).toEqual([
      false,
      false,
      true,
      false,
    ]);
    const refuse =
      (port: string, changes: Partial<BoardProfile> = {}) =>
      () =>
        refuseWithoutLines(port, referenceBoard(changes));
    expect(refuse('socket://host:1')).toThrow(
      expect.objectContaining({
        code: 'port-without-lines',
        message: 'socket://host:1 carries bytes only, and the profile has rc-cap and lines, which move RTS and DTR',
      }),
    );
    expect(refuse('socket://host:1', { methods: ['rc-cap', 'manual'] })).toThrow('has rc-cap, which');
    expect(refuse('rfc2217://host:1')).not.toThrow();
    expect(refuse('socket://host:1', { methods: ['manual'] })).not.toThrow();
    const gpio = { kind: 'gpio', chip: 'c', offset: 1, idle: 1, isOpenDrain: false } as const;
    expect(refuse('socket://host:1', { hostLines: { rts: gpio, dtr: gpio } })).not.toThrow();
  });

  test('each of the two moves of a hold window may take half of what is left of it', () => {
    expect(longestMove(window)).toBe(13);
    expect(tooSlow(window, 13)).toBeUndefined();
    expect(tooSlow(undefined, 1000)).toBeUndefined();
    expect(tooSlow(window, 14)).toMatchObject({
      code: 'adapter-too-slow',
      message: expect.stringContaining('takes 14.0 ms over the network, so that BOOT0 has to hold for 44.0 ms'),
      details: { delay: 14, limit: 42 },
    });
  });
});

test('a port may be named by a link: it is told by the one name that it has', async () => {
  const names: Record<string, string> = { '/dev/serial/by-id/x': '/dev/ttyUSB1' };
  const serial = {
    list: async () => [ftdi, cp210x],
    nameOf: async (path: string) => names[path] ?? path,
  } as unknown as SerialPorts;
  expect(await listedPort(serial, '/dev/serial/by-id/x')).toBe(cp210x);
  expect(await listedPort(serial, '/dev/ttyS0')).toBeUndefined();
  expect(await listedPort({ list: serial.list } as SerialPorts, '/dev/ttyUSB0')).toBe(ftdi);
});
