import { describe, expect } from 'vitest';
import type { TimedTruth } from '../../src/sim/truth.ts';
import { boardOf, builtInProfile, expectFlashed } from './boards.ts';
import { bootctl, endOf, firmware, startBootctl } from './bootctl.ts';
import { bench, guestTest, kernelTest, placeOf, run, setUp } from './kernel-test.ts';
import { giveProfile, placed, profileOf, wirings } from './profiles.ts';

const idle = { rts: 'released', dtr: 'released' };
const nobody = 65_534;
const job = ['recover', firmware, '--profile', 'rc-cap'];

/** One board on an FT232R with the built-in rc-cap circuit. */
const oneBoard = (scenario?: Parameters<typeof boardOf>[2]) => ({
  boards: [boardOf('board', builtInProfile('rc-cap'), scenario)],
  adapters: [{ name: 'adapter', chip: 'ft232r', board: 'board' }],
});

/** The same, with the job that names its place, and where the adapter is. */
async function setUpOne(scenario?: Parameters<typeof boardOf>[2]) {
  const { board, adapter } = await setUp(oneBoard(scenario));
  return { placed: [...job, ...placeOf(board)], tty: adapter!.tty! };
}

const changesOf = (truth: readonly TimedTruth[], board: string): readonly TimedTruth[] =>
  truth.filter((event) => event.board === board && (event.what === 'erased' || event.what === 'programmed'));

describe('wirings', () => {
  for (const profile of wirings) {
    kernelTest(`${profile.id} gets in by ${profile.method}, and the application is seen`, async () => {
      await setUp({
        boards: [boardOf('board', profileOf(profile))],
        adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board' }],
      });
      const { result } = await bootctl(['recover', firmware, '--profile', await giveProfile(profile)]);
      expect(result).toMatchObject({ ok: true, method: profile.method, verified: true, application: 'seen' });
      await expectFlashed('board');
      expect(await bench.call('lines', 'adapter')).toEqual(idle);
    });
  }

  kernelTest('opening the port moves no pin of a cross-coupled board', async () => {
    const profile = wirings.find(({ id }) => id === 'large-cross-coupled')!;
    await setUp({
      boards: [boardOf('board', profileOf(profile))],
      adapters: [{ name: 'adapter', chip: 'ft232r', board: 'board' }],
    });
    await bootctl(['recover', '--profile', await giveProfile(profile)]);
    const truth = await bench.call('truth', null);
    const [opened, next] = truth.filter((event) => event.what === 'lines');
    expect(opened).toMatchObject({ rts: 'asserted', dtr: 'asserted' });
    const meanwhile = truth.filter(({ what, t }) => what === 'nrst' && t >= opened!.t && t <= next!.t);
    expect(meanwhile).toEqual([]);
  });
});

describe('several boards', () => {
  kernelTest('two boards and two adapters at once: each job touches only its own', async () => {
    const { left, right } = await setUp({
      boards: [boardOf('left', builtInProfile('two-line')), boardOf('right', builtInProfile('two-line'))],
      adapters: [
        { name: 'left-adapter', chip: 'cp2102', serialNumber: 'LEFT', board: 'left' },
        { name: 'right-adapter', chip: 'pl2303', serialNumber: 'RIGHT', board: 'right' },
      ],
    });
    const profiles = [
      await giveProfile(placed('left', 'two-line', left!.usbPath, 'LEFT')),
      await giveProfile(placed('right', 'two-line', right!.usbPath, 'RIGHT')),
    ];
    const jobs = await Promise.all(profiles.map((path) => startBootctl(['recover', firmware, '--profile', path])));
    const ends = await Promise.all(jobs.map(endOf));
    expect(ends.map(({ result }) => result)).toEqual([
      expect.objectContaining({ ok: true, verified: true }),
      expect.objectContaining({ ok: true, verified: true }),
    ]);
    await expectFlashed('left');
    await expectFlashed('right');
    const moved = (await bench.call('truth', null)).filter((event) => event.what === 'lines');
    expect(new Set(moved.map(({ board, adapter }) => `${adapter} moves ${board}`))).toEqual(
      new Set(['left-adapter moves left', 'right-adapter moves right']),
    );
  });

  kernelTest("a stranger's target in DFU mode is not touched", async () => {
    await setUp(oneBoard({ neighbours: [{ name: 'stranger', runs: 'rom' }] }));
    await bench.call('until', { event: { what: 'enumerated', board: 'stranger' } });
    const { result } = await bootctl(job);
    expect(result).toMatchObject({ ok: true, verified: true, application: 'seen' });
    await expectFlashed('board');
    expect(changesOf(await bench.call('truth', null), 'stranger')).toEqual([]);
  });
});

