import { describe, expect, test } from 'vitest';
import { planApplicationReset } from '../../src/board/circuit/application-reset.ts';
import { bootLadder } from '../../src/board/ladder.ts';
import { enter, flash, info, loadProfile, type ProgressEvent, plan, read, recover, reset } from '../../src/index.ts';
import { firmware, runCommand } from '../helpers/command.ts';
import { networkBench } from '../helpers/network-bench.ts';
import { boardFile, f405, profileFile, rcBoot0 } from '../helpers/profile-file.ts';

/** Whole jobs with an adapter behind TCP, in real time and with physics: each line is moved by a command of its own. */
const serial = 'application: { expect: none }';
/** Holds BOOT0 for 135 ms in the worst corner: a busy machine and TCP take some of them. */
const usualBoot0 = rcBoot0();
const rcCap = loadProfile(profileFile('net-rc', f405, usualBoot0, 'methods: [rc-cap]', serial));
const both = loadProfile(profileFile('net-both', f405, usualBoot0, 'methods: [rc-cap, lines]', serial));
const onUsart = loadProfile(
  profileFile('net-usart', f405, usualBoot0, 'usart: { connected: true }', 'methods: [rc-cap]', serial),
);
const byHand = loadProfile(boardFile('net-hand', f405, 'usart: { connected: true }', 'methods: [manual]', serial));

const released = { rts: 'released', dtr: 'released' };
const watched = () => {
  const events: ProgressEvent[] = [];
  return { events, onProgress: (event: ProgressEvent) => void events.push(event) };
};

