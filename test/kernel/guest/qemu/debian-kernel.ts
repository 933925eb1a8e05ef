import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Missing, messageOf } from '../missing.ts';
import { onPath, searchPath } from '../tools.ts';

/** An unpacked kernel: never installed on the host. */
export interface GuestKernel {
  readonly version: string;
  readonly image: string;
  /** Folder that holds lib/modules. */
  readonly root: string;
}

/** The newest Debian kernel, downloaded and unpacked under `cache` once. @throws Missing */
export function provideKernel(cache: string): GuestKernel {
  const root = join(cache, 'root');
  const found = unpackedKernel(root);
  if (found) return found;
  if (process.arch !== 'x64') throw new Missing(`no guest kernel for ${process.arch}, only for x64`);
  if (!onPath('apt-get'))
    throw new Missing('the guest kernel comes from a Debian package, and this host has no apt-get');
  try {
    download(root, join(cache, 'package'));
  } catch (error) {
    rmSync(root, { recursive: true, force: true });
    throw new Missing(`the guest kernel could not be downloaded: ${messageOf(error)}`);
  }
  const kernel = unpackedKernel(root);
  if (!kernel) throw new Missing(`the kernel package under ${root} holds no kernel`);
  return kernel;
}

function download(root: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const depends = execFileSync('apt-cache', ['depends', 'linux-image-amd64'], { encoding: 'utf8' });
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) throw new Error('apt-cache knows no linux-image-amd64; run apt-get update');
  execFileSync('apt-get', ['download', name], { cwd: folder, stdio: 'pipe' });
  const file = readdirSync(folder).find((entry) => entry.startsWith(name) && entry.endsWith('.deb'));
  execFileSync('dpkg', ['-x', join(folder, file!), root]);
  rmSync(folder, { recursive: true });
  const kernel = unpackedKernel(root, false);
  execFileSync('depmod', ['-b', root, kernel!.version], { env: { ...process.env, PATH: searchPath } });
}

function unpackedKernel(root: string, complete = true): GuestKernel | undefined {
  const boot = join(root, 'boot');
  const image = existsSync(boot) && readdirSync(boot).find((name) => name.startsWith('vmlinuz-'));
  if (!image) return undefined;
  const version = image.slice('vmlinuz-'.length);
  if (complete && !existsSync(join(root, 'lib/modules', version, 'modules.dep'))) return undefined;
  return { version, image: join(boot, image), root };
}