describe('hosts', () => {
  guestTest('without udevd the job is done all the same', async () => {
    await setUp({ ...oneBoard(), udevd: false });
    const { result } = await bootctl(job);
    expect(result).toMatchObject({ ok: true, verified: true, application: 'seen' });
    await expectFlashed('board');
  });

  kernelTest('an ordinary user without rights gets exit 3 and the rule to install; nothing moves', async () => {
    const { placed } = await setUpOne();
    const { status, result } = await bootctl(placed, { uid: nobody });
    expect(result?.error).toMatchObject({ code: 'adapter-denied' });
    expect(result?.error?.hint).toMatch(/udev|dialout/);
    expect(status).toBe(3);
    expect((await bench.call('truth', null)).filter(({ what }) => what === 'lines')).toEqual([]);
  });

  kernelTest('rights to the adapter but not to the DFU device: the rule to install, lines idle', async () => {
    const { placed, tty } = await setUpOne();
    await run(['chmod', '0666', tty]);
    const { status, result } = await bootctl(placed, { uid: nobody });
    expect(result?.error).toMatchObject({ code: 'usb-denied', hint: expect.stringContaining('udev') });
    expect(status).toBe(3);
    expect(changesOf(await bench.call('truth', null), 'board')).toEqual([]);
    expect(await bench.call('lines', 'adapter')).toEqual(idle);
  });

  kernelTest('a port that another process holds is named, and exit 3', async () => {
    const { placed, tty } = await setUpOne();
    const script = `
      const { SerialPort } = require('serialport');
      new SerialPort({ path: ${JSON.stringify(tty)}, baudRate: 9600 }, () => console.log('open'));
      setInterval(() => {}, 1000);`;
    await bench.call('start', { argv: [process.execPath, '-e', script] });
    await bench.call('until', { event: { what: 'lines', rts: 'asserted' } });
    const { status, result } = await bootctl(placed);
    expect(result?.error).toMatchObject({ code: 'adapter-busy' });
    expect(status).toBe(3);
    expect(changesOf(await bench.call('truth', null), 'board')).toEqual([]);
  });
});

describe('targets in a bad state', () => {
  kernelTest('dfuERROR at the start is cleared, and the job done', async () => {
    const { placed } = await setUpOne({ startsInRom: 'dfuERROR' });
    const { result } = await bootctl(placed);
    expect(result).toMatchObject({ ok: true, verified: true, application: 'seen' });
    await expectFlashed('board');
  });

  kernelTest('readout protection: exit 6, flash untouched', async () => {
    const { placed } = await setUpOne({ memory: { readoutProtected: true } });
    const { status, result } = await bootctl(placed);
    expect(result?.error).toMatchObject({ code: 'readout-protected' });
    expect(status).toBe(6);
    expect(changesOf(await bench.call('truth', null), 'board')).toEqual([]);
    expect(await bench.call('lines', 'adapter')).toEqual(idle);
  });

  kernelTest('a DFU device that stops answering ends the job within its timeout, not in a minute', async () => {
    const { board } = await setUp({
      boards: [boardOf('board', builtInProfile('two-line'))],
      adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board' }],
    });
    await bench.call('when', { event: { what: 'programmed' }, nth: 3, act: { freeze: 'board' } });
    const { status, result } = await bootctl(['recover', firmware, '--profile', 'two-line', ...placeOf(board)]);
    expect(result).toMatchObject({
      ok: false,
      flash: 'written in part',
      error: { code: expect.stringMatching(/^usb-|dfu-|target-/) },
    });
    expect(status).toBe(5);
    // One request that is not answered, which is 9 s; then the ladder once more, which has no hold window to miss.
    expect(result!.durations.flash).toBeLessThan(30_000);
    expect(result!.attempts.map(({ outcome }) => outcome)).toEqual(['entered', 'dfu-not-seen', 'dfu-not-seen']);
    expect(await bench.call('lines', 'adapter')).toEqual(idle);
  });
});
