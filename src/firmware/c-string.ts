/** Letters that mean themselves in every C: a `?` can begin a trigraph. */
const plain = /[ !#->@-[\]-~]/;

/** A string literal of C with these bytes, one a character; three octal digits end by themselves. */
export const cString = (bytes: string): string =>
  `"${[...bytes].map((byte) => (plain.test(byte) ? byte : `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`)).join('')}"`;
