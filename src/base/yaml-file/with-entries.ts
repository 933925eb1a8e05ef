import { Document, isMap, parseDocument } from 'yaml';

/** Mappings of texts by their names. */
export type Entries = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * The text of a YAML file with these mappings below `key`, each on one line; those that are there stay, unless all are replaced.
 * Comments and the order of the file stay.
 */
export function withEntries(text: string, key: string, entries: Entries, replacesAll: boolean): string {
  const document = parseDocument(text);
  if (replacesAll || !isMap(document.get(key))) document.set(key, new Document({}).contents);
  const existing = document.get(key);
  if (!isMap(existing)) throw new Error(`${key} is no mapping`);
  existing.flow = false;
  for (const [name, values] of Object.entries(entries)) {
    existing.set(document.createNode(name), document.createNode(values, { flow: true }));
  }
  return document.toString({ lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' });
}
