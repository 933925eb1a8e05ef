import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** With binaries of their own, found by their place on disk. */
const native = [/^@?serialport(\/|$)/, /^usb$/, /^koffi$/];

/** The licences of the packages that the bundle contains, beside it. */
const licences = {
  name: 'licences',
  generateBundle(_options, bundle) {
    const modules = Object.values(bundle).flatMap((chunk) => ('moduleIds' in chunk ? chunk.moduleIds : []));
    const folders = new Set(modules.flatMap((id) => id.match(/^.*\/node_modules\/(@[^/]+\/)?[^/]+/)?.[0] ?? []));
    this.emitFile({ type: 'asset', fileName: 'LICENCES.txt', source: [...folders].sort().map(licenceOf).join('\n\n') });
  },
};

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${folder} has no licence file`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
}

/**
 * The command's own modules and those of the packages that are plain JavaScript, in few files: a command that loads
 * some 400 files spends most of its first second on finding them.
 */
export default {
  input: { main: 'src/cli/main.ts', 'node-context': 'src/cli/node-context.ts' },
  platform: 'node',
  external: native,
  transform: { target: 'node20' },
  plugins: [licences],
  output: { dir: 'dist/command', format: 'esm', cleanDir: true, sourcemap: true, chunkFileNames: '[name].js' },
};
