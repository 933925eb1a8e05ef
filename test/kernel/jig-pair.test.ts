import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect } from 'vitest';
import { parse } from 'yaml';
import type { AdapterSetup } from './agent/protocol.ts';
import { boardOf, builtInProfile } from './boards.ts';
import { bootctl } from './bootctl.ts';
import { bench, kernelTest, readGuestFile, setUp, writeGuestFile } from './kernel-test.ts';
import { changesOf, idle } from './one-board.ts';
import { changed, giveProfile } from './profiles.ts';

/** More of them are worth their time by hand only: `BOOTCTL_PAIRINGS=20`. */
const permutations = Number(process.env.BOOTCTL_PAIRINGS ?? 2);

const chips = ['ft232r', 'cp2102', 'ch340', 'pl2303'] as const;
const file = '/tmp/pair.yaml';
/** One method is enough to find that an adapter is silent. */
const profile = changed('short-ladder', 'rc-cap', [
  ['id: rc-cap', 'id: short-ladder'],
  ['methods: [rc-cap, lines, manual]', 'methods: [rc-cap]'],
]);

/** The same order again by the same seed. */
function shuffled<T>(values: readonly T[], generator: ReturnType<typeof xoroshiro128plus>): readonly T[] {
  const left = [...values];
  return values.map(() => left.splice(uniformInt(generator, 0, left.length - 1), 1)[0]!);
}

/** Four adapters and four boards in any order on the bus; one adapter has no board, and one board no adapter. */
function wiringOf(seed: number) {
  const generator = xoroshiro128plus(seed);
  const boards = shuffled(['board-1', 'board-2', 'board-3', 'board-4'], generator);
  const adapters = shuffled(chips, generator).map(
    (chip, index): AdapterSetup => ({ name: chip, chip, ...(index < 3 && { board: `board-${index + 1}` }) }),
  );
  return { boards, adapters: shuffled(adapters, generator) };
}

/** ID_PATH of udev for a port of the bench's first controller, whose bus is the first. */
const lasting = (path: string): string => path.replace(/^1-/, 'platform-vhci_hcd.0-usb-0:');

describe('jig pair', () => {
  for (let seed = 1; seed <= permutations; seed++) {
    kernelTest(
      `what it finds is what is wired: permutation ${seed}, with an adapter and a target too many`,
      async () => {
        const { boards, adapters } = wiringOf(seed);
        const devices = await setUp({
          boards: boards.map((name) => boardOf(name, builtInProfile('rc-cap'), { flash: 'healthy' })),
          adapters,
        });
        const placeOf = (name: string) => devices[name]!.usbPath;
        const path = await giveProfile(profile);
        await writeGuestFile(file, `station: bench\nprofile: ${path}\nimage: unit.bin@0x08000000\n`);

        const { lines, status, stderr } = await bootctl(['jig', 'pair', file, '--yes']);
        const { slots } = parse(Buffer.from(await readGuestFile(file)).toString());
        const wired = adapters.flatMap(({ name, board }) =>
          board ? [`${lasting(placeOf(name))} ${lasting(placeOf(board))}`] : [],
        );
        const found = Object.values<{ adapter: string; target: string }>(slots);
        expect(found.map(({ adapter, target }) => `${adapter} ${target}`).sort()).toEqual(wired.sort());

        const of = (event: string) => lines.filter((line) => line.event === event);
        const loose = adapters.find(({ board }) => board === undefined)!;
        expect(of('pairing.unpaired')).toMatchObject([{ adapter: placeOf(loose.name), why: 'silent', targets: [] }]);
        expect(of('pairing.unmoved')).toMatchObject([{ target: placeOf('board-4'), runs: 'application' }]);
        expect({ status, stderr }).toEqual({ status: 4, stderr: '' });
        const truth = await bench.call('truth', null);
        for (const board of boards) expect(changesOf(truth, board)).toEqual([]);
        for (const { name } of adapters) expect(await bench.call('lines', name)).toEqual(idle);
      },
      240_000,
    );
  }
});
