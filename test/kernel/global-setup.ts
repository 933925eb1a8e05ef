import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { readClocks } from './guest/clocks.ts';
import { compileAgent, type KernelBench, openKernelBenches } from './guest/guest.ts';
import { type LentBench, lendBenches } from './guest/lend.ts';
import { Missing } from './guest/missing.ts';
import { cache } from './guest/paths.ts';
import { casesOnBoth } from './projects.ts';

type Lent = Pick<KernelBench, 'engine' | 'skipsWaiting'> & { readonly cases: 'all' | 'on both engines' };

declare module 'vitest' {
  interface ProvidedContext {
    /** Where a file borrows its bench, or why there is none. */
    kernelBench: ({ readonly socket: string } & Lent) | { readonly missing: string };
  }
}

let close: () => Promise<void> = async () => {};

/** Opens the benches once for all files; each file borrows one over a socket of this process, for as long as it runs. */
export async function setup(project: TestProject): Promise<void> {
  try {
    await (project.name === casesOnBoth ? setUpQemu(project) : setUpLevel(project));
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    if ((process.env.BOOTCTL_REQUIRE ?? '').split(',').includes('kernel'))
      throw new Error(`BOOTCTL_REQUIRE asks for the kernel bench, which cannot run here. ${error.message}`);
    process.stderr.write(`kernel bench: not run, because ${error.message}\n`);
    project.provide('kernelBench', { missing: error.message });
  }
}

export const teardown = (): Promise<void> => close();

async function setUpLevel(project: TestProject): Promise<void> {
  compileAgent();
  const benches = await openKernelBenches({ skipsWaiting: process.env.BOOTCTL_GUEST_CLOCK !== 'real' });
  const { where, engine, skipsWaiting } = benches[0]!;
  const count = engine === 'host' ? '' : `, ${benches.length} ${benches.length === 1 ? 'guest' : 'guests'}`;
  process.stderr.write(`kernel bench: ${where}${count}\n`);
  // For the gate, which says it once more at its end.
  writeFileSync(join(cache, 'where'), `${where}${count}\n`);
  const lent = await Promise.all(benches.map(withClocks));
  await lend(project, { engine, skipsWaiting, cases: 'all' }, async () => lent);
}

/** The cases that run on both engines, in QEMU. Its guest boots when the first of them asks for it. */
async function setUpQemu(project: TestProject): Promise<void> {
  const level = project.vitest.projects.find(({ name }) => name !== project.name)?.getProvidedContext().kernelBench;
  const elsewhere = level && 'engine' in level && level.engine === 'qemu';
  const chosen = process.env.BOOTCTL_GUEST;
  if (elsewhere || chosen !== undefined) {
    const missing = elsewhere ? 'the whole level runs in QEMU' : `BOOTCTL_GUEST is ${chosen}`;
    project.provide('kernelBench', { missing });
    return;
  }
  compileAgent();
  await lend(project, { engine: 'qemu', skipsWaiting: false, cases: 'on both engines' }, async () => {
    const benches = await openKernelBenches({ engine: 'qemu' });
    process.stderr.write(`kernel bench: the cases of both engines in ${benches[0]!.where}\n`);
    return Promise.all(benches.map(withClocks));
  });
}

const withClocks = async (bench: KernelBench): Promise<LentBench> => ({
  bench,
  booted: await readClocks(bench.client),
});

async function lend(project: TestProject, what: Lent, open: () => Promise<readonly LentBench[]>): Promise<void> {
  const lender = await lendBenches(open);
  project.provide('kernelBench', { socket: lender.socket, ...what });
  close = async () => lender[Symbol.asyncDispose]();
}
