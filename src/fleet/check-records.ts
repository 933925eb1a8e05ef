import { sha256Hex } from '../base/sha256.ts';
import { beforeTheFirst } from '../records/chain.ts';
import type { Database } from './database.ts';

/** What was found of the records of one station. */
export interface CheckedStation {
  readonly station: string;
  readonly records: number;
  /** Of the last one; `jig report --check` at the station shows the same where all has arrived. */
  readonly hash: string;
  /** One line each, the first of them. */
  readonly problems: readonly string[];
}

/** Of a database that somebody else has changed, more than these say nothing new. */
const mostProblems = 20;

/** Some megabytes at a time. */
const atOnce = 2000;

/** Computes hash and link of every record anew, here and not in the database, and compares what reports are made of with them. */
export async function checkRecords(office: Database): Promise<readonly CheckedStation[]> {
  const stations = await office.query<{ name: string; seq: number; hash: string }>(
    'SELECT name, seq, hash FROM station ORDER BY name COLLATE "C"',
  );
  const checked: CheckedStation[] = [];
  for (const { name, seq, hash } of stations) {
    const chain = await checkChain(office, name, seq);
    // The state of the station is read before its records: more may have come meanwhile.
    if (chain.problems.length === 0 && chain.hashAt !== hash)
      chain.problems.push(`record ${seq}: the station has another hash as its last one`);
    checked.push({
      station: name,
      records: chain.records,
      hash: chain.hash,
      problems: chain.problems.slice(0, mostProblems),
    });
  }
  return checked;
}

interface Chain {
  records: number;
  hash: string;
  /** Hash of record `seq`. */
  hashAt: string;
  readonly problems: string[];
}

interface RecordRow {
  readonly seq: number;
  readonly hash: string;
  readonly content: string;
}

async function checkChain(office: Database, station: string, seq: number): Promise<Chain> {
  const chain: Chain = { records: 0, hash: beforeTheFirst, hashAt: beforeTheFirst, problems: [] };
  let last = 0;
  for (;;) {
    const rows = await office.query<RecordRow>(
      'SELECT seq, hash, content FROM record WHERE station = $1 AND seq > $2 ORDER BY seq LIMIT $3',
      ...[station, last, atOnce],
    );
    const before = last;
    for (const row of rows) {
      const problem = problemOf(row, last, chain.hash);
      if (problem !== undefined) chain.problems.push(problem);
      last = row.seq;
      chain.hash = row.hash;
      chain.records++;
      if (row.seq === seq) chain.hashAt = row.hash;
    }
    chain.problems.push(...(await rowProblems(office, station, before, last)));
    if (rows.length < atOnce || chain.problems.length >= mostProblems) break;
  }
  if (last < seq && chain.problems.length < mostProblems)
    chain.problems.push(`record ${last + 1}: it is missing, up to ${seq}`);
  return chain;
}

function problemOf({ seq, hash, content }: RecordRow, last: number, previous: string): string | undefined {
  if (seq !== last + 1) return `record ${last + 1}: it is missing${seq > last + 2 ? `, up to ${seq - 1}` : ''}`;
  if (sha256Hex(content) !== hash) return `record ${seq}: it was changed`;
  if (!content.startsWith(`["${previous}"`)) return `record ${seq}: it does not follow record ${last}`;
  return undefined;
}

/** Rows of reports that differ from the record that they come from. One that was put aside has none. */
const rows = `
  SELECT c.seq, 'the run' AS what FROM record c LEFT JOIN run r ON r.id = c.ref AND r.station = c.station
    WHERE c.station = $1 AND c.seq > $2 AND c.seq <= $3 AND c.kind IN ('claim', 'end') AND (to_jsonb(r) @> (c.content::jsonb -> 2)) IS NOT TRUE
  UNION ALL
  SELECT c.seq, 'the event' FROM record c LEFT JOIN station_event e ON e.id = c.ref AND e.station = c.station
    WHERE c.station = $1 AND c.seq > $2 AND c.seq <= $3 AND c.kind = 'note' AND (to_jsonb(e) @> (c.content::jsonb -> 2)) IS NOT TRUE
  UNION ALL
  SELECT c.seq, 'a measurement' FROM record c
    CROSS JOIN jsonb_array_elements(c.content::jsonb) WITH ORDINALITY AS element (body, place)
    LEFT JOIN measurement m ON m.run = c.ref AND m.position = (element.body ->> 'position')::BIGINT
    WHERE c.station = $1 AND c.seq > $2 AND c.seq <= $3 AND c.kind = 'end' AND place > 3 AND (to_jsonb(m) @> element.body) IS NOT TRUE`;

async function rowProblems(
  office: Database,
  station: string,
  before: number,
  last: number,
): Promise<readonly string[]> {
  const found = await office.query<{ seq: number; what: string }>(
    `SELECT seq, min(what) AS what FROM (${rows}) AS differing
     WHERE NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.station = $1 AND q.seq = differing.seq)
     GROUP BY seq ORDER BY seq`,
    ...[station, before, last],
  );
  return found.map(({ seq, what }) => `record ${seq}: ${what} in the reports is another one`);
}
