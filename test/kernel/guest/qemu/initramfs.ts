import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { GuestKernel } from './debian-kernel.ts';

/** What must be loaded before the root is there, and the control channel. */
const earlyModules = ['virtio_pci', '9pnet_virtio', '9p', 'virtio_console'];

/** Builds the initramfs once; its name is a hash of what it is made from. Returns its path. */
export function provideInitramfs(kernel: GuestKernel, initScript: string, cache: string): string {
  const script = readFileSync(initScript);
  const key = createHash('sha256').update(script).update(kernel.version).update(earlyModules.join()).digest('hex');
  const image = join(cache, `initramfs-${key.slice(0, 16)}.cpio`);
  if (existsSync(image)) return image;
  const folder = mkdtempSync(join(cache, 'initramfs-'));
  for (const name of ['bin', 'dev', 'proc', 'sys', 'run', 'host', 'modules']) mkdirSync(join(folder, name));
  copyFileSync(busybox(), join(folder, 'bin/busybox'));
  writeFileSync(join(folder, 'init'), script, { mode: 0o755 });
  const modules = loadOrder(kernel);
  for (const module of modules) copyFileSync(module, join(folder, 'modules', basename(module)));
  writeFileSync(join(folder, 'modules/order'), modules.map((module) => basename(module)).join('\n'));
  execFileSync('sh', ['-c', `find . | cpio --quiet -o -H newc > '${image}.part' && mv '${image}.part' '${image}'`], {
    cwd: folder,
  });
  rmSync(folder, { recursive: true });
  return image;
}

const busybox = (): string => ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path))!;

/** Files of the early modules, each after those that it depends on (modules.dep lists the nearest first). */
function loadOrder({ root, version }: GuestKernel): readonly string[] {
  const base = join(root, 'lib/modules', version);
  const rows = readFileSync(join(base, 'modules.dep'), 'utf8')
    .split('\n')
    .map((row) =>
      row
        .split(/:? /)
        .filter(Boolean)
        .map((path) => path.replace(/:$/, '')),
    );
  const files = earlyModules.flatMap((module) => {
    const row = rows.find(
      ([path]) => path !== undefined && basename(path).replace('.ko', '').replaceAll('-', '_') === module,
    );
    if (!row) throw new Error(`kernel ${version} has no module ${module}`);
    return row.reverse();
  });
  return [...new Set(files)].map((path) => join(base, path));
}
