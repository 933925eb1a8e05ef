/*
 * What a fleet costs its PostgreSQL, which waits for the disk as a real one: records a second, catching up, a block of numbers, a
 * beat to the page, with 1, 10 and 100 stations in this process. The peer is pgbench with plain INSERTs of such rows into a table
 * with a primary key, in the same place at the same time of the day. Figures, never a test.
 *
 *   npm run bench -- fleet
 *   npm run -s build && node test/benchmarks/fleet.mjs page     # one part: records, catch-up, blocks, page
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer, programs } from '../../helpers/postgres-server.ts';
import { type BenchStation, openFleet, type Row } from './stations.ts';

const fleets = [1, 10, 100] as const;
const batches = [1, 10, 100] as const;
const window = 4_000;

const sleep = (time: number) => new Promise((resolve) => setTimeout(resolve, time));
const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const at = (values: readonly number[], part: number) => sorted(values)[Math.floor((values.length - 1) * part)]!;
const load = () => readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');
const print = (line = '') => console.log(line);

/** Each station does it again and again for a while. */
async function during(stations: readonly BenchStation[], work: (station: BenchStation) => Promise<void>) {
  const began = performance.now();
  const times: number[] = [];
  await Promise.all(
    stations.map(async (station) => {
      while (performance.now() - began < window) {
        const started = performance.now();
        await work(station);
        times.push(performance.now() - started);
      }
    }),
  );
  return { times, perSecond: times.length / ((performance.now() - began) / 1_000) };
}

