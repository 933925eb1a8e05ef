import { describe, expect } from 'vitest';
import { boardOf, expectFlashed } from './boards.ts';
import { bootctl, firmware } from './bootctl.ts';
import { bench, kernelTest, setUp } from './kernel-test.ts';
import { giveProfile, profileOf, wirings } from './profiles.ts';

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
      expect(await bench.call('lines', 'adapter')).toEqual({ rts: 'released', dtr: 'released' });
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
