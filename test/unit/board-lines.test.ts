import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { Bench } from '../../src/bench/bench.ts';
import type { GpioOutput } from '../../src/bench/gpio-chips.ts';
import type { Argv } from '../../src/bench/host-commands.ts';
import type { ModemLines, SerialLink } from '../../src/bench/serial-link.ts';
import type { CommandLine, GpioLine, HostLines } from '../../src/board/circuit/host-lines.ts';
import { noWiring } from '../../src/board/profile/resolve-wiring.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import type { SoftJump } from '../../src/board/soft-jump.ts';
import { AdapterLines } from '../../src/ops/job/adapter/adapter-lines.ts';
import {
  BoardLink,
  checkCommands,
  checkGpioLines,
  lineless,
  needsAdapter,
  powerCutter,
  programsOf,
  takeHostLines,
} from '../../src/ops/job/adapter/board-lines.ts';
import type { LineDriver } from '../../src/ops/job/adapter/line-driver.ts';
import { directWiring, referenceBoard } from '../helpers/circuits.ts';
import { device } from '../helpers/machines.ts';

// Each pin on a line of its own: RTS asserted pulls NRST low, DTR asserted drives BOOT0 high.
const idle: ModemLines = { rts: 'released', dtr: 'released' };
const both: ModemLines = { rts: 'asserted', dtr: 'asserted' };
const reset: ModemLines = { rts: 'asserted', dtr: 'released' };
const charge: ModemLines = { rts: 'released', dtr: 'asserted' };

const gpio = (offset: number, more: Partial<GpioLine> = {}): GpioLine => ({
  kind: 'gpio',
  chip: 'gpiochip0',
  offset,
  idle: 1,
  isOpenDrain: false,
  ...more,
});
const boot0: CommandLine = { kind: 'command', pin: 'boot0', high: ['boot0', '1'], low: ['boot0', '0'], timeout: 500 };
const nrst: CommandLine = { kind: 'command', pin: 'nrst', by: 'reset', pulse: ['reset'], timeout: 900 };

/** A bench whose GPIO and programs write down what is asked of them. */
function benchOf({ fails = [] as readonly string[], gpio = true, commands = true } = {}) {
  const log: string[] = [];
  const note = (what: string) => {
    log.push(what);
    if (fails.includes(what)) throw new BootctlError('gpio-failed', what);
  };
  const outputs = (wanted: readonly GpioOutput[]) => wanted.map(({ offset, idle }) => `${offset}=${idle}`).join(',');
  const bench = {
    ...(gpio && {
      gpio: {
        async open(chip: string, wanted: readonly GpioOutput[]) {
          note(`open ${chip} ${outputs(wanted)}`);
          return {
            set: async (levels: readonly number[]) => note(`set ${chip} ${levels}`),
            [Symbol.asyncDispose]: async () => note(`give back ${chip}`),
          };
        },
        check: async (chip: string, wanted: readonly GpioOutput[]) => note(`check ${chip} ${outputs(wanted)}`),
      },
    }),
    ...(commands && {
      commands: {
        check: async (argv: Argv) => note(`is there ${argv.join(' ')}`),
        run: async (argv: Argv, timeout: number) => note(`run ${argv.join(' ')} in ${timeout}`),
      },
    }),
  } as unknown as Bench;
  const adapter = {
    path: '/dev/ttyTEST',
    setLines: async ({ rts, dtr }: ModemLines) => note(`adapter rts ${rts}, dtr ${dtr}`),
    configure: async () => note('configure'),
    write: async () => note('write'),
    async receive() {
      note('receive');
      return new Uint8Array(2);
    },
    drainInput: async () => note('drain'),
    [Symbol.asyncDispose]: async () => note('close'),
  } as unknown as SerialLink;
  const told: object[] = [];
  const report = (event: object) => void told.push(event);
  return { bench, adapter, log, told, report };
}
type World = ReturnType<typeof benchOf>;

async function linkOf(
  world: World,
  hostLines: HostLines,
  adapter = world.adapter,
  profile: Partial<BoardProfile> = {},
) {
  const taken = await takeHostLines(world, hostLines);
  world.log.length = 0;
  return new BoardLink(adapter, taken, { wiring: directWiring, hostLines, ...profile });
}
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error) => error,
  );