describe('rfc2217://', () => {
  test('recovers a crashed board: RTS and DTR over the network, the hold window measured over it', async () => {
    const profile = loadProfile('rc-cap');
    await using net = await networkBench(profile, { scenario: 'crashed' });
    const { events, onProgress } = watched();
    const result = await recover({
      profile,
      bench: net.bench,
      port: net.server.url('rfc2217'),
      image: firmware,
      onProgress,
    });
    expect(result).toMatchObject({
      ok: true,
      method: 'rc-cap',
      bootloader: 'dfu',
      verified: true,
      application: 'seen',
    });
    // On a busy machine a window may be missed first, and is repeated.
    const measured = events.findLast((event) => event.event === 'window.measured');
    expect(measured?.held).toBeGreaterThan(20);
    expect(measured?.held).toBeLessThan(measured!.limit);
    expect(events).toContainEqual({
      event: 'note',
      message: expect.stringMatching(/^a move of RTS and DTR takes \d+\.\d ms over the network$/),
    });
    expect(net.sim.truth.of('boot0-sampled').map(({ boots }) => boots)).toContain('rom');
    expect(net.sim.truth.of('lines').at(-1)).toMatchObject(released);
    await net.server.clientGone;
  });

  test('reads over the USART of the ROM, with its even parity', async () => {
    await using net = await networkBench(onUsart, {
      scenario: { name: 'no usb', summary: '', rom: { usb: false } },
    });
    const result = await read({
      profile: onUsart,
      bench: net.bench,
      port: net.server.url('rfc2217'),
      address: 0x0800_0000,
      length: 64,
      timeout: 500,
    });
    expect(result).toMatchObject({ ok: true, method: 'rc-cap', bootloader: 'usart' });
    expect(result.read?.data).toHaveLength(64);
    expect(net.sim.truth.of('usart-measured')).toMatchObject([{ baudRate: 115_200 }]);
    expect(net.sim.truth.of('lines').at(-1)).toMatchObject(released);
  });

  test('a satellite link: 0x7F is not sent again before its answer can have come', async () => {
    await using net = await networkBench(byHand, { scenario: 'already-usart', delay: 70, dataDelay: 130 });
    const port = net.server.url('rfc2217');
    const result = await enter({ profile: byHand, bench: net.bench, port, noEntry: true, timeout: 50 });
    expect(result).toMatchObject({ ok: true, bootloader: 'usart' });
    const sent = net.server.segments.filter((segment) => segment === '7f');
    expect(sent).toHaveLength(1);
  });

  test('a network that is too slow for the hold window is refused before the reset, with figures', async () => {
    await using net = await networkBench(rcCap, { scenario: 'crashed', delay: 60 });
    const before = net.sim.truth.events.length;
    const result = await enter({ profile: rcCap, bench: net.bench, port: net.server.url('rfc2217') });
    expect(result).toMatchObject({ ok: false, exitCode: 3 });
    expect(result.error).toMatchObject({
      code: 'adapter-too-slow',
      message: expect.stringMatching(
        /^A move of RTS and DTR takes \d+\.\d ms over the network, so that BOOT0 has to hold for \d+\.\d ms; the capacitor guarantees only \d+\.\d ms\. \d+\.\d ms a move would do$/,
      ),
      hint: expect.stringMatching(/on the host of the adapter.*`lines`/),
    });
    // The application is reset before, and brought back after it; nothing charges BOOT0.
    const moved = net.sim.truth.events.slice(before).filter((event) => event.what === 'lines');
    expect(moved.filter((event) => event.what === 'lines' && event.dtr === 'asserted')).toEqual([]);
    expect(net.sim.truth.of('lines').at(-1)).toMatchObject(released);
  });

  test('the next method is tried: a line that holds BOOT0 has no window', async () => {
    await using net = await networkBench(both, { scenario: 'crashed', delay: 60 });
    const result = await enter({ profile: both, bench: net.bench, port: net.server.url('rfc2217') });
    expect(result).toMatchObject({ ok: true, method: 'lines' });
    expect(result.attempts).toMatchObject([
      { method: 'rc-cap', outcome: 'adapter-too-slow' },
      { method: 'lines', outcome: 'entered' },
    ]);
  });

  test('a network that has become slower since it was measured: the window is missed, and told', async () => {
    const slow: { delay: number } & Record<string, unknown> = { delay: 0 };
    await using net = await networkBench(rcCap, { scenario: 'crashed', ...slow });
    const { events, onProgress } = watched();
    const late = { ...net.bench.serial };
    const bench = {
      ...net.bench,
      serial: {
        ...late,
        open: async (...given: Parameters<typeof late.open>) => {
          const link = await late.open(...given);
          const moved = link.setLines.bind(link);
          link.setLines = async (lines) => {
            if (lines.rts === 'asserted') await new Promise((resolve) => setTimeout(resolve, 250));
            return moved(lines);
          };
          return link;
        },
      },
    };
    const result = await enter({ profile: rcCap, bench, port: net.server.url('rfc2217'), onProgress });
    expect(result.attempts[0]).toMatchObject({ method: 'rc-cap', outcome: 'window-missed' });
    expect(events.filter(({ event }) => event === 'window.measured').length).toBeGreaterThan(1);
  });

  test('the server goes while NRST is low: adapter-lost, with what to do', async () => {
    await using net = await networkBench(rcCap, { scenario: 'crashed' });
    net.sim.truth.onEvent((event) => {
      if (event.what === 'lines' && event.rts === 'asserted') net.server.drop();
    });
    const result = await enter({ profile: rcCap, bench: net.bench, port: net.server.url('rfc2217') });
    expect(result).toMatchObject({
      exitCode: 3,
      target: 'unknown',
      error: {
        code: 'adapter-lost',
        message: expect.stringMatching(/^rfc2217:\S+ has gone: /),
        hint: expect.stringMatching(/bootctl reset/),
      },
    });
  });

  test('a port without lines: told where they are needed, a note where they are not', async () => {
    const noLines = { answers: { 5: null } };
    await using net = await networkBench(rcCap, { scenario: 'crashed', ...noLines });
    const refused = await enter({ profile: rcCap, bench: net.bench, port: net.server.url('rfc2217') });
    expect(refused.error).toMatchObject({
      code: 'adapter-lines-unsupported',
      message: expect.stringMatching(/did not confirm/),
    });
    await using hand = await networkBench(byHand, { scenario: 'already-usart', ...noLines });
    const { events, onProgress } = watched();
    const there = await info({
      profile: byHand,
      bench: hand.bench,
      port: hand.server.url('rfc2217'),
      noEntry: true,
      timeout: 50,
      onProgress,
    });
    expect(there).toMatchObject({ ok: true, bootloader: 'usart', method: 'already-there' });
    expect(events.some((event) => event.event === 'note' && /has no RTS and DTR/.test(event.message))).toBe(false); // no line was wanted
  });
});

