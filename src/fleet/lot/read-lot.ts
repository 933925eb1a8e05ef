import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { BootctlError } from '../../base/errors.ts';
import { hardwareFolder } from '../../base/hardware-folder.ts';
import { sha256Hex } from '../../base/sha256.ts';
import { valueIssue, YamlFile, type YamlIssue } from '../../base/yaml-file/yaml-file.ts';
import { profileFile } from '../../board/profile/find-profile.ts';
import { parseImageArgument } from '../../image/image-argument.ts';
import { examineJig } from '../../jig/plan/examine-jig.ts';
import type { JigFile } from '../../jig/plan/schema.ts';
import type { LotDefinition } from './definition.ts';
import { type LotFile, lotSchema } from './schema.ts';

/** A long shift. */
const usualLeaseSeconds = 12 * 3600;

/** A file that comes with a lot. */
export interface LotContent {
  readonly name: string;
  readonly sha256: string;
  readonly content: Uint8Array;
}

/** A lot.yaml with all that it names, checked as a station checks it. */
export interface ReadLot {
  readonly definition: LotDefinition;
  /** Numbers of its range. */
  readonly numbers: { readonly first: number; readonly last: number } | undefined;
  /** Images and programs. */
  readonly contents: readonly LotContent[];
}

export interface ReadLotOptions {
  /** How messages name the file; default its path. */
  readonly name?: string;
  /** Folder of the user's own profiles. */
  readonly userFolder?: string | undefined;
}

/**
 * Relative paths in it start from its folder.
 * @throws BootctlError `lot-invalid` with every problem on a line of its own: file, line, column, what was found and what is allowed
 */
export async function readLot(path: string, { name = path, userFolder }: ReadLotOptions = {}): Promise<ReadLot> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new BootctlError('lot-invalid', `${name} cannot be read (${cause.code ?? cause.message})`, { cause });
  });
  const file = new YamlFile(text, name, { code: 'lot-invalid', name: 'a lot.yaml' });
  const content = file.checked(lotSchema);
  const folder = dirname(path);
  const examined = await examineJig(asJig(content), folder, userFolder);
  const profile = await profileOf(content.profile, folder, userFolder);
  const files = new LotFiles(folder, ['jig.yaml', `${profile.name}.yaml`]);
  const raw = file.document.toJS() as Readonly<Record<string, unknown>>;
  const made = await files.withPrograms(content, raw);
  const images = await files.images(content);
  const issues = [...lotIssues(content), ...examined.issues, ...files.issues];
  if (issues.length > 0) throw file.refused(issues);
  const serial = content.unit?.serial;
  return {
    definition: {
      ...{ format: 1, id: content.id, quantity: content.quantity },
      leaseSeconds: content.lease === undefined ? usualLeaseSeconds : Math.ceil(content.lease / 1000),
      ...{ profile, images, programs: files.programs },
      ...made,
    },
    numbers: serial?.from === 'range' ? { first: serial.first, last: serial.last } : undefined,
    contents: files.contents,
  };
}

/** A station that could make it: a slot, and whatever its units begin with. */
const asJig = ({ id, lease: _, ...made }: LotFile): JigFile => ({
  ...made,
  ...{ station: 'station', lot: id, start: { on: ['insert', 'scan'] } },
  slots: { A1: { adapter: '1-1', target: '1-2' } },
});

function lotIssues({ unit, quantity }: LotFile): readonly YamlIssue[] {
  const serial = unit?.serial;
  if (serial?.from === 'csv')
    return [
      valueIssue(['unit', 'serial', 'from'], 'the rows of a CSV file belong to one station; allowed: range, scan'),
    ];
  const numbers = serial?.from === 'range' ? serial.last - serial.first + 1 : quantity;
  if (numbers > 0 && numbers < quantity)
    return [valueIssue(['quantity'], `found ${quantity}, and unit.serial has ${numbers} numbers`)];
  return [];
}

