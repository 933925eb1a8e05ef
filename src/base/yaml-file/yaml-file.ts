import { type Document, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { BootctlError, type ErrorCode } from '../errors.ts';
import { describeFound, findPlace, linePosition, yamlProblems } from './yaml-position.ts';

/** A fault in a YAML file: its place in the document, and its description. */
export interface YamlIssue {
  readonly path: readonly PropertyKey[];
  /** Whether the key itself is wrong, or its value. */
  readonly at: 'key' | 'value';
  readonly message: string;
}

/** A fault in the value at this place. */
export const valueIssue = (path: readonly PropertyKey[], message: string): YamlIssue => ({
  path,
  at: 'value',
  message,
});

/** The same with its place in the file, from 1. */
export interface PlacedIssue {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** What a kind of file is called in its errors. */
export interface YamlKind {
  readonly code: ErrorCode;
  /** `a profile`. */
  readonly name: string;
}

/** `wiring.table["rts released, dtr released"].boot0`, `methods[1]`. */
const label = (path: readonly PropertyKey[]): string =>
  path
    .map((segment, index) => {
      if (typeof segment === 'number') return `[${segment}]`;
      const key = String(segment);
      if (!/^\w+$/.test(key)) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join('');

/** A YAML file that a person writes: its document, and its faults with file, line and column. */
export class YamlFile {
  readonly document: Document.Parsed;
  readonly #path: string;
  readonly #kind: YamlKind;
  readonly #lines = new LineCounter();

  /** `path` names the file in messages. */
  constructor(text: string, path: string, kind: YamlKind) {
    this.#path = path;
    this.#kind = kind;
    this.document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, logLevel: 'error' });
  }

  /** The content by `schema`. @throws BootctlError of the kind's code, with every problem on a line of its own */
  checked<Schema extends z.ZodType>(schema: Schema): z.output<Schema> {
    const broken = yamlProblems(this.document, this.#kind.name);
    if (broken.length > 0) {
      throw this.invalid(
        broken.map(({ offset, message }): PlacedIssue => {
          const { line, col } = this.#lines.linePos(offset);
          return { line, column: col, message };
        }),
      );
    }
    const parsed = schema.safeParse(this.document.toJS());
    if (!parsed.success) throw this.refused(parsed.error.issues.flatMap((issue) => schemaIssues(this.document, issue)));
    return parsed.data;
  }

  /** The error of faults that no schema finds. */
  refused(issues: readonly YamlIssue[]): BootctlError {
    return this.invalid(issues.map((issue) => this.#placed(issue)));
  }

  /** One fault as a line of its own: `jig.yaml:5:18: slots.A1.adapter: …`. */
  line(issue: YamlIssue): string {
    const { line, column, message } = this.#placed(issue);
    return `${this.#path}:${line}:${column}: ${message}`;
  }

  #placed({ path, at, message }: YamlIssue): PlacedIssue {
    return {
      ...linePosition(findPlace(this.document, path), at, this.#lines),
      message: path.length === 0 ? message : `${label(path)}: ${message}`,
    };
  }

  /** All problems in one error, in the order of the file; `details` has the place of the first. */
  invalid(issues: readonly PlacedIssue[]): BootctlError {
    const sorted = [...issues].sort((a, b) => a.line - b.line || a.column - b.column);
    const lines = sorted.map(({ line, column, message }) => `${this.#path}:${line}:${column}: ${message}`);
    const { line = 1, column = 1 } = sorted[0] ?? {};
    const details = { path: this.#path, line, column, problems: lines.length };
    return new BootctlError(this.#kind.code, [...new Set(lines)].join('\n'), { details });
  }
}

/** Adds the value found to a schema issue, whose message names the allowed values. */
function schemaIssues(document: Document, issue: z.core.$ZodIssue): readonly YamlIssue[] {
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n');
    return issue.keys.map((key, index) => ({ path: [...issue.path, key], at: 'key', message: messages[index] ?? '' }));
  }
  const place = findPlace(document, issue.path);
  const found = place.found ? `found ${describeFound(place)}` : 'missing';
  return [{ path: issue.path, at: 'value', message: `${found}; allowed: ${issue.message}` }];
}
