import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import type { BoardSetup } from './agent/protocol.ts';
import { repository } from './guest/paths.ts';
import { bench, flashOf } from './kernel-test.ts';
import { builtInText } from './profile-text.ts';

/** Erase and program take a twentieth of the data sheet's time, so that cases stay short. */
const timeScale = 0.05;

export const mainFlash = 0x0800_0000;

/** Offsets of the two parts of test/fixtures/firmware/blink-f405.hex, from its README. */
const firmwareParts = [
  [0, 0x8384],
  [0xc000, 0xc020],
] as const;

export const builtInProfile = (id: string): BoardProfile => parseProfile(builtInText(id), `${id}.yaml`);

/** A board of this profile with a quick flash. */
export function boardOf(name: string, profile: BoardProfile, scenario: BoardSetup['scenario'] = {}): BoardSetup {
  return { name, profile, scenario: { ...scenario, memory: { timeScale, ...scenario.memory } } };
}

/**
 * An image that the ROM takes for code (stack pointer into RAM, vector into the flash), the rest of it a fixed pattern
 * in which no two blocks are alike.
 */
export function firmwareImage(bytes: number): Uint8Array {
  const image = new Uint8Array(bytes);
  let state = 0x2545_f491;
  for (let index = 0; index < bytes; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    image[index] = state & 0xff;
  }
  const vectors = new DataView(image.buffer);
  vectors.setUint32(0, 0x2002_0000, true);
  vectors.setUint32(4, 0x0800_0201, true);
  return image;
}

/** Where two contents differ, as `offset: found instead of expected`; at most four, so that a failure can be read. */
export function differences(found: Uint8Array, expected: Uint8Array): readonly string[] {
  if (found.length !== expected.length) return [`${found.length} bytes instead of ${expected.length}`];
  const offsets = [...expected.keys()].filter((offset) => found[offset] !== expected[offset]);
  return offsets.slice(0, 4).map((offset) => `${offset}: ${found[offset]} instead of ${expected[offset]}`);
}

/**
 * The board's flash holds test/fixtures/firmware/blink-f405 where the image has bytes; nothing was programmed that was
 * not erased before.
 */
export async function expectFlashed(board: string): Promise<void> {
  const image = readFileSync(join(repository, 'test/fixtures/firmware/blink-f405.bin'));
  const flash = await flashOf(board, mainFlash, image.length);
  for (const [from, to] of firmwareParts) {
    expect(differences(flash.subarray(from, to), image.subarray(from, to))).toEqual([]);
  }
  const truth = await bench.call('truth', null);
  expect(truth.filter((event) => event.what === 'programmed-without-erase' && event.board === board)).toEqual([]);
}
