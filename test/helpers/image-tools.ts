import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nrfIntelHex from 'nrf-intel-hex';

/** The package is CommonJS and exports the class itself, which its types do not say. */
const nrf = nrfIntelHex as unknown as { fromHex(text: string): { join(): Map<number, Uint8Array> } };

export type Runs = readonly (readonly [address: number, hex: string])[];

/** Intel HEX as nrf-intel-hex reads it: touching runs joined, by rising address. */
export const runsByNrf = (text: string): Runs =>
  [...nrf.fromHex(text).join().entries()].map(([address, data]) => [address, Buffer.from(data).toString('hex')]);

/** Packages of Debian 12 that have the tools. */
const packages = {
  srec_cat: 'srecord',
  'arm-none-eabi-objcopy': 'binutils-arm-none-eabi',
  'arm-none-eabi-as': 'binutils-arm-none-eabi',
  'arm-none-eabi-ld': 'binutils-arm-none-eabi',
  'dfu-suffix': 'dfu-util',
  'dfu-prefix': 'dfu-util',
  'dfuse-pack': 'dfu-util',
} as const;
export type ImageTool = keyof typeof packages;

/** Why a test with these tools cannot run here; undefined where it can. */
export function missingTool(...tools: readonly ImageTool[]): string | undefined {
  const missing = tools.find((tool) => spawnSync(tool, ['--version']).error !== undefined);
  return missing && `${missing} of package ${packages[missing]} is not installed`;
}

/** Runs tools in a folder of its own that is gone afterwards. */
export function withTools<T>(
  files: Readonly<Record<string, Uint8Array | string>>,
  use: (run: (tool: ImageTool, ...args: readonly string[]) => ToolRun, read: (name: string) => Buffer) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-image-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const run = (tool: ImageTool, ...args: readonly string[]) => {
      const { status, stdout, stderr } = spawnSync(tool, args, { cwd: folder, encoding: 'utf8' });
      return { status, output: `${stdout}${stderr}` };
    };
    return use(run, (name) => readFileSync(join(folder, name)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface ToolRun {
  readonly status: number | null;
  readonly output: string;
}
