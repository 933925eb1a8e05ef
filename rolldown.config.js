import { deepStrictEqual } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
// Compiled by tsc, which the build runs first.
import { builtInProfile } from './dist/src/board/profile/built-in-profile.js';
import { readTarget } from './dist/src/chips/read-target.js';

/** With binaries of their own, found by their place on disk. */
const native = [/^@?serialport(\/|$)/, /^koffi$/];

/** Of `usb` only the file that finds its binary: the rest is plain JavaScript. */
const binaryOfUsb = {
  name: 'binary-of-usb',
  resolveId(source, importer = '') {
    const isBinary = source === './bindings' && /[\\/]node_modules[\\/]usb[\\/]/.test(importer);
    return isBinary ? { id: 'usb/dist/usb/bindings.js', external: true } : undefined;
  },
};

/** V8 keeps a text of one byte a character in half the room, and has it sooner. All that is not ASCII is in strings and names. */
const ascii = {
  name: 'ascii',
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type === 'chunk') chunk.code = chunk.code.replace(/(?<!\\)[^\0-\x7f]/g, escaped);
    }
  },
};

const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

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

/** What is in `hardware/` is read and checked now: in the bundle these two modules answer from the result. */
const readAlready = {
  name: 'read-already',
  load(id) {
    if (/[\\/]src[\\/]board[\\/]profile[\\/]built-in-profile\.ts$/.test(id)) {
      return `const texts = ${JSON.stringify(Object.fromEntries(textsOf('profiles', builtInProfile)))};
        export const builtInProfile = (id) => Object.hasOwn(texts, id) ? JSON.parse(texts[id]) : undefined;`;
    }
    if (/[\\/]src[\\/]chips[\\/]read-target\.ts$/.test(id)) {
      for (const [key, source] of textsOf('targets', readTarget)) {
        this.emitFile({ type: 'asset', fileName: `targets/${key}.json`, source });
      }
      return `import { readFileSync } from 'node:fs';
        export const readTarget = (key) =>
          JSON.parse(readFileSync(new URL(\`targets/\${key}.json\`, import.meta.url), 'utf8'));`;
    }
  },
};

/** Name and JSON of each file of a folder. */
const textsOf = (folder, read) =>
  readdirSync(join('hardware', folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => {
      const name = file.slice(0, -'.yaml'.length);
      const value = read(name);
      const text = JSON.stringify(value);
      deepStrictEqual(JSON.parse(text), value, `${file} has a value that JSON does not keep`);
      return [name, text];
    });

/** What every command loads, and what every job on a target loads besides; all else stays in files of its own. */
const groups = [
  { name: 'command', test: /[\\/]src[\\/]cli[\\/](main|node-context)\.ts$/ },
  {
    name: 'job',
    test: /[\\/]src[\\/](cli[\\/](run-on-bench|image-files|kept-files|target-jobs)|host[\\/]node-bench|ops[\\/](recover|verify|read|erase|info|write-memory|reset)|image[\\/]load-image)\.ts$/,
  },
];

/**
 * The command's own modules and those of the packages that are plain JavaScript, in few files: a command that loads
 * some 400 files spends most of its first second on finding them. CommonJS, because Node starts it sooner.
 */
export default {
  input: {
    'compile-cache': 'src/cli/compile-cache.ts',
    main: 'src/cli/main.ts',
    'node-context': 'src/cli/node-context.ts',
  },
  platform: 'node',
  external: native,
  transform: { target: 'node20' },
  plugins: [binaryOfUsb, readAlready, ascii, licences],
  output: {
    dir: 'dist/command',
    format: 'cjs',
    cleanDir: true,
    sourcemap: true,
    comments: false,
    // `import()` would load Node's other loader first: 15 ms of a command that needs a driver (measured, Node 20).
    dynamicImportInCjs: false,
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    codeSplitting: { groups },
  },
};