describe('an adapter is needed', () => {
  const everything: HostLines = { rts: gpio(1), dtr: gpio(2) };
  const softJump = (via: SoftJump['via']): SoftJump => ({ trigger: 'touch-1200', via }) as SoftJump;
  test.each<[string, Partial<BoardProfile>, boolean]>([
    ['where no line is of this host', {}, true],
    ['also where none of its lines moves a pin', { wiring: noWiring }, true],
    ['where one of the lines is its own', { hostLines: { rts: gpio(1) } }, true],
    ['for nothing where both are of this host', { hostLines: everything }, false],
    ['for the USART of the ROM', { hostLines: everything, usart: { connected: true, baudRate: 115_200 } }, true],
    ['to hear the application', { hostLines: everything, application: { expect: 'serial' } as never }, true],
    ['to ask the application', { hostLines: everything, softJump: [softJump('target'), softJump('adapter')] }, true],
    ['not to ask it on USB', { hostLines: everything, softJump: [softJump('target')] }, false],
  ])('%s', (_name, changes, expected) => {
    expect(needsAdapter(referenceBoard(changes))).toBe(expected);
  });
});

describe('lines of this host', () => {
  test('those of one chip are taken together, at their idle levels, and moved by one call', async () => {
    const world = benchOf();
    const link = await takeHostLines(world, { rts: gpio(4), dtr: gpio(7, { idle: 0 }) });
    expect(world.log).toEqual(['open gpiochip0 4=1,7=0']);
    expect(world.told).toEqual([{ event: 'gpio.opened', chip: 'gpiochip0', offsets: [4, 7] }]);
    await link.movers[0]!.move(both);
    expect(world.log.at(-1)).toBe('set gpiochip0 0,1');
    expect(link.movers[0]!.names).toEqual(['rts', 'dtr']);
  });

  test('those of two chips are taken one after the other; what was taken is given back where the second is refused', async () => {
    const two = { rts: gpio(4), dtr: gpio(7, { chip: 'gpiochip1' }) };
    const world = benchOf();
    await takeHostLines(world, two);
    expect(world.log).toEqual(['open gpiochip0 4=1', 'open gpiochip1 7=1']);
    const refusing = benchOf({ fails: ['open gpiochip1 7=1'] });
    expect(await failure(takeHostLines(refusing, two))).toMatchObject({ code: 'gpio-failed' });
    expect(refusing.log.at(-1)).toBe('give back gpiochip0');
  });

  test('are looked at without being taken', async () => {
    const world = benchOf();
    await checkGpioLines(world.bench, { rts: gpio(4), dtr: boot0 });
    expect(world.log).toEqual(['check gpiochip0 4=1']);
  });

  test('a bench without them says so', async () => {
    const world = benchOf({ gpio: false, commands: false });
    expect(await failure(takeHostLines(world, { rts: gpio(1) }))).toMatchObject({ code: 'gpio-unavailable' });
    expect(await failure(takeHostLines(world, { dtr: boot0 }))).toMatchObject({ code: 'command-missing' });
  });
});

