import { deepStrictEqual } from 'node:assert';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtInFolder, hardwareFolder } from '../base/hardware-folder.ts';
import { parseChip } from '../chips/schema.ts';
import { parseProfile } from './profile/parse-profile.ts';

/**
 * Writes `dist/built-in`: one JSON file for each profile and each target of `hardware/`, checked. The build does it,
 * and vitest before its first test.
 * @throws BootctlError `profile-invalid`
 * @throws Error of a target file that its schema refuses
 */
export function writeBuiltIn(): void {
  convert('targets', parseChip);
  convert('profiles', parseProfile); // a profile may name only a target that there is
}

function convert(name: 'profiles' | 'targets', parse: (text: string, file: string) => object): void {
  const folder = builtInFolder(name);
  mkdirSync(folder, { recursive: true });
  const texts = new Map(
    readdirSync(hardwareFolder(name))
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => [file.replace(/yaml$/, 'json'), convertedText(join(hardwareFolder(name), file), parse)]),
  );
  for (const file of readdirSync(folder)) if (!texts.has(file)) rmSync(join(folder, file));
  for (const [file, text] of texts) writeChanged(join(folder, file), text);
}

/** An unchanged file is not written again: another process may be reading it. */
function writeChanged(path: string, text: string): void {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
}

function convertedText(path: string, parse: (text: string, file: string) => object): string {
  const value = parse(readFileSync(path, 'utf8'), path);
  const text = JSON.stringify(value);
  deepStrictEqual(JSON.parse(text), value, `${path} has a value that JSON does not keep`);
  return text;
}
