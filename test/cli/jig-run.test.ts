import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { firmware, jsonLines, runCli } from '../helpers/cli-context.ts';

/** A folder of its own with a jig.yaml of two slots, which takes `more`. */
function jigFolder(more = ''): string {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-jig-'));
  const text = `station: bench-1
lot: L7
profile: rc-cap
image: ${resolve(firmware)}
slots:
  A1: { adapter: "1-3.1", target: "1-2.1" }
  A2: { adapter: "pci-0000:00:14.0-usb-0:3.2", target: "pci-0000:00:14.0-usb-0:2.2" }
start: { on: [insert], settle: 10ms }
unit:
  serial: { from: range, first: 1000, last: 1099, format: "SN{number:06}" }
  patch: ["0x0800FF00=text:{serial}", "0x0800FF20=u32:{number}"]
${more}`;
  writeFileSync(join(folder, 'jig.yaml'), text);
  return folder;
}

test('a simulated shift: so many good units, their rows in the records, and exit status 0', async () => {
  const cwd = jigFolder();
  const { status, stdout } = await runCli(
    ['jig', 'run', '--simulate', '--units', '4', '--seed', '3', '--no-page', '--json'],
    { cwd },
  );
  const events = jsonLines(stdout);
  expect(status).toBe(0);
  const end = { event: 'result', ok: true, exitCode: 0, station: 'bench-1', lot: 'L7', counts: { passed: 4 } };
  expect(events.at(-1)).toMatchObject(end);
  expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['station', 'slot', 'progress', 'run', 'result']));
  const report = await runCli(['jig', 'report', 'records.db', '--csv'], { cwd });
  const [header, ...rows] = report.stdout.trim().split('\n');
  expect(header).toMatch(/^run,serial,outcome,code,station,slot,lot,started,ended/);
  const passed = rows.map((row) => row.split(',')).filter(([, , outcome]) => outcome === 'pass');
  expect(passed.map(([, serial]) => serial).toSorted()).toEqual(['SN001000', 'SN001001', 'SN001002', 'SN001003']);
  expect((await runCli(['jig', 'report', 'records.db', '--check'], { cwd })).status).toBe(0);
});

test('a secret of a CSV file goes into the unit, and its hash into the records', async () => {
  const cwd = jigFolder();
  const secret = 'c0ffee0badc0de55';
  writeFileSync(join(cwd, 'units.csv'), `sn,key\nU-1,${secret}\n`);
  const text = readFileSync(join(cwd, 'jig.yaml'), 'utf8').replace(
    /unit:.*/s,
    'unit:\n  serial: { from: csv, file: units.csv, column: sn }\n  patch: ["0x0800FF00={key}"]\n  secret: [key]\n',
  );
  writeFileSync(join(cwd, 'jig.yaml'), text);
  const argv = ['jig', 'run', '--simulate', '--units', '1', '--no-page', '--json'];
  const { status, stdout, stderr } = await runCli(argv, { cwd });
  expect(status).toBe(0);
  const records = readFileSync(join(cwd, 'records.db')).toString('latin1');
  // `printf c0ffee0badc0de55 | sha256sum`
  expect(records).toContain('"key":"sha256:b9836fcd303aa2dfd4f78bd705654b26931919a1214ca1d46a757b1898e6f31e"');
  expect(records).toContain('U-1');
  for (const said of [records, stdout, stderr]) expect(said.toLowerCase()).not.toContain(secret);
});

test('at a terminal each event is a line behind its slot, and the end is a summary', async () => {
  const { status, stdout, stderr } = await runCli(['jig', 'run', '--simulate', '--units', '2', '--no-page'], {
    cwd: jigFolder(),
  });
  expect(status).toBe(0);
  expect(stderr).toMatch(/^\d\d:\d\d:\d\d {2}units, adapters and the operator are simulated: no hardware is used\n/);
  expect(stderr).toMatch(/^\d\d:\d\d:\d\d {2}A1 {2}SN00100[01] begins$/m);
  expect(stderr).toMatch(/^\d\d:\d\d:\d\d {2}A1 {2}PASS {2}SN00100[01], \d+\.\d\d s$/m);
  expect(stdout).toMatch(
    /^Lot L7 \(simulated\): 2 good, of 2 units \(100\.0 % at once\)\nRuns: 2 pass, 0 fail, 0 error, 0 aborted$/m,
  );
});

