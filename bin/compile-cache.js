const { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const nodeModule = require('node:module');
const { tmpdir } = require('node:os');
const { basename, dirname, join } = require('node:path');
const vm = require('node:vm');

/** A file of the bundle that is named by its content, as the build names all but the two first ones. */
const namedByContent = /-[\w-]{8}\.cjs$/;

/** Scripts that were compiled anew, by the file that is to keep them. */
const compiled = new Map();

/**
 * Keeps what V8 has compiled of the bundle from one command to the next. Node does so itself from 22.1 on
 * (`module.enableCompileCache`); here are its terms for older ones: below the temporary folder, and nothing but time
 * is lost where there is no cache. Returns what writes it, for the end of the process.
 */
function keepCompiled() {
  if (nodeModule.enableCompileCache) {
    nodeModule.enableCompileCache();
    return () => {};
  }
  const folder = ownFolder();
  if (folder !== undefined) extend(folder);
  return write;
}

/** A folder that nobody else can write to: what is in it is run. */
function ownFolder() {
  try {
    const uid = process.geteuid?.() ?? 'own';
    const folder = join(tmpdir(), `bootctl-compiled-${uid}`);
    // Not `recursive`: Node 20 would try for ever where the kernel answers that a folder which is there is not (/proc).
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    const { uid: owner, mode } = lstatSync(folder);
    const isOurs = process.platform === 'win32' || (owner === uid && (mode & 0o777) === 0o700);
    return isOurs ? folder : undefined;
  } catch {
    return undefined;
  }
}

function extend(folder) {
  const usual = nodeModule._extensions['.js'];
  nodeModule._extensions['.cjs'] = (loaded, file) =>
    namedByContent.test(file) ? load(loaded, file, folder) : usual(loaded, file);
}

function load(loaded, file, folder) {
  const source = readFileSync(file, 'latin1'); // ASCII: the build escapes all else
  // V8 itself compares no more than the source's length.
  const kept = join(folder, [process.version, process.arch, basename(file)].join('-'));
  const cachedData = read(kept);
  const script = new vm.Script(nodeModule.wrap(source), { filename: file, cachedData });
  if (cachedData === undefined || script.cachedDataRejected) compiled.set(kept, script);
  const require = (id) => loaded.require(id);
  script.runInThisContext().call(loaded.exports, loaded.exports, require, loaded, file, dirname(file));
}

function read(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

function write() {
  for (const [file, script] of compiled) {
    try {
      writeFileSync(`${file}.${process.pid}`, script.createCachedData());
      renameSync(`${file}.${process.pid}`, file);
    } catch {
      // full, read-only: the next command compiles as well
    }
  }
}

module.exports = { keepCompiled };
