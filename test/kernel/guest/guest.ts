import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { AgentClient } from './client.ts';
import { packCopy } from './copy.ts';
import { bootGuest, type Guest, type GuestEngine, type GuestOptions } from './engine.ts';
import { Missing, messageOf } from './missing.ts';
import { agent, cache, repository } from './paths.ts';
import { qemu } from './qemu/qemu.ts';
import { uml } from './uml/uml.ts';

export { repository } from './paths.ts';

/** A machine with vhci_hcd on which the agent runs: a guest, or this host itself. */
export interface KernelBench extends AsyncDisposable {
  readonly client: AgentClient;
  /** Its version. */
  readonly kernel: string;
  /** As in "QEMU (Linux 6.1.0)". */
  readonly where: string;
  readonly engine: GuestEngine['id'] | 'host';
  /** Its clock does not keep time with this machine's: it skips what the guest only waits for. */
  readonly skipsWaiting: boolean;
  /** It is not used for now, or again. One whose clock skips waiting would work all the time to hold it. */
  pause(): void;
  resume(): void;
}

/** In the order in which they are tried. */
const engines: readonly GuestEngine[] = [uml, qemu];

/** Compiles the agent. Type errors do not stop it: `npm run check` reports them. */
export function compileAgent(): void {
  const compiler = join(repository, 'node_modules/typescript/bin/tsc');
  spawnSync(process.execPath, [compiler, '-p', 'test/kernel'], { cwd: repository, stdio: 'ignore' });
  if (!existsSync(agent)) throw new Error(`${agent} was not compiled`);
}

/** One bench, as `openKernelBenches` does. */
export async function openKernelBench(): Promise<KernelBench> {
  const [bench] = await openKernelBenches({ atMost: 1 });
  return bench!;
}

/**
 * This host where it can do it, else guests of the first engine that runs here: as many as may work side by side.
 * `BOOTCTL_GUEST` or `engine` names the engine; then there is no other choice. `skipsWaiting` holds where the engine can do it.
 * @throws Missing where none is possible
 */
export async function openKernelBenches({
  atMost = Number.POSITIVE_INFINITY,
  engine = process.env.BOOTCTL_GUEST,
  skipsWaiting = false,
}: GuestOptions & {
  readonly atMost?: number;
  readonly engine?: string | undefined;
} = {}): Promise<readonly KernelBench[]> {
  mkdirSync(cache, { recursive: true });
  const chosen = engine === undefined ? engines : [engineNamed(engine)];
  if (engine === undefined && process.getuid?.() === 0 && existsSync('/sys/devices/platform/vhci_hcd.0'))
    return [await openHere()];
  const reasons: string[] = [];
  for (const one of chosen) {
    try {
      return await guestsOf(one, atMost, { skipsWaiting: skipsWaiting && one.canSkipWaiting });
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      reasons.push(`${one.label}: ${error.message}`);
      process.stderr.write(`kernel bench: no guest of ${one.label}, because ${error.message}\n`);
    }
  }
  throw new Missing(reasons.join('; '));
}

function engineNamed(id: string): GuestEngine {
  const engine = engines.find((one) => one.id === id);
  if (!engine) throw new Error(`BOOTCTL_GUEST is ${id}; there are ${engines.map((one) => one.id).join(' and ')}`);
  return engine;
}

async function guestsOf(
  engine: GuestEngine,
  atMost: number,
  { skipsWaiting = false }: GuestOptions,
): Promise<readonly KernelBench[]> {
  const commandIn = engine.provide({ skipsWaiting });
  packCopy(repository, cache);
  const count = Math.min(engine.guestsOn(availableParallelism()), atMost);
  const boots = await Promise.allSettled(
    Array.from({ length: count }, (_, index) =>
      bootGuest(commandIn, join(cache, `console-${engine.id}-${index + 1}.log`)),
    ),
  );
  const guests = boots.flatMap((boot) => (boot.status === 'fulfilled' ? [boot.value] : []));
  const failed = boots.find((boot) => boot.status === 'rejected');
  if (!failed) return guests.map((guest) => benchIn(guest, engine, skipsWaiting));
  for (const guest of guests) await guest[Symbol.asyncDispose]();
  throw new Missing(`it does not come up: ${messageOf(failed.reason)}`);
}

const benchIn = (guest: Guest, { id, label }: GuestEngine, skipsWaiting: boolean): KernelBench => ({
  client: guest.client,
  kernel: guest.kernel,
  where: `${label} (Linux ${guest.kernel})${skipsWaiting ? ', whose clock skips all waiting' : ''}`,
  engine: id,
  skipsWaiting,
  pause: () => {
    if (skipsWaiting) guest.pause();
  },
  resume: () => {
    if (skipsWaiting) guest.resume();
  },
  [Symbol.asyncDispose]: () => guest[Symbol.asyncDispose](),
});

async function openHere(): Promise<KernelBench> {
  const child = spawn(process.execPath, [agent], { cwd: repository, stdio: ['pipe', 'pipe', 'inherit'] });
  const client = new AgentClient(child.stdout, child.stdin);
  const { kernel } = await client.ready;
  return {
    client,
    kernel,
    where: `this host (Linux ${kernel})`,
    engine: 'host',
    skipsWaiting: false,
    pause: () => {},
    resume: () => {},
    async [Symbol.asyncDispose]() {
      await client.call('reset', {});
      child.stdin.end();
    },
  };
}
