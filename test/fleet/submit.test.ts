import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { hardwareFolder } from '../../src/base/hardware-folder.ts';
import { openDatabase } from '../../src/fleet/database.ts';
import { workerLogins } from '../../src/fleet/worker-login.ts';
import { type CliRun, type CliSetup, firmware, jsonLines, repository, runCli } from '../helpers/cli-context.ts';
import { TestRack } from '../helpers/fleet-rack.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';

const postgres = usePostgres();
const folder = mkdtempSync(join(tmpdir(), 'bootctl-submit-'));

/** The profile of the board `crane`, as its worker has it. */
const profile = join(folder, 'rc-cap.yaml');
writeFileSync(
  profile,
  `${readFileSync(join(hardwareFolder('profiles'), 'rc-cap.yaml'), 'utf8')}\nadapter: { path: "1-3.1" }\nusb: { path: "1-2.1" }\n`,
);

const submit = (rack: TestRack, argv: readonly string[], setup: CliSetup = {}): Promise<CliRun> =>
  runCli(['fleet', 'submit', ...argv, '--database', rack.fleet.address], setup);

const jobsOf = async ({ fleet }: TestRack): Promise<number> => {
  const [row] = await fleet.office.query<{ jobs: number }>('SELECT count(*) AS jobs FROM board_job');
  return row!.jobs;
};

/** The lines of a trace but for its date, and who has recorded it. */
const traceOf = (path: string): readonly unknown[] =>
  jsonLines(readFileSync(path, 'utf8')).map(({ date: _, argv: __, ...line }) => line);

/** Events of the job, and its result without the time at which it was printed. */
const eventsOf = ({ stdout }: CliRun): readonly unknown[] =>
  jsonLines(stdout)
    .filter(({ event }) => event !== 'job')
    .map((line) => (line.event === 'result' ? { ...line, t: 0 } : line));

postgresTest.each([
  { scenario: 'crashed', status: 0 },
  { scenario: 'flaky-entry', status: 0 },
  { scenario: 'boot0-stuck-low', status: 4 },
  { scenario: 'app-crashes', status: 8 },
])('$scenario: events, trace and exit status are those of a job here', async ({ scenario, status }) => {
  await using rack = await TestRack.make(postgres.server);
  await using worker = await rack.worker('rack-1', ['crane'], { scenario });
  await worker.heard('ready');
  const [here, there] = [join(folder, `${scenario}-here.jsonl`), join(folder, `${scenario}-there.jsonl`)];
  const local = await runCli(['recover', firmware, '-p', profile, '--simulate', scenario, '--json', '--trace', here]);
  const remote = await submit(rack, ['recover', firmware, '--board', 'crane', '--wait', '--json', '--trace', there]);
  expect([local.status, remote.status]).toEqual([status, status]);
  expect(eventsOf(remote)).toEqual(eventsOf(local));
  expect(traceOf(there)).toEqual(traceOf(here));
});

postgresTest('a person reads the same as if the board were here', async () => {
  await using rack = await TestRack.make(postgres.server);
  await using worker = await rack.worker('rack-1', ['crane']);
  await worker.heard('ready');
  const local = await runCli(['recover', firmware, '-p', profile, '--simulate', 'crashed']);
  const remote = await submit(rack, ['recover', firmware, '--board', 'crane', '--wait']);
  expect(remote.stdout).toBe(local.stdout);
  expect(remote.stderr.replace(/^job .*\n/gm, '')).toBe(local.stderr);
  const reset = await submit(rack, ['reset', '--board', 'crane', '--wait', '--within', '10min', '-q']);
  expect([reset.status, reset.stdout, reset.stderr]).toEqual([
    0,
    'PASS (simulated)  NRST was pulsed, and BOOT0 was low when it rose\n',
    '',
  ]);
});

postgresTest('what is wrong is refused before anything is queued', async () => {
  await using rack = await TestRack.make(postgres.server);
  {
    await using worker = await rack.worker('rack-1', ['crane']);
    await worker.heard('ready');
  }
  const raw = join(folder, 'app.bin');
  writeFileSync(raw, new Uint8Array(64).fill(0xff));
  const huge = join(folder, 'huge.bin');
  writeFileSync(huge, new Uint8Array(8 * 2 ** 20 + 1));
  const board = ['--board', 'crane'];
  for (const [argv, code] of [
    [['recover', 'no.hex', ...board], 'image-unreadable'],
    [['recover', raw, ...board], 'image-address-required'],
    [['recover', `${raw}@0x20000000`, ...board], 'image-out-of-range'],
    [['recover', huge, ...board], 'image-too-large'],
    [['flash', ...board], 'usage'],
    [['reset', firmware, ...board], 'usage'],
    [['erase', ...board], 'usage'],
    [['recover', firmware], 'usage'],
    [['recover', firmware, ...board, '--within', '3s'], 'usage'],
    [['recover', firmware, ...board, '--wait', '--within', '3'], 'usage'],
    [['recover', firmware, ...board, '--trace', 'x.jsonl'], 'usage'],
    [['recover', firmware, ...board, '--wait', '--trace', join(repository, 'README.md')], 'trace-unwritable'],
    [['recover', firmware, '--board', 'cran'], 'board-unknown'],
  ] as const) {
    const { stderr } = await submit(rack, argv);
    expect([argv, stderr]).toEqual([argv, expect.stringContaining(`[${code}]`)]);
  }
  const unknown = await submit(rack, ['recover', firmware, '--board', 'cran']);
  expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('(did you mean "crane"?)')]);
  expect(await jobsOf(rack)).toBe(0);
  const late = await submit(rack, ['reset', ...board, '--wait', '--within', '0.5s']);
  expect([late.status, late.stderr]).toEqual([3, expect.stringContaining('within 0.5 s [job-not-begun]')]);
});

