import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What runs in the guest, beside the dependencies that bootctl is installed with. */
const parts = ['package.json', 'bin', 'dist', 'hardware', 'test/fixtures', 'test/kernel/scripts', 'build/kernel/js'];

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: true }>>;
}

/** Packs what node loads in the guest, as it is now; boot.sh puts it into the guest's memory. */
export function packCopy(repository: string, cache: string): void {
  const { packages } = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as Lock;
  const installed = Object.entries(packages).flatMap(([path, { dev }]) => (path !== '' && !dev ? [path] : []));
  const paths = [...parts, ...installed].filter((path) => existsSync(join(repository, path)));
  // Maps are a sixth of it, and every page that a guest unpacks costs it time.
  execFileSync('tar', ['-cf', join(cache, 'copy.tar'), '--exclude=*.map', '-C', repository, ...paths]);
}
