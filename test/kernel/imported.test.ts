import { describe, expect } from 'vitest';
import { importProfile } from '../../src/board/import/import-profile.ts';
import { boardOf, builtInProfile } from './boards.ts';
import { bench, kernelTest, run, setUp } from './kernel-test.ts';

/**
 * Sequences of public projects (test/sim/imported-profiles.test.ts), and the boards that they are for. The three commas behind the entry
 * are the pause that stm32flash had before version 0.6 by itself (its wiki, "Hints"): an F405 needs it to start its ROM.
 */
const sequences = [
  ['one-key', 'rts,-dtr,dtr,,,:-dtr,-rts'],
  ['one-key', '-dtr,rts,dtr,,,:-rts'],
  ['direct', '-rts,dtr,-dtr,,,:rts,dtr,-dtr'],
  ['two-line', '-rts,dtr,rts,,-rts,,,:-dtr,rts,,-rts'],
] as const;

describe("what `profile import` reads in a sequence is what stm32flash does with it, on Linux's own driver", () => {
  for (const [name, sequence] of sequences) {
    kernelTest(`${sequence} starts the ROM of ${name}, and is read as its wiring`, async () => {
      const profile = { ...builtInProfile(name), usart: { connected: true, baudRate: 115_200 } };
      const { adapter } = await setUp({
        // Without its USB cable: a host that enumerates it captures the ROM (hardware/QUIRKS.md Q9).
        boards: [boardOf('board', profile, { rom: { usb: false } })],
        adapters: [{ name: 'adapter', chip: 'ft232r', board: 'board' }],
      });
      const argv = ['stm32flash', '-i', sequence, '-b', '115200', adapter!.tty!];
      expect(await run(argv)).toMatchObject({ status: 0, stdout: expect.stringMatching(/Device ID/) });
      const truth = await bench.call('truth', null);
      expect(truth).toContainEqual(expect.objectContaining({ what: 'rom-interface', selected: 'usart' }));
      const imported = importProfile('stm32flash', 'mine', { words: argv }, {});
      expect(imported.profile.wiring).toEqual(profile.wiring);
    });
  }

  kernelTest(
    'the example of its manual page starts no ROM on wires that run the application while the port is closed',
    async () => {
      const profile = { ...builtInProfile('direct'), usart: { connected: true, baudRate: 115_200 } };
      const { adapter } = await setUp({
        boards: [boardOf('board', profile, { rom: { usb: false } })],
        adapters: [{ name: 'adapter', chip: 'ft232r', board: 'board' }],
      });
      const argv = ['stm32flash', '-i', '-rts,-dtr,dtr,,,:rts,-dtr,dtr', '-b', '115200', adapter!.tty!];
      expect(await run(argv)).toMatchObject({ status: 1 });
      expect(() => importProfile('stm32flash', 'mine', { words: argv }, {})).toThrow(
        expect.objectContaining({ code: 'import-not-possible' }),
      );
    },
  );
});
