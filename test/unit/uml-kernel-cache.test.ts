import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Missing } from '../kernel/guest/missing.ts';
import { provideUmlKernel } from '../kernel/guest/uml/uml-kernel.ts';

const recipe = join(import.meta.dirname, '../kernel/guest/uml');
const digestOf = (...contents: readonly (Buffer | string)[]): string => {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(content);
  return hash.digest('hex');
};
const madeFrom = digestOf(readFileSync(join(recipe, 'build.sh')), readFileSync(join(recipe, 'kernel.config'))).slice(
  0,
  16,
);

describe.runIf(process.platform === 'linux')('the kernel of the User Mode Linux guests in its cache', () => {
  let cache: string;
  let folder: string;

  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'bootctl-cache-'));
    folder = join(cache, 'bootctl', `uml-${madeFrom}`);
    mkdirSync(folder, { recursive: true });
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(cache, { recursive: true });
  });

  /** Asks for what is there; nothing is built. */
  function cached() {
    const { status, stdout } = spawnSync(join(recipe, 'build.sh'), ['--cached'], {
      env: { ...process.env, XDG_CACHE_HOME: cache },
      encoding: 'utf8',
    });
    return { status, path: stdout.trim() };
  }

  function put(content: string, digest: string | undefined): void {
    writeFileSync(join(folder, 'linux'), content);
    if (digest !== undefined) writeFileSync(join(folder, 'linux.sha256'), `${digest}  linux\n`);
  }

  test('is taken where its digest is that which was written with it', () => {
    put('kernel', digestOf('kernel'));
    expect(cached()).toEqual({ status: 0, path: join(folder, 'linux') });
  });

  test('is not taken where it has another digest', () => {
    put('kern', digestOf('kernel'));
    expect(cached()).toEqual({ status: 1, path: '' });
  });

  test('is not taken without a digest', () => {
    put('kernel', undefined);
    expect(cached()).toEqual({ status: 1, path: '' });
  });

  test('is not built where BOOTCTL_UML_BUILD is never', () => {
    vi.stubEnv('XDG_CACHE_HOME', cache);
    vi.stubEnv('BOOTCTL_UML_BUILD', 'never');
    expect(provideUmlKernel).toThrow(new Missing('its kernel is not in the cache, and BOOTCTL_UML_BUILD is never'));
    put('kernel', digestOf('kernel'));
    expect(provideUmlKernel()).toBe(join(folder, 'linux'));
  });

  test('is not taken where it is missing', () => {
    writeFileSync(join(folder, 'linux.sha256'), `${digestOf('')}  linux\n`);
    expect(cached()).toEqual({ status: 1, path: '' });
  });
});
