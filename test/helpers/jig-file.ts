import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { type Jig, readJig } from '../../src/jig/plan/read-jig.ts';

/** The shortest jig.yaml that is one, line by line: tests change lines of it. */
export const shortest = `station: line2-a
profile: rc-cap
image: boot.hex
slots:
  A1: { adapter: "1-3.2", target: "1-2.1" }
`;

/** A folder with an image `boot.hex` of the reference board, and further files. */
export interface JigFolder extends Disposable {
  readonly path: (name: string) => string;
  readonly read: (text: string) => Promise<Jig>;
}

export function jigFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): JigFolder {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-jig-'));
  const path = (name: string) => join(folder, name);
  copyFileSync('test/fixtures/firmware/blink-f405.hex', path('boot.hex'));
  for (const [name, content] of Object.entries(files)) writeFileSync(path(name), content);
  return {
    path,
    read: (text) => readJig(text, path('jig.yaml'), { name: 'jig.yaml' }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

/** The shortest file, or another one, with a line behind it. */
export const after = (line: string, file = shortest): string => `${file}${line}\n`;

/** Of a jig.yaml that is refused: its message, line by line. */
export async function faultsOf(text: string, files: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  using folder = jigFolder(files);
  const error = await folder.read(text).then(
    () => undefined,
    (refusal: unknown) => refusal,
  );
  if (!(error instanceof BootctlError)) throw error ?? new Error('it was not refused');
  expect(error.code).toBe('jig-invalid');
  return error.message.split('\n');
}
