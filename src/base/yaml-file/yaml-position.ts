import { type Document, isMap, isScalar, isSeq, type LineCounter, type Node, type Pair, visit } from 'yaml';

/** A place in a YAML document: the deepest part of a path that exists. */
export interface YamlPlace {
  readonly node: Node | undefined;
  /** Key that leads to the node; undefined at the top and in lists. */
  readonly key: Node | undefined;
  /** Whether the whole path exists. */
  readonly found: boolean;
}

const pairFor = (pairs: readonly Pair[], key: PropertyKey): Pair<Node, Node | null> | undefined =>
  pairs.find((pair): pair is Pair<Node, Node | null> => isScalar(pair.key) && String(pair.key.value) === String(key));

/** Follows a path of keys and indices into the document. */
export function findPlace(document: Document, path: readonly PropertyKey[]): YamlPlace {
  let node: Node | undefined = document.contents ?? undefined;
  let key: Node | undefined;
  for (const segment of path) {
    if (isMap(node)) {
      const pair = pairFor(node.items as readonly Pair[], segment);
      if (!pair) return { node, key, found: false };
      key = pair.key;
      node = pair.value ?? undefined;
    } else if (isSeq(node) && node.items[Number(segment)]) {
      key = undefined;
      node = node.items[Number(segment)] as Node;
    } else {
      return { node, key, found: false };
    }
  }
  return { node, key, found: true };
}

/** Line and column of the fault, from 1: of the value, or of the key if the value is missing or the key is wrong. */
export function linePosition(
  place: YamlPlace,
  at: 'key' | 'value',
  lines: LineCounter,
): { line: number; column: number } {
  const wanted = at === 'key' || !place.found ? (place.key ?? place.node) : (place.node ?? place.key);
  const offset = wanted?.range?.[0] ?? 0;
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/** The value there as it was written: `0483, a number`. */
export function describeFound({ node }: YamlPlace): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node) || node.value === null) return 'nothing';
  if (typeof node.value === 'string') return JSON.stringify(node.value);
  return `${node.source ?? String(node.value)}, a ${typeof node.value}`;
}

/** Reasons why the text is not one YAML document, with offsets into it; `name` is what the file is, such as `a profile`. */
export function yamlProblems(
  document: Document.Parsed,
  name: string,
): readonly { readonly offset: number; readonly message: string }[] {
  const problems = document.errors.map(({ pos, code, message }) => ({
    offset: pos[0],
    message: code === 'MULTIPLE_DOCS' ? `a second YAML document starts here; ${name} is one` : message,
  }));
  // Such files are short: an alias saves nothing, and refusing all leaves no broken or exploding ones to handle.
  visit(document, {
    Alias: (_key, { source, range }) => {
      problems.push({ offset: range?.[0] ?? 0, message: `found the alias *${source}; write the value out instead` });
    },
  });
  return problems;
}
