import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder for one test; disposing it removes it. */
export interface FakeTree extends Disposable {
  readonly root: string;
}

/** Makes files (`path: content`) and links (`path: { to }`, relative to the root) in a folder of their own. */
export function fakeTree(entries: Readonly<Record<string, string | { readonly to: string }>>): FakeTree {
  const root = mkdtempSync(join(tmpdir(), 'bootctl-tree-'));
  for (const [path, entry] of Object.entries(entries)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (typeof entry === 'string') writeFileSync(join(root, path), entry);
    else {
      mkdirSync(join(root, entry.to), { recursive: true });
      symlinkSync(join(root, entry.to), join(root, path));
    }
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}
