import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unicornMissing } from './unicorn.ts';

/** Of tests that may have to wait for the compiler, beside all others. */
export const compiled = { timeout: 120_000 } as const;

const run = promisify(execFile);
const here = import.meta.dirname;
export const kitFolder = join(here, '../../hardware/firmware');
const appSource = join(here, 'application/app.c');
const gcc = 'arm-none-eabi-gcc';

/** Why the kit cannot be compiled and run here, or undefined. `BOOTCTL_REQUIRE=firmware` makes that an error. */
export function emulatorMissing(...others: readonly string[]): string | undefined {
  const absent = [gcc, ...others].find((program) => spawnSync(program, ['--version']).status !== 0);
  const missing = absent ? `${absent} is not installed` : unicornMissing();
  if (missing && (process.env.BOOTCTL_REQUIRE ?? '').split(',').includes('firmware')) throw new Error(missing);
  return missing;
}

/** One image to build. */
export interface Build {
  readonly core: string;
  /** Text of bootctl_config.h. */
  readonly config: string;
  /** Definitions for the application. */
  readonly application?: readonly string[];
  readonly ramOrigin?: number;
  readonly optimize?: string;
  /** Another text of the kit, with a fault put into it. */
  readonly kit?: string;
}

const flags = ['-mthumb', '-mfloat-abi=soft', '-ffreestanding', '-Wall', '-Wextra', '-Werror'];
const sections = ['-ffunction-sections', '-fdata-sections', '-fno-tree-loop-distribute-patterns'];
const languages = {
  c99: ['-std=c99', '-Wpedantic'],
  'c++11': ['-x', 'c++', '-std=c++11', '-fno-exceptions'],
} as const;
type Language = keyof typeof languages;
const linking = ['--gc-sections', '--no-warn-rwx-segments', '-T', join(here, 'application/link.ld')];
const kitSource = join(kitFolder, 'bootctl_firmware.c');

/**
 * Where objects and images are kept from one run to the next, in a folder of this compiler and these sources. What others
 * have left is deleted: most of the time of these tests is the compiler's.
 */
async function keptFolder(): Promise<string> {
  const { stdout } = await run(gcc, ['--version']);
  const hash = createHash('sha256').update(stdout);
  const folders = [kitFolder, join(here, 'application'), join(here, 'faulty')];
  for (const folder of folders) {
    const sources = (await readdir(folder)).filter((name) => /\.(c|h|ld)$/.test(name)).toSorted();
    for (const name of sources) hash.update(name).update(await readFile(join(folder, name)));
  }
  const all = join(here, '../../build/firmware');
  const own = hash.digest('hex').slice(0, 16);
  await mkdir(join(all, own), { recursive: true });
  const others = (await readdir(all)).filter((name) => name !== own);
  await Promise.all(others.map((name) => rm(join(all, name), { recursive: true, force: true })));
  return join(all, own);
}

/** Objects and images, each built once, and not more at a time than there are cores. */
export class Compiler {
  readonly #folder = mkdtemp(join(tmpdir(), 'bootctl-firmware-'));
  readonly #built = new Map<string, Promise<string>>();
  readonly #waiting: (() => void)[] = [];
  #free = availableParallelism();
  #count = 0;
  #kept: Promise<string> | undefined;

  /** The application with the kit, as it stands in flash. */
  async image({
    core,
    config,
    application = [],
    ramOrigin = 0x20000000,
    optimize = '-Os',
    kit,
  }: Build): Promise<Uint8Array> {
    const target = [`-mcpu=${core}`, optimize, ...flags, ...sections];
    const app = this.#once(JSON.stringify([target, application]), async (file) => {
      await this.#run(gcc, [
        ...target,
        '-std=gnu11',
        `-I${kitFolder}`,
        `-I${here}`,
        ...application,
        '-c',
        appSource,
        '-o',
        file,
      ]);
    });
    const parts = await Promise.all([app, this.#kitOf({ core, config, optimize, ...(kit !== undefined && { kit }) })]);
    const image = await this.#once(JSON.stringify([parts, ramOrigin]), (file) =>
      this.#run('arm-none-eabi-ld', [...linking, `--defsym=RAMORG=${ramOrigin}`, ...parts, '-o', file]),
    );
    return flashOf(await readFile(image));
  }

  /** Compiles the kit alone, as in an image or as C++. */
  async kit(build: Build, language?: Language): Promise<void> {
    await this.#kitOf(build, language);
  }

  /** Bytes of the kit's sections in the images of these builds. */
  async sizes(builds: readonly Build[]): Promise<readonly { text: number; data: number; bss: number }[]> {
    const objects = await Promise.all(builds.map((build) => this.#kitOf(build)));
    const [, ...rows] = (await this.#run('arm-none-eabi-size', objects)).trim().split('\n');
    return rows.map((row) => {
      const [text, data, bss] = row.trim().split(/\s+/).map(Number);
      return { text: text!, data: data!, bss: bss! };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(await this.#folder, { recursive: true, force: true });
  }

  #kitOf({ core, config, optimize = '-Os', kit }: Build, language: Language = 'c99'): Promise<string> {
    const target = [`-mcpu=${core}`, optimize, ...flags, ...sections, ...languages[language]];
    return this.#once(JSON.stringify([target, config, kit]), async (file) => {
      await mkdir(`${file}.d`);
      await writeFile(`${file}.d/bootctl_config.h`, config);
      const source = kit === undefined ? kitSource : `${file}.d/kit.c`;
      if (kit !== undefined) await writeFile(source, kit);
      await this.#run(gcc, [...target, `-I${file}.d`, `-I${kitFolder}`, '-c', source, '-o', file]);
    });
  }

  /** The file that `make` has made for this key. */
  #once(key: string, make: (file: string) => Promise<unknown>): Promise<string> {
    const made = this.#built.get(key) ?? this.#make(key, make);
    this.#built.set(key, made);
    return made;
  }

  async #make(key: string, make: (file: string) => Promise<unknown>): Promise<string> {
    this.#kept ??= keptFolder();
    const kept = join(await this.#kept, `${createHash('sha256').update(key).digest('hex').slice(0, 24)}.o`);
    if (existsSync(kept)) return kept;
    this.#count += 1;
    const name = `${this.#count}.o`;
    const file = join(await this.#folder, name);
    await make(file);
    // By a rename: two workers may make the same.
    await copyFile(file, `${kept}.${process.pid}`);
    await rename(`${kept}.${process.pid}`, kept);
    return kept;
  }

  async #run(program: string, options: readonly string[]): Promise<string> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      return (await run(program, [...options])).stdout;
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}

/** What an ELF file loads into flash (ELF 1.2, program headers). */
function flashOf(elf: Uint8Array): Uint8Array {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const flash = new Uint8Array(0x10000).fill(0xff);
  for (let n = 0; n < view.getUint16(44, true); n += 1) {
    const header = view.getUint32(28, true) + n * view.getUint16(42, true);
    const field = (index: number) => view.getUint32(header + 4 * index, true);
    const isLoaded = field(0) === 1 && field(4) > 0;
    if (isLoaded) flash.set(elf.subarray(field(1), field(1) + field(4)), field(3) - 0x08000000);
  }
  return flash;
}