describe('socket://', () => {
  test('the ROM that is there is flashed, at the format that the server was set to', async () => {
    const format = { baudRate: 115_200, parity: 'even' } as const;
    await using net = await networkBench(byHand, { scenario: 'already-usart', isRaw: true, format });
    const port = net.server.url('socket');
    const result = await flash({
      profile: byHand,
      bench: net.bench,
      port,
      noEntry: true,
      image: firmware,
      timeout: 50,
    });
    expect(result).toMatchObject({ ok: true, bootloader: 'usart', verified: true });
  }, 60_000);

  test('a ROM that does not answer is called at the one rate that there is', async () => {
    await using net = await networkBench(byHand, { scenario: 'crashed', isRaw: true });
    const result = await enter({
      profile: byHand,
      bench: net.bench,
      port: net.server.url('socket'),
      noEntry: true,
      timeout: 50,
    });
    expect(result.error).toMatchObject({ code: 'bootloader-absent', message: expect.not.stringMatching(/921600/) });
  });

  test.each([
    { verb: 'enter', run: enter },
    { verb: 'reset', run: reset },
  ])('$verb with a method that moves lines is refused before anything is opened', async ({ run }) => {
    await using net = await networkBench(both, { scenario: 'crashed' });
    const bench = { ...net.bench, serial: { list: async () => [], open: () => Promise.reject(new Error('opened')) } };
    await expect(run({ profile: both, bench, port: 'socket://10.0.0.2:4000' })).rejects.toMatchObject({
      code: 'port-without-lines',
      message:
        'socket://10.0.0.2:4000 carries bytes only, and the profile has rc-cap and lines, which move RTS and DTR',
      hint: expect.stringMatching(/rfc2217:.*methods.*--no-entry/),
    });
    await expect(plan({ profile: both, port: 'socket://10.0.0.2:4000' })).rejects.toThrow(/carries bytes only/);
  });
});

describe('the command line', () => {
  const board = profileFile('net-plan', f405, usualBoot0, 'usart: { connected: true }', 'methods: [rc-cap]', serial);
  const dry = (port: string, ...argv: readonly string[]) =>
    runCommand(['enter', '--profile', board, '--port', port, '--dry-run', ...argv]);

  test('--dry-run says what such a port can do, and how slow the network may be', async () => {
    const { status, stdout } = await dry('rfc2217://10.0.0.2:4000');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /rfc2217:\/\/10\.0\.0\.2:4000: its server sets baud rate and parity, and moves RTS and DTR; a move may take up to 58\.\d ms, which is measured first/,
    );
    const wired = profileFile('net-asked', f405, usualBoot0, 'methods: [manual]', serial);
    const asked = await runCommand(['enter', '--profile', wired, '--port', 'socket://10.0.0.2:4000', '--dry-run']);
    expect(asked.stdout).toMatch(/reset +.*No line of an adapter reaches NRST/i);
    const bytesOnly = await dry('socket://10.0.0.2:4000', '--no-entry');
    expect(bytesOnly.stdout).toMatch(
      /bytes only; its server has to be set to 115200 baud, 8 data bits, even parity, 1 stop bit for the ROM/,
    );
  });

  test.each([
    ['socket://10.0.0.2:4000', /carries bytes only.*\[port-without-lines\]/],
    ['tcp://10.0.0.2:4000', /tcp:\/\/ is no kind of port.*rfc2217:\/\/HOST:PORT.*\[usage\]/],
    ['rfc2217://10.0.0.2', /does not name a host and a TCP port.*\[usage\]/],
  ])('%s: exit status 2', async (port, message) => {
    const { status, stderr } = await dry(port);
    expect([status, stderr.replaceAll('\n', ' ')]).toEqual([2, expect.stringMatching(message)]);
  });
});

test('a server moves one line after the other: no step of the built-in circuits that releases NRST moves both', () => {
  const ids = ['rc-cap', 'two-line', 'cross-coupled'];
  const steps = ids.flatMap((id) => {
    const profile = loadProfile(id);
    const plans = bootLadder(profile).flatMap(({ plan }) => plan ?? []);
    const sequences = [...plans, planApplicationReset(profile.wiring, profile.nrst, profile.boot0)];
    return sequences.flatMap(({ steps }) => steps.slice(1).map((to, index) => ({ id, from: steps[index]!, to })));
  });
  const releases = steps.filter(({ from, to }) => from.pins.nrst === 0 && to.pins.nrst === 1);
  expect(releases.length).toBeGreaterThan(ids.length);
  const both = ({ from, to }: (typeof releases)[number]) =>
    from.lines.rts !== to.lines.rts && from.lines.dtr !== to.lines.dtr;
  expect(releases.filter(both)).toEqual([]);
});
