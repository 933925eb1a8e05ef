import { accessSync, constants, readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GuestCommand, GuestEngine } from '../engine.ts';
import { Missing } from '../missing.ts';
import { agent, guestSources, repository } from '../paths.ts';
import { provideTools } from '../tools.ts';
import { provideUmlKernel } from './uml-kernel.ts';

const MiB = 1024 * 1024;
/** MiB of a guest's memory. It lies in a sparse file: of it only what the guest has touched is there, some 200 MiB after a level. */
const memory = 768;

/** Linux as an ordinary process of this machine: near native speed without KVM and without root. */
export const uml: GuestEngine = {
  id: 'uml',
  label: 'User Mode Linux',
  // Each has one processor, and a core of its own: where two shared one, an enumeration took longer than a case waited.
  guestsOn: (cores) => cores,
  canSkipWaiting: true,
  provide({ skipsWaiting = false }) {
    if (process.platform !== 'linux' || process.arch !== 'x64') throw new Missing('it is built for Linux on x64 only');
    provideTools({});
    const memoryFolder = folderForMemory(memory * MiB * uml.guestsOn(availableParallelism()));
    const kernel = provideUmlKernel();
    return (folder) => commandOf(kernel, { folder, memoryFolder, skipsWaiting });
  },
};

function commandOf(
  kernel: string,
  {
    folder,
    memoryFolder,
    skipsWaiting,
  }: { readonly folder: string; readonly memoryFolder: string; readonly skipsWaiting: boolean },
): GuestCommand {
  const args = [
    // seccomp=on: a process of the guest traps by a filter of its own, several times as fast as ptrace.
    ...[`mem=${memory}M`, 'seccomp=on'],
    // Processor time costs none of the guest's time, so that the load of this machine does not show in it.
    ...(skipsWaiting ? ['time-travel=inf-cpu'] : []),
    ...['rootfstype=hostfs', 'root=/dev/root', 'rootflags=/', 'ro', `init=${join(guestSources, 'uml/init.sh')}`],
    ...['con=null', 'con0=null,fd:1', 'ssl=null', 'ssl0=fd:3', 'quiet', 'panic=-1'],
    ...[`umid=guest`, `uml_dir=${folder}`],
    ...[`bootctl.repository=${repository}`, `bootctl.node=${process.execPath}`, `bootctl.agent=${agent}`],
  ];
  return { program: kernel, args, env: { TMPDIR: memoryFolder } };
}

/** Where the guests' memory may lie: programs run from it, so the file system must allow that, and have the room. */
function folderForMemory(bytes: number): string {
  const folder = ['/dev/shm', tmpdir(), '/var/tmp'].find((path) => mayHoldMemory(path, bytes));
  if (folder === undefined) throw new Missing(`no folder has room for ${bytes / MiB} MiB from which programs may run`);
  return folder;
}

function mayHoldMemory(folder: string, bytes: number): boolean {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize > bytes && !mountOptions(folder).includes('noexec');
  } catch {
    return false;
  }
}

/** Options of the mount that a folder lies on: of the longest mount point that it begins with, the last one there. */
function mountOptions(folder: string): readonly string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, point]) => point === '/' || `${folder}/`.startsWith(`${point}/`));
  const [, , , options = ''] = mounts.reduce((best, one) => (one[1]!.length >= best[1]!.length ? one : best));
  return options.split(',');
}
