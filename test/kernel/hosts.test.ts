import { describe, expect } from 'vitest';
import { boardOf, builtInProfile, expectFlashed } from './boards.ts';
import { bootctl, endOf, firmware, startBootctl } from './bootctl.ts';
import { bench, guestTest, kernelTest, run, setUp } from './kernel-test.ts';
import { changesOf, idle, job, oneBoard, setUpOne } from './one-board.ts';
import { giveProfile, placed } from './profiles.ts';

const nobody = 65_534;

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
