import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Found by their places on disk, because they have binaries of their own. */
const native = [/^koffi$/, /^libsql$/];

/** The files that find the binary of a package; the rest of these packages is plain JavaScript. */
const finders = [
  { source: './bindings', from: /[\\/]node_modules[\\/]usb[\\/]/, id: 'usb/dist/usb/bindings.js' },
  {
    source: './serialport-bindings',
    from: /[\\/]node_modules[\\/]@serialport[\\/]bindings-cpp[\\/]/,
    id: '@serialport/bindings-cpp/dist/serialport-bindings.js',
  },
];
const findersOfBinaries = {
  name: 'finders-of-binaries',
  resolveId(source, importer = '') {
    const finder = finders.find((one) => one.source === source && one.from.test(importer));
    return finder && { id: finder.id, external: true };
  },
};

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
  const text = file === undefined ? licenceInReadme(folder) : readFileSync(join(folder, file), 'utf8');
  if (text === undefined) throw new Error(`${folder} has no licence file`);
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}

/** pg-types and pgpass have it as the last section of their README. */
const licenceInReadme = (folder) =>
  /^#+ licen[cs]e\s+(.*)/ims.exec(readFileSync(join(folder, 'README.md'), 'utf8'))?.[1];

/**
 * What starts before anything else, what every command loads, and what every job on a target loads besides; all else
 * stays in files of its own.
 */
const groups = [
  { name: 'user-folders', test: /[\\/]src[\\/]store[\\/](own-folder|user-folders)\.ts$/ },
  {
    name: 'command',
    test: /[\\/]src[\\/](cli[\\/](main|node-context|given[\\/](profile|scenario))|ops[\\/]result)\.ts$/,
  },
  {
    name: 'job',
    test: /[\\/]src[\\/](cli[\\/]commands[\\/](recover|enter|flash|verify|read|erase|info|write-memory|reset)|host[\\/]node-bench)\.ts$/,
  },
];

/** What a browser gets of a page beside its one script; a page has some of its own. */
const pageFolder = 'src/panel/page';
const partsOfPage = (own, styles) => ({
  name: 'parts-of-page',
  buildStart() {
    const parts = { 'index.html': [own], 'enter.html': ['enter.html'], 'page.css': styles, 'icon.svg': ['icon.svg'] };
    for (const [fileName, files] of Object.entries(parts)) {
      const paths = files.map((name) => join(pageFolder, name));
      for (const path of paths) this.addWatchFile(path);
      this.emitFile({ type: 'asset', fileName, source: Buffer.concat(paths.map((path) => readFileSync(path))) });
    }
  },
});

/** A page that is served as it is, and that no command loads. */
const pageOf = (dir, script, parts) => ({
  input: { page: join(pageFolder, script) },
  platform: 'browser',
  transform: { target: 'es2022' },
  plugins: [parts, licences],
  output: {
    dir,
    format: 'esm',
    cleanDir: true,
    comments: false,
    minify: true,
    entryFileNames: '[name].js',
  },
});
const pages = [
  pageOf('dist/page', 'page.ts', partsOfPage('index.html', ['page.css'])),
  pageOf('dist/fleet-page', 'fleet/fleet-page.ts', partsOfPage('fleet/index.html', ['page.css', 'fleet/fleet.css'])),
];

/**
 * The command's own modules and those of the packages that are plain JavaScript, in few files: a command that loads
 * some 400 files spends most of its first second on finding them. CommonJS, because Node starts it sooner.
 */
const command = {
  input: {
    'compile-cache': 'src/cli/compile-cache.ts',
    main: 'src/cli/main.ts',
    'node-context': 'src/cli/node-context.ts',
    slot: 'src/cli/slot.ts',
  },
  platform: 'node',
  external: native,
  transform: { target: 'node20' },
  plugins: [findersOfBinaries, licences],
  output: {
    dir: 'dist/command',
    format: 'cjs',
    cleanDir: true,
    sourcemap: true,
    comments: false,
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    codeSplitting: { groups },
  },
};

export default [command, ...pages];
