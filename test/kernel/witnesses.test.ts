import { describe, expect } from 'vitest';
import { boardOf, builtInProfile, differences, firmwareImage, mainFlash } from './boards.ts';
import { bench, flashOf, kernelTest, readGuestFile, run, setUp, writeGuestFile } from './kernel-test.ts';

/** Whole transfers: a ROM addresses a short last block by its own length (hardware/QUIRKS.md Q28), dfu-util by wTransferSize. */
const image = firmwareImage(20 * 2048);
/** At an FT232R every answer of one byte takes a tick of the latency timer. */
const shortImage = firmwareImage(8_000);
const hex = (address: number): string => `0x${address.toString(16).padStart(8, '0')}`;

describe('programs that are not ours take the emulated target for a real one', () => {
  kernelTest('dfu-util flashes, reads back and leaves', async () => {
    const { board } = await setUp({ boards: [boardOf('board', builtInProfile('rc-cap'), { startsInRom: 'dfuIDLE' })] });
    await writeGuestFile('/tmp/image.bin', image);
    const select = ['-d', '0483:df11', '-p', board!.usbPath, '-a', '0'];
    const listed = await run(['dfu-util', '-l']);
    expect(listed.stdout).toContain('name="@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"');

    const written = await run(['dfu-util', ...select, '-s', hex(mainFlash), '-D', '/tmp/image.bin']);
    expect(written).toMatchObject({ status: 0, stdout: expect.stringContaining('File downloaded successfully') });
    expect(differences(await flashOf('board', mainFlash, image.length), image)).toEqual([]);

    const copy = '/tmp/read-by-dfu-util.bin'; // which it does not overwrite
    await run(['rm', '-f', copy]);
    const readTo = ['-s', `${hex(mainFlash)}:${image.length}`, '-U', copy];
    expect(await run(['dfu-util', ...select, ...readTo])).toMatchObject({ status: 0 });
    expect(differences(await readGuestFile(copy), image)).toEqual([]);

    await run(['dfu-util', ...select, '-s', `${hex(mainFlash)}:leave`, '-D', '/tmp/image.bin']);
    await bench.call('until', { event: { what: 'left', address: mainFlash } });
    await bench.call('until', { event: { what: 'application', state: 'running' } });
    const truth = await bench.call('truth', null);
    expect(truth.filter(({ what }) => what === 'programmed-without-erase')).toEqual([]);
  });

  kernelTest(
    'stm32flash gets into the ROM by RTS and DTR, flashes and verifies over the USART of an FT232R',
    async () => {
      const profile = { ...builtInProfile('two-line'), usart: { connected: true, baudRate: 115_200 } };
      const { adapter } = await setUp({
        // Without its USB cable: a host that enumerates it captures the ROM (hardware/QUIRKS.md Q9).
        boards: [boardOf('board', profile, { rom: { usb: false } })],
        adapters: [{ name: 'adapter', chip: 'ft232r', board: 'board' }],
      });
      await writeGuestFile('/tmp/image.bin', shortImage);
      // BOOT0 = 1 by DTR, NRST = 0 by RTS, as two-line is wired; then the same reset with BOOT0 = 0.
      const sequence = ['-i', '-rts,dtr,rts,,-rts,,,:-dtr,rts,,-rts'];
      const argv = ['stm32flash', ...sequence, '-b', '115200', '-w', '/tmp/image.bin', '-v', '-S', hex(mainFlash)];
      const result = await run([...argv, adapter!.tty!]);
      expect(result).toMatchObject({ status: 0, stdout: expect.stringMatching(/Wrote and verified.*100/) });
      expect(differences(await flashOf('board', mainFlash, shortImage.length), shortImage)).toEqual([]);
      const truth = await bench.call('truth', null);
      expect(truth).toContainEqual(expect.objectContaining({ what: 'rom-interface', selected: 'usart' }));
      expect(truth.filter(({ what }) => what === 'programmed-without-erase')).toEqual([]);
    },
  );
});