test('golden units are brought first, and not again in the next life while their round lasts', async () => {
  const cwd = jigFolder(
    'hold: { golden: { every: 8h, units: { GOLD-1: pass, GOLD-OPEN: methods-exhausted, GOLD-X: limit-missed } } }\n',
  );
  const run = () => runCli(['jig', 'run', '--simulate', '--units', '1', '--no-page', '--json'], { cwd });
  const first = await run();
  expect(first.status).toBe(0);
  expect(first.stderr).toContain('golden unit GOLD-X is left out: no simulated board shows limit-missed');
  const due = { state: 'held', heldBy: 'golden units are due: GOLD-1 and GOLD-OPEN' };
  const heldReason = { code: 'golden-due', labels: ['GOLD-1', 'GOLD-OPEN'] };
  expect(jsonLines(first.stdout)).toContainEqual(
    expect.objectContaining({ event: 'station', view: expect.objectContaining({ ...due, heldReason }) }),
  );
  const second = await run();
  expect(second.status).toBe(0);
  const { stdout } = await runCli(['jig', 'report', 'records.db', '--csv'], { cwd });
  const rows = stdout.trim().split('\n').slice(1);
  expect(rows.map((row) => row.split(',').slice(1, 4).join(' '))).toEqual([
    ...['GOLD-1 pass ', 'GOLD-OPEN fail methods-exhausted', 'SN001000 pass ', 'SN001001 pass '],
  ]);
});

test('the next life of a station goes on behind the numbers of the one before', async () => {
  const cwd = jigFolder();
  for (const units of ['2', '1']) await runCli(['jig', 'run', '--simulate', '--units', units, '--no-page'], { cwd });
  const { stdout } = await runCli(['jig', 'report', 'records.db', '--csv'], { cwd });
  expect(stdout.match(/SN00100\d/g)?.toSorted()).toEqual(['SN001000', 'SN001001', 'SN001002']);
});

test('programs before and after the flash and at the gate are asked, and their figures kept with their limits', async () => {
  const says = (answer: object) => JSON.stringify([process.execPath, '-e', `console.log('${JSON.stringify(answer)}')`]);
  const cwd = jigFolder(`gate: { command: ${says({ ok: true })} }
before: [{ name: fixture, command: ${says({ measurements: { supply: 5.02 } })} }]
after: [{ name: self-test, command: ${says({ measurements: { vbat: { value: 3.31, unit: 'V' } } })} }]
limits: { vbat: { low: 3.2, high: 3.4, unit: V } }
`);
  const { status, stdout } = await runCli(['jig', 'run', '--simulate', '--units', '1', '--no-page', '--json'], { cwd });
  expect(status).toBe(0);
  const steps = jsonLines(stdout).flatMap(({ slot }) => (slot as { step?: { name: string } })?.step?.name ?? []);
  expect(steps).toEqual(expect.arrayContaining(['fixture', 'self-test']));
  const report = (await runCli(['jig', 'report', 'records.db'], { cwd })).stdout;
  expect(report).toMatch(/vbat +all +V +\d+ +3\.31 .* 3\.2 +3\.4 /);
  expect(report).toContain('supply');
});

test('a lot that is complete ends the simulation well', async () => {
  const complete = await runCli(['jig', 'run', '--simulate', '--no-page'], { cwd: jigFolder('quantity: 2\n') });
  expect([complete.status, complete.stdout.split('\n')[0]]).toEqual([
    0,
    'Lot L7 (simulated): 2 of 2 good, of 2 units (100.0 % at once)',
  ]);
});

test('a signal drains the station: what runs is aborted, its row closed, exit status 130', async () => {
  const controller = new AbortController();
  const cwd = jigFolder();
  const ended = runCli(['jig', 'run', '--simulate', '--no-page', '--json'], { cwd, signal: controller.signal });
  setTimeout(() => controller.abort(new BootctlError('aborted', 'Interrupted by SIGINT')), 3_000);
  const { status, stdout } = await ended;
  expect(status).toBe(130);
  expect(jsonLines(stdout).at(-1)).toMatchObject({ event: 'result', ok: false, exitCode: 130 });
  const report = await runCli(['jig', 'report', 'records.db', '--csv'], { cwd });
  const outcomes = report.stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.split(',')[2]);
  expect(
    outcomes.every(
      (outcome) => outcome === 'pass' || outcome === 'fail' || outcome === 'error' || outcome === 'aborted',
    ),
  ).toBe(true);
});

test.each([
  { name: 'no jig.yaml', args: [], code: 'jig-invalid' },
  { name: 'no number of units', args: ['--units', 'many'], code: 'usage' },
])('$name: $code', async ({ args, code }) => {
  const cwd = mkdtempSync(join(tmpdir(), 'bootctl-jig-'));
  const { status, stderr } = await runCli(['jig', 'run', ...args], { cwd });
  expect(status).toBe(2);
  expect(stderr).toContain(`[${code}]`);
});