describe('pins that programs move', () => {
  const programs = {
    hostLines: { rts: nrst, dtr: boot0 },
    powerCycle: { argv: ['power', 'off'], timeout: 7 },
  } as const;

  test('all of them are checked before anything moves', async () => {
    expect(programsOf(programs)).toEqual([['reset'], ['boot0', '1'], ['boot0', '0'], ['power', 'off']]);
    expect(programsOf({})).toEqual([]);
    const world = benchOf();
    await checkCommands(world.bench, programs);
    expect(world.log).toEqual(['is there reset', 'is there boot0 1', 'is there boot0 0', 'is there power off']);
  });

  test('run where their line changes, BOOT0 by two and NRST by one', async () => {
    const world = benchOf();
    const link = await linkOf(world, { rts: nrst, dtr: boot0 });
    for (const lines of [idle, charge, charge, both, idle]) await link.setLines(lines);
    expect(world.log).toEqual(['run boot0 1 in 500', 'run reset in 900', 'run boot0 0 in 500']);
  });

  test('one that has failed may have put BOOT0 high: at the end it is put low', async () => {
    const world = benchOf({ fails: ['run boot0 1 in 500'] });
    const link = await linkOf(world, { dtr: boot0 }, lineless);
    expect(await failure(link.setLines(charge))).toMatchObject({ code: 'gpio-failed' });
    await link[Symbol.asyncDispose]();
    expect(world.log.filter((line) => line.startsWith('run'))).toEqual(['run boot0 1 in 500', 'run boot0 0 in 500']);
  });

  test('the power is cut by one, and that is said', async () => {
    const world = benchOf();
    await powerCutter({ ...world, profile: referenceBoard(programs) })?.cutPower();
    expect(world.log).toEqual(['run power off in 7']);
    expect(world.told).toEqual([{ event: 'note', message: 'the power of the target is cut and restored: power off' }]);
    expect(powerCutter({ ...world, profile: referenceBoard() })).toBeUndefined();
  });
});

describe('an adapter and lines of this host as one link', () => {
  test('each line is moved where it is; the other one of the adapter stays released', async () => {
    const world = benchOf();
    const link = await linkOf(world, { dtr: gpio(7, { idle: 0 }) });
    await link.setLines(both);
    expect(world.log).toEqual(['set gpiochip0 1', 'adapter rts asserted, dtr released']);
    const other = benchOf();
    await (await linkOf(other, { rts: gpio(7) })).setLines(both);
    expect(other.log).toEqual(['adapter rts released, dtr asserted', 'set gpiochip0 0']);
  });

  test('BOOT0 moves first, so that it stands when NRST rises; where both fall, NRST does', async () => {
    const world = benchOf();
    const link = await linkOf(world, { rts: gpio(4) });
    const orderOf = async (lines: ModemLines) => {
      world.log.length = 0;
      await link.setLines(lines);
      return world.log.map((line) => line.split(' ')[0]);
    };
    expect(await orderOf(charge)).toEqual(['adapter', 'set']);
    expect(await orderOf(reset)).toEqual(['set', 'adapter']);
    expect(await orderOf(both)).toEqual(['adapter', 'set']);
    expect(await orderOf(idle)).toEqual(['adapter', 'set']);
    expect(await orderOf(reset)).toEqual(['set', 'adapter']);
  });

  test('so does a pin that a program moves', async () => {
    const world = benchOf();
    const link = await linkOf(world, { rts: nrst });
    await link.setLines(charge);
    await link.setLines(reset);
    expect(world.log).toEqual([
      'adapter rts released, dtr asserted',
      'run reset in 900',
      'adapter rts released, dtr released',
    ]);
  });

  test('idle is tried with every line, where one fails as well; another move stops there', async () => {
    const failing = ['adapter rts released, dtr released', 'adapter rts released, dtr asserted'];
    const world = benchOf({ fails: failing });
    const link = await linkOf(world, { rts: gpio(4) });
    expect(await failure(link.setLines(idle))).toMatchObject({ message: failing[0] });
    expect(world.log).toEqual([failing[0], 'set gpiochip0 1']);
    world.log.length = 0;
    expect(await failure(link.setLines(both))).toMatchObject({ message: failing[1] });
    expect(world.log).toEqual([failing[1]]);
  });

  test('an adapter none of whose lines moves a pin is not moved', async () => {
    const world = benchOf();
    const link = await linkOf(world, { rts: gpio(4), dtr: gpio(5) });
    await link.setLines(both);
    expect(world.log).toEqual(['set gpiochip0 0,0']);
    expect(link.measureDelay).toBeUndefined();
  });

  test('bytes go through the adapter, and closing gives all back', async () => {
    const world = benchOf();
    const link = await linkOf(world, { rts: gpio(4) });
    await link.configure({ baudRate: 9600, parity: 'even' });
    await link.write(Uint8Array.of(1));
    expect(await link.receive(5)).toEqual(new Uint8Array(2));
    await link.drainInput();
    await link[Symbol.asyncDispose]();
    expect(world.log).toEqual(['configure', 'write', 'receive', 'drain', 'give back gpiochip0', 'close']);
    expect(link.path).toBe('/dev/ttyTEST');
  });

  test('what is particular of the adapter is so of the link', async () => {
    const world = benchOf();
    const plain = await linkOf(world, { rts: gpio(4) });
    expect([plain.lacksParity, plain.hasFixedFormat, plain.roundTrip, plain.measureDelay]).toEqual([
      false,
      undefined,
      undefined,
      undefined,
    ]);
    const far = {
      ...world.adapter,
      hasFixedFormat: true,
      roundTrip: 9,
      lacksParity: true,
      measureDelay: async () => 12,
    };
    const link = await linkOf(world, { rts: gpio(4) }, far as SerialLink);
    expect([link.lacksParity, link.hasFixedFormat, link.roundTrip]).toEqual([true, true, 9]);
    expect(await link.measureDelay!()).toBe(12);
  });

  test('without an adapter there is nothing to talk through', async () => {
    const asked = [lineless.configure, lineless.write, lineless.receive, lineless.drainInput] as const;
    for (const ask of asked)
      expect(await failure((ask as () => Promise<unknown>)())).toMatchObject({ code: 'adapter-missing' });
    await lineless.setLines(both);
    await lineless[Symbol.asyncDispose]();
    expect(lineless.path).toBe('this host');
  });
});

