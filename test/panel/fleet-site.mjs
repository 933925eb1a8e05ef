/*
 * A site of three simulated stations at one lot, made by the commands of the README on a PostgreSQL of its own: for the picture of
 * the fleet's page.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'rolldown';

const root = join(import.meta.dirname, '../..');
const bin = join(root, 'bin/bootctl.js');
const firmware = join(root, 'test/fixtures/firmware/blink-f405.hex');

await build({
  input: join(root, 'test/helpers/postgres-server.ts'),
  platform: 'node',
  external: ['pg'],
  output: { dir: join(root, 'build/pictures'), format: 'esm' },
  logLevel: 'silent',
});
const { PostgresServer } = await import(join(root, 'build/pictures/postgres-server.js'));

const stations = ['line1', 'line2-a', 'line2-b'];
const lotFile = `id: "2611-A"
quantity: 500
profile: rc-cap
image: ${firmware}
unit:
  serial: { from: range, first: 1, last: 999, format: "SN{number:06}" }
  patch: ["0x0800FF00=text:{serial}"]
`;
const slots = Array.from(
  { length: 4 },
  (_, slot) => `  A${slot + 1}: { adapter: "1-3.${slot + 1}", target: "1-2.${slot + 1}" }`,
);
const jigFile = (station, fleet) => `station: ${station}\nfleet: ${fleet}\nslots:\n${slots.join('\n')}\n`;

/** The stations work until `end`; `kill` takes the power of one of them. */
export async function makeSite() {
  const server = await PostgresServer.start();
  const database = await server.createDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-site-'));
  const environment = (computer) => ({
    ...process.env,
    BOOTCTL_DATABASE: database,
    XDG_STATE_HOME: join(folder, computer),
  });
  const run = (computer, ...argv) =>
    execFileSync(process.execPath, [bin, 'fleet', ...argv], { cwd: folder, env: environment(computer), stdio: 'pipe' });
  run('office', 'init');
  for (const name of stations) run(name, 'join', '--station', name);
  writeFileSync(join(folder, 'lot.yaml'), lotFile);
  run('office', 'lot', 'create', 'lot.yaml', ...stations.flatMap((name) => ['--station', name]));
  run('office', 'lot', 'start', '2611-A');
  const { protocol, host, pathname } = new URL(database);
  const children = stations.map((name, index) => {
    const own = join(folder, name);
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'jig.yaml'), jigFile(name, `${protocol}//${host}${pathname}`));
    const argv = ['jig', 'run', '--simulate', '--no-page', '--seed', String(index + 3)];
    return spawn(process.execPath, [bin, ...argv], { cwd: own, env: environment(name), stdio: 'ignore' });
  });
  return {
    database,
    kill: (name) => children[stations.indexOf(name)].kill('SIGKILL'),
    end: async () => {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGINT');
        await once(child, 'exit');
      }
      await server[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
