import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Missing } from '../missing.ts';
import { guestSources } from '../paths.ts';
import { provideTools } from '../tools.ts';

const script = join(guestSources, 'uml/build.sh');

/** Debian package of each program, and of the headers, that the build needs. */
const toBuild = {
  gcc: 'gcc',
  '/usr/include/stdio.h': 'libc6-dev',
  make: 'make',
  flex: 'flex',
  bison: 'bison',
  bc: 'bc',
  perl: 'perl',
  xz: 'xz-utils',
};

/**
 * Path of the guest's kernel, which is built where it is not in the cache. `BOOTCTL_UML_BUILD=never` takes only what is in
 * the cache: the gate has built by then, and a build that failed takes as long a second time.
 * @throws Missing where it cannot be built
 */
export function provideUmlKernel(): string {
  const cached = build(['--cached']);
  if (cached.status === 0) return cached.path;
  if (process.env.BOOTCTL_UML_BUILD === 'never')
    throw new Missing('its kernel is not in the cache, and BOOTCTL_UML_BUILD is never');
  provideTools(toBuild);
  const { status, path } = build([]);
  if (status === interrupted) throw new Error('the build of the kernel was interrupted');
  if (status !== 0) throw new Missing('its kernel could not be built');
  return path;
}

const interrupted = 130;

function build(args: readonly string[]): { readonly status: number; readonly path: string } {
  const { status, signal, stdout } = spawnSync(script, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { status: signal === null ? (status ?? 1) : interrupted, path: stdout.trim() };
}