postgresTest(
  'without --wait it says the number of the job, which is shown, followed and taken back by it',
  async () => {
    await using rack = await TestRack.make(postgres.server);
    {
      await using worker = await rack.worker('rack-1', ['crane']);
      await worker.heard('ready');
    }
    const first = await submit(rack, ['recover', firmware, '--board', 'crane']);
    expect([first.status, first.stdout]).toEqual([
      0,
      expect.stringMatching(/^job 1 is queued for board crane; worker rack-1 is away, last heard \d+ s ago\n$/),
    ]);
    const job = (...argv: readonly string[]) => runCli(['fleet', 'job', ...argv, '--database', rack.fleet.address]);
    await submit(rack, ['reset', '--board', 'crane']);
    const list = await job();
    expect(list.stdout.split('\n').slice(1, 3)).toEqual([
      expect.stringMatching(/^crane +rc-cap +worker rack-1 is away, last heard \d+ s ago/),
      '',
    ]);
    expect(list.stdout).toMatch(
      /\njob 2, reset on board crane: queued; .*\njob 1, recover on board crane: queued; .*\n$/,
    );
    expect(jsonLines((await job('--json')).stdout).map(({ event }) => event)).toEqual([
      'board',
      'job',
      'job',
      'result',
    ]);
    expect((await job('--cancel')).stderr).toContain('[usage]');
    expect((await job('1')).stdout).toMatch(/^job 1, recover on board crane: queued; worker rack-1 is away/);
    expect((await job('1', '--cancel')).stdout).toMatch(/^job 1, recover on board crane: cancelled: taken back by /);
    const wait = await job('1', '--wait');
    expect([wait.status, wait.stderr]).toEqual([130, expect.stringContaining('[job-cancelled]')]);
    await using worker = await rack.again('rack-1', ['crane']);
    expect(await job('2', '--wait')).toMatchObject({ status: 0, stdout: expect.stringContaining('PASS') });
    expect(jsonLines((await job('2', '--json')).stdout)[0]).toMatchObject({ event: 'job', job: 2, state: 'done' });
    expect((await job('2', '--cancel')).stderr).toContain('[job-not-queued]');
    expect((await job('3')).stderr).toContain('[job-unknown]');
    expect(worker.news.filter(({ news }) => news === 'begun')).toHaveLength(1);
  },
);

postgresTest('whoever waits says that no worker is there, and goes away without the job', async () => {
  await using rack = await TestRack.make(postgres.server);
  {
    await using worker = await rack.worker('rack-1', ['crane']);
    await worker.heard('ready');
  }
  const controller = new AbortController();
  const { status, stderr } = await submit(rack, ['reset', '--board', 'crane', '--wait'], {
    signal: controller.signal,
    onOutput: (text) => {
      if (text.includes('is away')) controller.abort(new BootctlError('aborted', 'Interrupted by SIGINT'));
    },
  });
  expect([status, stderr]).toEqual([
    130,
    expect.stringMatching(
      /^job 1, reset on board crane: queued; worker rack-1 is away, last heard \d+ s ago\nbootctl: Interrupted by SIGINT: job 1 stays queued \[aborted\]\n {2}`bootctl fleet job 1 --wait` follows it; `bootctl fleet job 1 --cancel` takes it back\.\n$/,
    ),
  ]);
  await using worker = await rack.again('rack-1', ['crane']);
  await worker.heard('ended');
  expect(await rack.state(1)).toBe('done');
});

postgresTest('an image is stored once, however often it is submitted', async () => {
  await using rack = await TestRack.make(postgres.server);
  await using worker = await rack.worker('rack-1', ['crane']);
  await worker.heard('ready');
  for (let time = 0; time < 2; time++) {
    const { status } = await submit(rack, ['flash', firmware, '--board', 'crane', '--wait', '-q']);
    expect(status).toBe(0);
  }
  expect(await rack.fleet.office.query('SELECT name FROM image')).toEqual([{ name: firmware }]);
});

