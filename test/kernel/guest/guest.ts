import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AgentClient } from './client.ts';
import { packCopy } from './copy.ts';
import { provideInitramfs } from './initramfs.ts';
import { type GuestKernel, Missing, onPath, provideKernel, provideTools } from './provision.ts';

/** The repository; this file runs both as it is, under vitest, and compiled, from build/kernel/js. */
export const repository = upTo(import.meta.dirname, 'package.json');
const cache = join(repository, 'build/kernel');
const agent = join(cache, 'js/test/kernel/agent/main.js');
/** What TCG does quickly: wider vectors would only be emulated. */
const processor = 'qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt';
const bootTimeout = 120_000;

/** A machine with vhci_hcd on which the agent runs: a guest, or this host itself. */
export interface KernelBench extends AsyncDisposable {
  readonly client: AgentClient;
  readonly where: string;
  readonly isGuest: boolean;
}

/** Compiles the agent. Type errors do not stop it: `npm run check` reports them. */
export function compileAgent(): void {
  const compiler = join(repository, 'node_modules/typescript/bin/tsc');
  spawnSync(process.execPath, [compiler, '-p', 'test/kernel'], { cwd: repository, stdio: 'ignore' });
  if (!existsSync(agent)) throw new Error(`${agent} was not compiled`);
}

/** This host where it can do it, else a guest. @throws Missing where neither is possible */
export async function openKernelBench(): Promise<KernelBench> {
  mkdirSync(cache, { recursive: true });
  if (process.getuid?.() === 0 && existsSync('/sys/devices/platform/vhci_hcd.0')) return openHere();
  provideTools();
  const kernel = provideKernel(cache);
  return bootGuest(kernel);
}

async function openHere(): Promise<KernelBench> {
  const child = spawn(process.execPath, [agent], { cwd: repository, stdio: ['pipe', 'pipe', 'inherit'] });
  const client = new AgentClient(child.stdout, child.stdin);
  const kernel = await client.ready;
  return {
    client,
    where: `this host, Linux ${kernel}`,
    isGuest: false,
    async [Symbol.asyncDispose]() {
      await client.call('reset', {});
      child.stdin.end();
    },
  };
}

async function bootGuest(kernel: GuestKernel): Promise<KernelBench> {
  if (!onPath('qemu-system-x86_64')) throw new Missing('qemu-system-x86_64 is not installed');
  const initramfs = provideInitramfs(kernel, join(repository, 'test/kernel/guest/init.sh'), cache);
  packCopy(repository, cache);
  // Not in the repository: the path of a Unix socket has 107 characters at most.
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-guest-'));
  const consoleLog = join(cache, 'console.log');
  const qemu = startQemu(kernel, initramfs, join(folder, 'agent.sock'), consoleLog);
  const ended = new Promise<string>((resolve) => {
    qemu.once('exit', () => resolve(`the guest ended; last lines of ${consoleLog}:\n${tail(consoleLog)}`));
  });
  const stop = () => {
    qemu.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  // Without this a host process that dies leaves QEMU behind.
  process.once('exit', stop);
  const lost = ended.then((reason): never => {
    throw new Error(reason);
  });
  try {
    const channel = await Promise.race([connected(join(folder, 'agent.sock')), lost]);
    const client = new AgentClient(channel, channel);
    void ended.then((reason) => client.lost(reason));
    const late = delay(bootTimeout, undefined, { ref: false }).then((): never => {
      throw new Error(`the guest did not boot within ${bootTimeout} ms; last lines:\n${tail(consoleLog)}`);
    });
    const version = await Promise.race([client.ready, lost, late]);
    lost.catch(() => {});
    late.catch(() => {});
    const close = async () => {
      channel.destroy();
      stop();
    };
    return { client, where: `a QEMU guest, Linux ${version}`, isGuest: true, [Symbol.asyncDispose]: close };
  } catch (error) {
    stop();
    throw error;
  }
}

function startQemu(kernel: GuestKernel, initramfs: string, channel: string, consoleLog: string): ChildProcess {
  const parameters = [
    // Linux mistrusts the TSC of two processors that are not Intel's, and reads the HPET: in a guest by a trap each time.
    'console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable random.trust_cpu=on',
    `bootctl.repository=${repository} bootctl.modules=${kernel.root} bootctl.node=${process.execPath} bootctl.agent=${agent}`,
  ];
  const log = openSync(consoleLog, 'w');
  return spawn(
    'qemu-system-x86_64',
    [
      ...['-accel', 'tcg,thread=multi', '-cpu', processor, '-smp', '2', '-m', '1024'],
      ...['-nodefaults', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
      ...['-kernel', kernel.image, '-initrd', initramfs, '-append', parameters.join(' ')],
      // multidevs=remap: the host's root spans file systems whose inode numbers would collide.
      ...['-fsdev', 'local,id=host,path=/,security_model=none,readonly=on,multidevs=remap'],
      ...['-device', 'virtio-9p-pci,fsdev=host,mount_tag=host'],
      ...['-chardev', `socket,id=agent,path=${channel},server=on,wait=off`],
      ...['-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=agent,name=bootctl.agent'],
    ],
    { stdio: ['ignore', log, log] },
  );
}

async function connected(path: string): Promise<Socket> {
  for (;;) {
    const socket = connect(path);
    const ok = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (ok) return socket;
    await delay(50);
  }
}

const tail = (file: string): string => readFileSync(file, 'utf8').split('\n').slice(-15).join('\n');

function upTo(folder: string, file: string): string {
  return existsSync(join(folder, file)) ? folder : upTo(join(folder, '..'), file);
}
