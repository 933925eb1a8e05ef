import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { builtInProfile } from '../../src/board/profile/built-in-profile.ts';
import { findProfile, listProfiles } from '../../src/board/profile/find-profile.ts';

const board = (id: string, description: string) => `id: ${id}
description: ${description}
wiring: { nrst: { line: rts, asserted: 0 }, boot0: { line: dtr, asserted: 1 } }
methods: [lines]
`;

let cwd = '';
let userFolder = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'bootctl-profiles-'));
  userFolder = join(cwd, 'config');
  mkdirSync(join(cwd, 'bootctl', 'profiles'), { recursive: true });
  mkdirSync(userFolder);
  writeFileSync(join(cwd, 'bootctl/profiles/jig.yaml'), board('jig', 'of the project'));
  writeFileSync(join(cwd, 'bootctl/profiles/rc-cap.yaml'), board('rc-cap', 'hidden by the built-in one'));
  writeFileSync(join(userFolder, 'jig.yaml'), board('jig', 'of the user'));
  writeFileSync(join(userFolder, 'bench.yml'), board('bench', 'of the user'));
  writeFileSync(join(userFolder, 'notes.txt'), 'no profile');
  writeFileSync(join(cwd, 'loose.yaml'), board('loose', 'by path'));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const refusal = (name: string): BootctlError => {
  try {
    findProfile(name, { cwd, userFolder });
  } catch (error) {
    if (error instanceof BootctlError) return error;
    throw error;
  }
  throw new Error('a profile was found');
};

describe('no such profile', () => {
  test('by id: near names and all there are', () => {
    const error = refusal('rccap');
    expect(error.code).toBe('profile-unknown');
    expect(error.message).toMatch(
      /^No profile is named "rccap" \(did you mean "rc-cap"\?\); there are: .*two-line.*bench/,
    );
  });
  test('by path', () => {
    expect(refusal('./none.yaml')).toMatchObject({
      code: 'profile-unknown',
      message: expect.stringContaining('(ENOENT)'),
    });
  });
  test('a folder', () => {
    expect(refusal('./bootctl')).toMatchObject({
      code: 'profile-unknown',
      message: expect.stringContaining('(EISDIR)'),
    });
  });
});

describe('the order is built in, project, user', () => {
  test.each([
    ['rc-cap', 'Reference circuit, RTS resets, DTR charges the capacitor on BOOT0'],
    ['jig', 'of the project'],
    ['bench', 'of the user'],
    ['loose.yaml', 'by path'],
    ['./bootctl/profiles/rc-cap.yaml', 'hidden by the built-in one'],
  ])('%s', (name, description) => {
    expect(findProfile(name, { cwd, userFolder }).description).toBe(description);
  });
  test('list', () => {
    const entries = listProfiles({ cwd, userFolder }).map(({ id, origin }) => `${id}: ${origin}`);
    expect(entries).toEqual(
      expect.arrayContaining(['rc-cap: built in', 'two-line: built in', 'jig: project', 'bench: user']),
    );
    expect(entries.filter((entry) => entry.startsWith('jig') || entry.startsWith('rc-cap'))).toHaveLength(2);
  });
});

const builtIn = listProfiles({ cwd: '/' }).filter(({ origin }) => origin === 'built in');
test('there are built-in profiles', () => {
  expect(builtIn.map(({ id }) => id)).toEqual(expect.arrayContaining(['cross-coupled', 'rc-cap', 'two-line']));
});
test.each(builtIn)('$id is valid, has a description and points editors at the schema', ({ id, path }) => {
  expect(readFileSync(path, 'utf8')).toMatch(/^# yaml-language-server: \$schema=\.\/profile\.schema\.json\n/);
  expect(findProfile(path, { cwd: '/' })).toMatchObject({ id, description: expect.stringMatching(/\w/) });
});
test.each(builtIn)('$id by its id is what its file says', ({ id, path }) => {
  expect(builtInProfile(id)).toEqual(findProfile(path, { cwd: '/' }));
});
test.each(['no-such', '../targets/F405_407', ''])('"%s" is not the id of a built-in profile', (id) => {
  expect(builtInProfile(id)).toBeUndefined();
});
