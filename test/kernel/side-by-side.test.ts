import { describe, expect } from 'vitest';
import type { PluggedDevice } from './agent/protocol.ts';
import { boardOf, builtInProfile, differences, firmwareImage, mainFlash } from './boards.ts';
import { endOf, startBootctl } from './bootctl.ts';
import { bench, flashOf, kernelTest, runScript, setUp, writeGuestFile } from './kernel-test.ts';
import { changed } from './profile-text.ts';
import { giveProfile } from './profiles.ts';

const numbers = [1, 2, 3, 4, 5, 6, 7, 8] as const;
const KiB = 1024;

/** An image of this board alone. */
function imageOf(number: number): Uint8Array {
  const image = firmwareImage(16 * KiB);
  for (let at = 0x200; at < image.length; at++) image[at] = image[at]! ^ number;
  return image;
}

/** Eight boards, each with an FT232R of its own, on the two controllers of the guest. */
async function setUpEight(): Promise<Readonly<Record<string, PluggedDevice>>> {
  const devices = await setUp({
    boards: numbers.map((number) => boardOf(`board-${number}`, builtInProfile('rc-cap'))),
    adapters: numbers.map((number) => ({ name: `adapter-${number}`, chip: 'ft232r', board: `board-${number}` })),
  });
  for (const number of numbers) await writeGuestFile(`/tmp/image-${number}.bin`, imageOf(number));
  return devices;
}

interface Outcome {
  readonly ok: boolean;
  readonly code: string | null;
  readonly verified: boolean;
  readonly application: string;
}

/** Runs all jobs in one process of the guest. */
async function runAll(
  jobs: readonly object[],
): Promise<{ readonly results: readonly Outcome[]; readonly warnings: string[] }> {
  await writeGuestFile('/tmp/jobs.json', JSON.stringify({ profile: 'rc-cap', jobs }));
  const { stdout, stderr, status } = await runScript('boards.mjs', ['/tmp/jobs.json']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

const jobOf = (number: number, more: object = {}) => ({
  serialNumber: `adapter-${number}`,
  image: `/tmp/image-${number}.bin`,
  ...more,
});

/** Which boards hold another image than their own. */
async function wrongBoards(): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const number of numbers) {
    const found = await flashOf(`board-${number}`, mainFlash, 16 * KiB);
    if (differences(found, imageOf(number)).length > 0) wrong.push(`board-${number}`);
  }
  return wrong;
}

describe('eight boards at once in one process', () => {
  kernelTest('each with its USB path: every board holds its own image and runs', async () => {
    const devices = await setUpEight();
    const jobs = numbers.map((number) => jobOf(number, { usbPath: devices[`board-${number}`]!.usbPath }));
    const { results, warnings } = await runAll(jobs);
    expect(results.map(({ code }) => code)).toEqual(numbers.map(() => null));
    expect(results).toEqual(
      numbers.map(() => expect.objectContaining({ ok: true, verified: true, application: 'seen' })),
    );
    expect(await wrongBoards()).toEqual([]);
    expect(warnings).toEqual([]);
  });

  kernelTest('none with a USB path: they find their boards one after the other', async () => {
    await setUpEight();
    const { results } = await runAll(numbers.map((number) => jobOf(number)));
    expect(results.map(({ code }) => code)).toEqual(numbers.map(() => null));
    expect(await wrongBoards()).toEqual([]);
  });

  kernelTest('three processes, none with a USB path: each enters its own board', async () => {
    const devices = await setUpEight();
    const own = [1, 2, 3];
    const jobs = await Promise.all(
      own.map(async (number) => {
        const adapter = `adapter: { serialNumber: adapter-${number} }`;
        const profile = changed(`own-${number}`, 'rc-cap', [
          ['id: rc-cap', `id: own-${number}`],
          ['methods:', `${adapter}\nmethods:`],
        ]);
        return startBootctl(['enter', '--profile', await giveProfile(profile)]);
      }),
    );
    const ends = await Promise.all(jobs.map(endOf));
    const entered = ends.map(({ lines }) => lines.find(({ event }) => event === 'bootloader.entered')?.path);
    expect(entered).toEqual(own.map((number) => devices[`board-${number}`]!.usbPath));
  });

  kernelTest('one is aborted: the seven others come to their end, and its lines are idle', async () => {
    const devices = await setUpEight();
    const jobs = numbers.map((number) =>
      jobOf(number, {
        usbPath: devices[`board-${number}`]!.usbPath,
        ...(number === 3 ? { abortAfter: 1_500 } : {}),
      }),
    );
    const { results } = await runAll(jobs);
    expect(results.map(({ code }) => code)).toEqual(numbers.map((number) => (number === 3 ? 'aborted' : null)));
    expect((await wrongBoards()).filter((board) => board !== 'board-3')).toEqual([]);
    expect(await bench.call('lines', 'adapter-3')).toEqual({ rts: 'released', dtr: 'released' });
  });
});