describe('the adapter of a job', () => {
  const seen = device('1-2', '1-2#1');
  function lines({ look = async () => [seen], fails }: { look?: () => Promise<(typeof seen)[]>; fails?: Error } = {}) {
    const log: string[] = [];
    const driver = {
      release: async () => void log.push('release'),
      link: { [Symbol.asyncDispose]: async () => void log.push('close') },
    } as unknown as LineDriver;
    const open = async (onOpened: () => void) => {
      log.push('open');
      onOpened();
      if (fails) throw fails;
      return driver;
    };
    return { adapter: new AdapterLines(open, look), log, driver };
  }

  test('is opened once, when it is first needed, and what was on the bus before is told once', async () => {
    const { adapter, log, driver } = lines();
    expect([adapter.current, adapter.hasMoved, await adapter.settled()]).toEqual([undefined, false, undefined]);
    expect(await Promise.all([adapter.open(), adapter.open()])).toEqual([driver, driver]);
    expect([adapter.current, adapter.hasMoved, await adapter.settled()]).toEqual([driver, true, driver]);
    expect([adapter.takeSeenBeforeOpening(), adapter.takeSeenBeforeOpening()]).toEqual([[seen], []]);
    await adapter.release();
    await adapter[Symbol.asyncDispose]();
    expect(log).toEqual(['open', 'release', 'close']);
  });

  test('that goes away while it is opened has moved its lines', async () => {
    const lost = new BootctlError('adapter-lost', 'gone');
    const { adapter } = lines({ fails: lost });
    expect(await failure(adapter.open())).toBe(lost);
    expect([adapter.hasMoved, adapter.current, await adapter.settled()]).toEqual([true, undefined, undefined]);
  });

  test('is opened also where the bus cannot be seen', async () => {
    const { adapter, driver } = lines({ look: () => Promise.reject(new Error('no bus')) });
    expect(await adapter.open()).toBe(driver);
    expect(adapter.takeSeenBeforeOpening()).toEqual([]);
  });

  test('is not opened after an abort, and may be by who brings the target back', async () => {
    const { adapter, driver, log } = lines();
    expect(await failure(adapter.open(AbortSignal.abort(new Error('stop'))))).toMatchObject({ message: 'stop' });
    expect([log, adapter.hasMoved]).toEqual([[], false]);
    expect(await adapter.open()).toBe(driver);
  });

  test('needs no bus to be seen', async () => {
    const { driver } = lines();
    const adapter = new AdapterLines(async () => driver);
    expect(adapter.takeSeenBeforeOpening()).toEqual([]);
    await adapter.open();
    expect(adapter.takeSeenBeforeOpening()).toEqual([]);
  });

  test('that was never opened needs no release', async () => {
    const { adapter, log } = lines();
    await adapter.release();
    await adapter[Symbol.asyncDispose]();
    expect(log).toEqual([]);
  });
});