postgresTest('what is old is forgotten but for its result; what is younger, and what a lot has, stays', async () => {
  await using rack = await TestRack.make(postgres.server);
  const { fleet } = rack;
  const job = (...argv: readonly string[]) => runCli(['fleet', 'job', ...argv, '--database', fleet.address]);
  const trace = (name: string): readonly string[] => ['--trace', join(folder, `${name}.jsonl`)];
  const younger = join(folder, 'younger.hex');
  writeFileSync(younger, `${readFileSync(firmware, 'utf8')}\n`);
  {
    await using worker = await rack.worker('rack-1', ['crane']);
    await worker.heard('ready');
    for (const [name, file] of [['old', firmware] as const, ['new', younger] as const])
      await submit(rack, ['recover', file, '--board', 'crane', '--wait', '-q', ...trace(name)]);
  }
  await fleet.join('a');
  await fleet.lot('L1', ['a']);
  await fleet.office.query("UPDATE board_job SET ended_at = now() - interval '31 days' WHERE id = 1");
  await fleet.office.query("UPDATE image SET added_at = now() - interval '31 days'");
  const images = async () =>
    (await fleet.office.query<{ name: string }>('SELECT name FROM image')).map(({ name }) => name);
  expect(await images()).toEqual(expect.arrayContaining([firmware, younger]));
  const before = await images();
  expect((await job('--forget', '32d')).stdout).toBe(
    'forgotten: events and traces of 0 jobs, and 0 images; results stay\n',
  );
  expect((await job('--forget', '30d')).stdout).toBe(
    'forgotten: events and traces of 1 job, and 1 image; results stay\n',
  );
  expect((await images()).toSorted()).toEqual(before.filter((name) => name !== firmware).toSorted());
  expect(jsonLines((await job('--forget', '30d', '--json')).stdout)[0]).toMatchObject({
    event: 'forgotten',
    jobs: 0,
    images: 0,
  });
  expect((await job('1')).stdout).toBe('job 1, recover on board crane: done\n');
  expect(await job('1', '--wait')).toMatchObject({ status: 0, stdout: expect.stringContaining('PASS') });
  expect((await job('1', '--wait', ...trace('gone'))).stderr).toContain(
    'The trace of job 1 is not here any more [usage]',
  );
  expect((await job('2', '--wait', '-q', ...trace('again'))).status).toBe(0);
  expect(traceOf(join(folder, 'again.jsonl'))).toEqual(traceOf(join(folder, 'new.jsonl')));
  expect(existsSync(join(folder, 'gone.jsonl'))).toBe(false);
  expect((await job('1', '--forget', '30d')).stderr).toContain('[usage]');
  expect((await job('--forget', 'soon')).status).toBe(2);
});

postgresTest('a trace that was not asked for is not promised', async () => {
  await using rack = await TestRack.make(postgres.server);
  await using worker = await rack.worker('rack-1', ['crane']);
  await worker.heard('ready');
  await submit(rack, ['reset', '--board', 'crane', '--wait', '-q']);
  const path = join(folder, 'none.jsonl');
  const { status, stderr } = await runCli([
    'fleet',
    'job',
    '1',
    '--wait',
    '--trace',
    path,
    '--database',
    rack.fleet.address,
  ]);
  expect([status, stderr]).toEqual([2, expect.stringContaining('Job 1 was submitted without a trace [usage]')]);
  expect(existsSync(path)).toBe(false);
});

postgresTest('a login of the office submits and follows, and changes no table', async () => {
  await using rack = await TestRack.make(postgres.server);
  await using worker = await rack.worker('rack-1', ['crane']);
  await worker.heard('ready');
  await rack.fleet.office.query("CREATE ROLE ci LOGIN PASSWORD 'of-ci' IN ROLE bootctl_office");
  const address = new URL(rack.fleet.address);
  Object.assign(address, { username: 'ci', password: 'of-ci' });
  const argv = ['fleet', 'submit', 'recover', firmware, '--board', 'crane', '--wait', '-q', '--database', address.href];
  expect((await runCli(argv)).status).toBe(0);
  await using ci = await openDatabase(address.href, { name: 'ci' });
  expect(await ci.query('SELECT submitted_by FROM board_job')).toEqual([{ submitted_by: 'ci' }]);
  await expect(ci.query('DELETE FROM board_job')).rejects.toMatchObject({ code: 'fleet-refused' });
});

postgresTest('a computer joins as a worker once, with a login that only its user can read', async () => {
  await using rack = await TestRack.make(postgres.server);
  const stateFolder = mkdtempSync(join(tmpdir(), 'bootctl-state-'));
  const joinFleet = (...argv: readonly string[]) =>
    runCli(['fleet', 'join', ...argv, '--database', rack.fleet.address], { stateFolder });
  const joined = await joinFleet('--worker', 'rack-1');
  expect([joined.status, joined.stdout]).toEqual([0, expect.stringContaining('worker rack-1 has joined')]);
  const path = join(stateFolder, 'fleet', 'workers', 'rack-1.json');
  expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
  const { user, password, database } = workerLogins.read(stateFolder, 'rack-1')!;
  expect(new URL(database).username).toBe('');
  await using worker = await openDatabase(database, { name: 'rack-1', login: { user, password } });
  expect(await worker.query('SELECT * FROM workers_there()')).toEqual([]);
  expect((await joinFleet('--worker', 'rack-1')).stderr).toContain('[worker-joined]');
  expect((await joinFleet()).stderr).toContain('[usage]');
  expect((await joinFleet('--worker', 'a', '--station', 'b')).stderr).toContain('[usage]');
});
