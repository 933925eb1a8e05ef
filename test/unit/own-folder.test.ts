import { chmodSync, chownSync, mkdirSync, mkdtempSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keepCompiled } from '../../src/cli/compile-cache.ts';
import { keptFiles } from '../../src/store/kept-files.ts';
import { isOwn, ownCodeFolder, ownFolder } from '../../src/store/own-folder.ts';
import { createTrace } from '../../src/trace/trace-writer.ts';

const isRoot = process.geteuid?.() === 0;
/** Root can be anybody, and own nothing itself; everybody else is only itself. */
const ourId = isRoot ? 1_000 : (process.geteuid?.() ?? 0);
const us = { platform: 'linux', geteuid: () => ourId } as const;
const nobody = 65_534;
const modeOf = (path: string) => statSync(path).mode & 0o777;

/** A new folder of ours, in one that belongs to root or us. */
function ours(): string {
  const path = mkdtempSync(join(tmpdir(), 'bootctl-own-'));
  if (isRoot) chownSync(path, ourId, ourId);
  return path;
}

/** What Node is told to keep its code in; undefined where it is told nothing. */
function keeping(cache: string, uid = ourId): string | undefined {
  let folder: string | undefined;
  const process = { platform: 'linux', env: { XDG_CACHE_HOME: cache }, geteuid: () => uid } as const;
  keepCompiled(process, (path) => {
    folder = path;
  });
  return folder;
}

describe.skipIf(process.platform === 'win32')('compiled code', () => {
  const planted = (mode: number, owner = ourId) => {
    const cache = ours();
    const folder = join(cache, 'bootctl');
    mkdirSync(folder);
    chmodSync(folder, mode);
    if (isRoot) chownSync(folder, owner, owner);
    return { cache, folder };
  };

  test('is kept in a folder of our own', () => {
    const { cache, folder } = planted(0o700);
    expect(keeping(cache)).toBe(folder);
  });

  test('is kept in one that was only readable to others, which it no longer is', () => {
    const { cache, folder } = planted(0o755);
    expect(keeping(cache)).toBe(folder);
    expect(modeOf(folder)).toBe(0o700);
  });

  test('is never kept for root', () => {
    const { cache } = planted(0o700, 0);
    expect(keeping(cache, 0)).toBeUndefined();
  });

  test.runIf(isRoot)('is not loaded from a folder that another user planted', () => {
    const { cache, folder } = planted(0o700, nobody);
    expect(keeping(cache)).toBeUndefined();
    expect(() => ownCodeFolder(folder, us)).toThrow(/belongs to another user \(uid 65534\)/);
  });

  test.runIf(isRoot)('is not loaded from our own folder below one that another user planted', () => {
    const cache = ours();
    mkdirSync(join(cache, 'bootctl'));
    chownSync(join(cache, 'bootctl'), ourId, ourId);
    chownSync(cache, nobody, nobody);
    expect(keeping(cache)).toBeUndefined();
  });

  test.each([0o770, 0o707, 0o777, 0o1777])(
    'is not loaded from a folder of mode %o: what others left there stays',
    (mode) => {
      const { cache, folder } = planted(mode);
      expect(keeping(cache)).toBeUndefined();
      expect(modeOf(folder)).toBe(mode & 0o777);
    },
  );

  test.each([
    [0o777, false],
    [0o775, false],
    [0o1777, true],
    [0o755, true],
  ])('below a folder of mode %o: %s, for others may exchange what lies in one', (mode, isKept) => {
    const { cache, folder } = planted(0o700);
    chmodSync(cache, mode);
    expect(keeping(cache)).toBe(isKept ? folder : undefined);
  });

  test('is not loaded through a link, wherever that leads', () => {
    const cache = ours();
    symlinkSync(ours(), join(cache, 'bootctl'));
    expect(keeping(cache)).toBeUndefined();
  });

  test('is not kept where a file is in the way', () => {
    const cache = ours();
    writeFileSync(join(cache, 'bootctl'), '');
    expect(keeping(cache)).toBeUndefined();
  });
});

test('on Windows the folder is below LOCALAPPDATA, which is this user alone by its ACL', () => {
  const local = ours();
  let folder: string | undefined;
  const env = { LOCALAPPDATA: local, XDG_CACHE_HOME: '/elsewhere' };
  keepCompiled({ platform: 'win32', env }, (path) => {
    folder = path;
  });
  expect(folder).toBe(join(local, 'bootctl', 'cache'));
});

describe.skipIf(process.platform === 'win32')('what --keep saves', () => {
  const user = { platform: 'linux', geteuid: () => process.geteuid!() } as const;
  const from = { profile: 'test', place: '1-2' };
  const runs = [{ address: 0x0800_0000, data: Uint8Array.of(1, 2, 3, 4) }];
  const filesIn = (stateFolder: string) => keptFiles({ stateFolder, cwd: stateFolder }, false, user);

  test('is a file that only its owner reads, in a folder of the same', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'bootctl-kept-')), 'new');
    const path = await filesIn(folder).save(from, runs);
    expect([modeOf(folder), modeOf(path)]).toEqual([0o700, 0o600]);
  });

  test('tightens a folder that was looser', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bootctl-kept-'));
    chmodSync(folder, 0o755);
    await filesIn(folder).save(from, runs);
    expect(modeOf(folder)).toBe(0o700);
  });

  test.runIf(isRoot)('does not go into a folder of another user, and nothing is taken from a file of one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bootctl-kept-'));
    const path = await filesIn(folder).save(from, runs);
    expect(await filesIn(folder).find(from)).toHaveLength(1);
    chownSync(path, nobody, nobody);
    expect([isOwn(path, user), await filesIn(folder).find(from)]).toEqual([false, []]);
    chownSync(folder, nobody, nobody);
    await expect(filesIn(folder).save(from, runs)).rejects.toMatchObject({
      code: 'image-unwritable',
      message: expect.stringContaining('belongs to another user (uid 65534)'),
      hint: expect.stringContaining('your own'),
    });
  });

  test('does not go through a link', () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'bootctl-kept-')), 'link');
    symlinkSync(mkdtempSync(join(tmpdir(), 'bootctl-kept-')), folder);
    expect(() => ownFolder(folder, user)).toThrow(/is not a folder/);
  });
});

test.skipIf(process.platform === 'win32')("a trace, which holds bytes of the flash, is its owner's alone", async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'bootctl-trace-')), 'job.trace');
  await using _writer = await createTrace(path, 'job.trace', () => {});
  expect(modeOf(path)).toBe(0o600);
});

test.skipIf(process.platform !== 'linux')(
  'where no folder can be made, that is an error and not an endless loop',
  () => {
    expect(() => ownFolder('/proc/bootctl-test/cache', us)).toThrow(/ENOENT/);
    expect(keeping('/proc/bootctl-test')).toBeUndefined();
  },
);

test('folders that are missing above it are made as well', () => {
  const path = join(ours(), 'a', 'b', 'c');
  if (!isRoot) expect(ownFolder(path, us)).toBe(path);
  else expect(ownFolder(path, { platform: 'linux', geteuid: () => 0 })).toBe(path);
  expect(modeOf(path)).toBe(0o700);
});