/** Rows a second of plain INSERTs by as many clients, `batch` in one statement. */
function plainInserts(address: string, sample: Row, clients: number, batch: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-bench-fleet-'));
  try {
    const content = sample.content.replaceAll("'", "''");
    const one = `('s', nextval('bootctl.plain_seq'), 'end', 'ref', '${sample.hash}', '${content}')`;
    const script = join(folder, 'insert.sql');
    writeFileSync(script, `INSERT INTO bootctl.plain VALUES ${Array(batch).fill(one).join(', ')};\n`);
    const url = new URL(address);
    const said = execFileSync(
      join(programs()!, 'pgbench'),
      [
        '-n',
        '-c',
        `${clients}`,
        '-j',
        '2',
        '-T',
        `${window / 1_000}`,
        '-f',
        script,
        '-h',
        url.hostname,
        '-p',
        url.port,
        '-U',
        url.username,
        url.pathname.slice(1),
      ],
      { encoding: 'utf8', env: { ...process.env, PGPASSWORD: url.password }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    return Number(/tps = ([\d.]+)/.exec(said)?.[1]) * batch;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function recordsASecond(server: PostgresServer): Promise<Map<string, number>> {
  const rates = new Map<string, number>();
  print(`records a second (load ${load()})`);
  print('stations  batch  records/s  p50 ms  p99 ms  plain INSERT/s  ratio');
  for (const count of fleets) {
    await using fleet = await openFleet(server, count);
    await fleet.office.query('CREATE SEQUENCE plain_seq');
    await fleet.office.query(
      'CREATE TABLE plain (station TEXT, seq BIGINT, kind TEXT, ref TEXT, hash TEXT, content TEXT, PRIMARY KEY (station, seq))',
    );
    for (const batch of batches) {
      const ready = new Map(fleet.stations.map((station) => [station, station.rows(batch)]));
      const { times, perSecond } = await during(fleet.stations, async (station) => {
        await station.send(ready.get(station)!);
        ready.set(station, station.rows(batch));
      });
      // Rows that were made ready and not sent come first the next time.
      for (const station of fleet.stations) await station.send(ready.get(station)!);
      const plain = plainInserts(fleet.address, ready.get(fleet.stations[0]!)!.at(-1)!, count, batch);
      const rate = perSecond * batch;
      rates.set(`${count} ${batch}`, rate);
      const cells = [
        count,
        batch,
        rate.toFixed(0),
        at(times, 0.5).toFixed(1),
        at(times, 0.99).toFixed(1),
        plain.toFixed(0),
      ];
      const widths = [8, 7, 11, 8, 8, 16];
      print(
        `${cells.map((cell, index) => String(cell).padStart(widths[index]!)).join('')}${(rate / plain).toFixed(2).padStart(7)}`,
      );
    }
  }
  return rates;
}

async function catchUp(server: PostgresServer): Promise<void> {
  await using fleet = await openFleet(server, 1);
  const [station] = fleet.stations;
  const rows = station!.rows(10_000);
  const began = performance.now();
  for (let from = 0; from < rows.length; from += 200) await station!.send(rows.slice(from, from + 200));
  print(
    `\n10,000 records of one station that was away, 200 at once: ${((performance.now() - began) / 1_000).toFixed(1)} s`,
  );
}

async function blocks(server: PostgresServer): Promise<void> {
  print('\na block of numbers, asked and granted');
  for (const count of fleets) {
    await using fleet = await openFleet(server, count);
    const { times } = await during(fleet.stations, (station) => station.askBlock());
    print(
      `${String(count).padStart(4)} stations that all ask at once, of one lot: p50 ${at(times, 0.5).toFixed(1)} ms, p99 ${at(times, 0.99).toFixed(1)} ms`,
    );
  }
}

async function beats(server: PostgresServer): Promise<number> {
  await using fleet = await openFleet(server, 100);
  const view = viewOf(0);
  const { perSecond } = await during(fleet.stations, (station) => station.beat(view));
  print(`\nbeats of 100 stations as fast as they go: ${perSecond.toFixed(0)} a second`);
  return perSecond;
}

const viewOf = (serial: number) => ({
  ...{ station: 's', lot: 'L1', quantity: 500, profile: 'rc-cap', image: 'app.hex', simulated: false, state: 'ready' },
  counts: { units: 0, passed: 0, firstPass: 0, runs: { pass: 0, fail: 0, error: 0, aborted: 0 } },
  slots: ['A1', 'A2', 'A3', 'A4'].map((name) => ({
    name,
    state: 'running',
    needs: [],
    serial: `SN${serial}`,
    since: 0,
  })),
  ...{ lastRuns: [], strangers: [] },
});

/** Of a process, in ms (proc(5): utime and stime in ticks of 10 ms). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** `fleet page` in a process of its own, with stations that beat every two seconds, each time with other serials. */
async function page(server: PostgresServer): Promise<void> {
  print('\na beat to the page (fleet page as a process, its stream read by one browser; stations beat every 2 s)');
  for (const count of fleets) {
    await using fleet = await openFleet(server, count);
    const child = spawn(process.execPath, ['bin/bootctl.js', 'fleet', 'page', '--listen', '127.0.0.1:0'], {
      env: { ...process.env, BOOTCTL_DATABASE: fleet.address },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const address = await new Promise<string>((resolve) =>
      child.stdout.on('data', (text) => {
        const found = /http:\/\/\S+/.exec(String(text));
        if (found) resolve(found[0]);
      }),
    );
    const sent = new Map<string, number>();
    const times: number[] = [];
    const stream = request(`${address}events`, (response) => {
      response.setEncoding('utf8').on('data', (text: string) => {
        for (const [serial] of text.matchAll(/SN\d+(?=")/g)) {
          const began = sent.get(serial);
          if (began !== undefined) times.push(performance.now() - began);
          sent.delete(serial);
        }
      });
    }).end();
    await sleep(1_000);
    const [cpu, began] = [cpuOf(child.pid!), performance.now()];
    let serial = 0;
    await Promise.all(
      fleet.stations.map(async (station, index) => {
        await sleep((2_000 * index) / count);
        while (performance.now() - began < 20_000) {
          const own = ++serial;
          sent.set(`SN${own}`, performance.now());
          await station.beat(viewOf(own));
          await sleep(2_000);
        }
      }),
    );
    const share = (cpuOf(child.pid!) - cpu) / (performance.now() - began);
    print(
      `${String(count).padStart(4)} stations: p50 ${at(times, 0.5).toFixed(0)} ms, p99 ${at(times, 0.99).toFixed(0)} ms; the page's server uses ${(100 * share).toFixed(1)} % of a core`,
    );
    stream.destroy();
    child.kill('SIGINT');
    await new Promise((resolve) => child.on('close', resolve));
  }
}

/** What a thousand stations would need, by the figures above: one unit in 15 s each, two records a unit. */
function reckon(rates: ReadonlyMap<string, number>, beatsASecond: number): void {
  const [recordsWanted, beatsWanted] = [(1_000 / 15) * 2, 500];
  const rate = rates.get('100 1')!;
  print('\n1,000 stations, each with a unit in 15 s and a beat in 2 s (reckoned, not measured)');
  print(
    `  records: ${recordsWanted.toFixed(0)} a second one by one, ${((100 * recordsWanted) / rate).toFixed(0)} % of what 100 stations reach here`,
  );
  print(
    `  beats: ${beatsWanted} a second, ${((100 * beatsWanted) / beatsASecond).toFixed(0)} % of what 100 stations reach here`,
  );
  print(
    '  connections: 1,000 and some: max_connections = 1200; at some 10 MB each 10 GB of memory, or a pool in front of it',
  );
}

print(`${cpus()[0]!.model}, ${cpus().length} cores, load ${load()}; fsync on, all in one computer with its clients`);
const asked = process.argv.slice(2);
const isAsked = (part: string) => asked.length === 0 || asked.includes(part);
await using server = await PostgresServer.start({ safe: true });
if (isAsked('records')) {
  const rates = await recordsASecond(server);
  reckon(rates, await beats(server));
}
if (isAsked('catch-up')) await catchUp(server);
if (isAsked('blocks')) await blocks(server);
if (isAsked('page')) await page(server);
print(`\nload at the end ${load()}`);