/** Keys whose content is signed as the file has it. */
const madeKeys = ['unit', 'gate', 'before', 'after', 'limits', 'retests', 'hold'] as const;

type Made = Pick<LotDefinition, (typeof madeKeys)[number]>;

/** What comes with a lot: everything that its file names by a path. */
class LotFiles {
  readonly contents: LotContent[] = [];
  readonly programs: { readonly name: string; readonly sha256: string }[] = [];
  readonly issues: YamlIssue[] = [];
  readonly #folder: string;
  readonly #pathOf = new Map<string, string>();

  /** `reserved`: names that a station's folder has already. */
  constructor(folder: string, reserved: readonly string[]) {
    this.#folder = folder;
    for (const name of reserved) this.#pathOf.set(name, '');
  }

  async images({ image }: LotFile): Promise<LotDefinition['images']> {
    const images: LotDefinition['images'][number][] = [];
    for (const [index, text] of [image].flat().entries()) {
      const { path } = parseImageArgument(text);
      const file = await this.#add(path, typeof image === 'string' ? ['image'] : ['image', index]);
      if (file) images.push({ ...file, ...(path === text ? {} : { address: text.slice(path.length + 1) }) });
    }
    return images;
  }

  /** The keys of `raw` that are signed; a program that was named by its path becomes one of the lot. */
  async withPrograms(
    { gate, before = [], after = [] }: LotFile,
    raw: Readonly<Record<string, unknown>>,
  ): Promise<Made> {
    const made = structuredClone(Object.fromEntries(madeKeys.flatMap((key) => (key in raw ? [[key, raw[key]]] : []))));
    const commands = [
      ...(gate ? [{ command: gate.command, path: ['gate'] }] : []),
      ...before.map(({ command }, index) => ({ command, path: ['before', index] })),
      ...after.map(({ command }, index) => ({ command, path: ['after', index] })),
    ];
    for (const { command, path } of commands) {
      const program = command?.[0];
      if (!program?.includes('/')) continue;
      const file = await this.#add(program, [...path, 'command', 0]);
      if (!file) continue;
      if (!this.programs.some(({ name }) => name === file.name)) this.programs.push(file);
      let holder = made as Record<PropertyKey, unknown>;
      for (const key of path) holder = holder[key] as Record<PropertyKey, unknown>;
      (holder.command as string[])[0] = `./${file.name}`;
    }
    return made as Made;
  }

  async #add(
    text: string,
    where: readonly PropertyKey[],
  ): Promise<{ readonly name: string; readonly sha256: string } | undefined> {
    const [path, name] = [resolve(this.#folder, text), basename(text)];
    const other = this.#pathOf.get(name);
    if (other !== undefined && other !== path) {
      this.issues.push(valueIssue(where, `another file of the lot has the name ${name}, and a station has one folder`));
      return undefined;
    }
    const content = await readFile(path).catch((error: NodeJS.ErrnoException) => error);
    if (content instanceof Error) {
      // Of an image it is said already.
      if (where[0] !== 'image')
        this.issues.push(valueIssue(where, `${name} cannot be read (${content.code ?? content.message})`));
      return undefined;
    }
    const sha256 = sha256Hex(content);
    if (other === undefined) this.contents.push({ name, sha256, content });
    this.#pathOf.set(name, path);
    return { name, sha256 };
  }
}

/** The text of a profile's file: what is built in may differ from one version of bootctl to the next. */
async function profileOf(
  name: string,
  folder: string,
  userFolder: string | undefined,
): Promise<LotDefinition['profile']> {
  const own = profileFile(name, { cwd: folder, ...(userFolder === undefined ? {} : { userFolder }) });
  const path = own ?? resolve(hardwareFolder('profiles'), `${name}.yaml`);
  // One that cannot be read is an issue of `examineJig` already.
  return { name: basename(path).replace(/\.ya?ml$/, ''), text: await readFile(path, 'utf8').catch(() => '') };
}
