import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { openDatabase } from '../../src/fleet/database.ts';
import { joinWorker } from '../../src/fleet/join.ts';
import { takeJobs } from '../../src/fleet/rack/queue.ts';
import { knownBoard } from '../../src/fleet/rack/read-boards.ts';
import { cancelJob } from '../../src/fleet/rack/submit.ts';
import { rackText, TestRack, TestWorker } from '../helpers/fleet-rack.ts';
import { PostgresServer, postgresTest, usePostgres } from '../helpers/postgres.ts';
import { TcpProxy } from '../helpers/tcp-proxy.ts';

const postgres = usePostgres();
const crashed = { scenario: 'crashed', time: 'virtual' } as const;

postgresTest(
  'a job is run by the worker that owns its board, once; its events, result and trace come back',
  async () => {
    await using rack = await TestRack.make(postgres.server);
    await using worker = await rack.worker('rack-1', ['crane', 'drone']);
    expect(await worker.heard('ready')).toEqual({ news: 'ready', boards: ['crane', 'drone'] });
    const { end, events, states } = rack.follow(await rack.submit('crane', 'recover', { trace: true }));
    const { result, trace } = await end;
    expect([result.ok, result.exitCode, result.flash, result.application]).toEqual([true, 0, 'verified', 'seen']);
    expect(events[0]).toEqual({ at: 0, event: { event: 'note', message: expect.stringContaining('profile rc-cap') } });
    expect(events.map(({ event }) => event.event)).toContain('bootloader.entered');
    const lines = new TextDecoder().decode(trace).trim().split('\n');
    expect(JSON.parse(lines[0]!)).toMatchObject({ trace: 'bootctl', argv: ['recover', 'blink-f405.hex'] });
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ event: 'result', ok: true });
    expect(states.at(-1)).toMatchObject({ state: 'done', worker: { name: 'rack-1', isThere: true } });
    const reset = await rack.follow(await rack.submit('drone', 'reset')).end;
    expect([reset.result.ok, reset.result.flash, reset.trace]).toEqual([true, 'untouched', undefined]);
    await expect.poll(() => rack.queued()).toBe(0);
  },
);

postgresTest('a job that cannot be done ends as here: with its exit status and its error', async () => {
  await using rack = await TestRack.make(postgres.server);
  await using worker = await rack.worker('rack-1', ['crane'], { scenario: 'boot0-stuck-low' });
  await worker.heard('ready');
  const { result } = await rack.follow(await rack.submit('crane')).end;
  expect([result.ok, result.exitCode, result.error?.code]).toEqual([false, 4, 'methods-exhausted']);
});

postgresTest('jobs of one board run one after the other', async () => {
  await using rack = await TestRack.make(postgres.server);
  await using worker = await rack.worker('rack-1', ['crane', 'drone']);
  await worker.heard('ready');
  const jobs = [
    await rack.submit('crane', 'reset'),
    await rack.submit('crane', 'reset'),
    await rack.submit('crane', 'reset'),
  ];
  for (const job of jobs) await rack.follow(job).end;
  const steps = worker.news.flatMap((news) => ('job' in news ? [`${news.news} ${news.job}`] : []));
  expect(steps).toEqual(jobs.flatMap((job) => [`begun ${job}`, `ended ${job}`]));
});

postgresTest('a job is taken once, whoever asks and how often', async () => {
  await using rack = await TestRack.make(postgres.server);
  await using login = await openDatabase(await rack.join('rack-1'), { name: 'rack-1' });
  const boards = JSON.stringify([{ name: 'crane', profile: {}, scenario: null }]);
  expect(await login.query("SELECT * FROM worker_hello('one', '1', $1)", boards)).toEqual([
    { board: 'crane', owner: 'rack-1' },
  ]);
  const job = await rack.submit('crane', 'reset');
  const [first, second] = [randomUUID(), randomUUID()];
  const take = (id: string) => login.query("SELECT verb FROM worker_take('one', $1, $2)", job, id);
  expect([await take(first), await take(second), await take(first)]).toEqual([
    [{ verb: 'reset' }],
    [],
    [{ verb: 'reset' }],
  ]);
  await login.query("SELECT worker_done($1, '{}', NULL)", first);
  expect([await take(first), await rack.state(job)]).toEqual([[], 'done']);
});

postgresTest('a worker that was given up too early says what became of its job', async () => {
  await using rack = await TestRack.make(postgres.server);
  await using login = await openDatabase(await rack.join('rack-1'), { name: 'rack-1' });
  await login.query(`SELECT * FROM worker_hello('one', '1', '[{"name": "crane", "profile": {}}]')`);
  const [job, take] = [await rack.submit('crane', 'reset'), randomUUID()];
  await login.query("SELECT * FROM worker_take('one', $1, $2)", job, take);
  await expect(rack.follow(job).end).rejects.toMatchObject({
    code: 'job-lost',
    message: expect.stringMatching(
      /^Job \d+ on board crane is lost: worker rack-1 has not been heard any more; nothing was heard of it$/,
    ),
    hint: expect.stringContaining('As far as it was heard the flash was not begun'),
  });
  expect(await login.query("SELECT worker_beat('one') AS there")).toEqual([{ there: false }]);
  await login.query("SELECT worker_done($1, '{}', NULL)", take);
  expect(await rack.state(job)).toBe('done');
});

postgresTest('a process that is killed before it takes its job leaves it to the next one', async () => {
  await using rack = await TestRack.make(postgres.server);
  const address = await rack.join('rack-1');
  await using login = await openDatabase(address, { name: 'rack-1' });
  await login.query(`SELECT * FROM worker_hello('one', '1', '[{"name": "crane", "profile": {}}]')`);
  const job = await rack.submit('crane', 'reset');
  let release = () => {};
  const killed = takeJobs({
    ...{ address, options: { name: 'rack-1' }, boards: ['crane'] },
    run: () => new Promise((resolve) => (release = resolve)),
  });
  await expect.poll(() => rack.locked()).toBe(1);
  await login.query("SELECT worker_leave('one')");
  {
    await using _next = new TestWorker(rackText('rack-1', ['crane']), address, { name: 'rack-1' }, crashed);
    expect((await rack.follow(job).end).result.ok).toBe(true);
  }
  release();
  await killed.stop();
});

postgresTest('a second worker is refused a board of one that is there, and has its own', async () => {
  await using rack = await TestRack.make(postgres.server);
  await using first = await rack.worker('rack-1', ['crane']);
  await first.heard('ready');
  await using second = await rack.worker('rack-2', ['crane', 'drone']);
  expect(await second.heard('refused')).toEqual({ news: 'refused', board: 'crane', owner: 'rack-1' });
  expect(await second.heard('ready')).toEqual({ news: 'ready', boards: ['drone'] });
  await using third = await rack.worker('rack-3', ['drone']);
  expect(await third.ended).toMatchObject({
    code: 'board-taken',
    message: 'No board is left to worker rack-3: drone belongs to worker rack-2',
  });
});

postgresTest('a second process of a worker is refused while the first one lives', async () => {
  await using rack = await TestRack.make(postgres.server);
  const address = await rack.join('rack-1');
  await using first = new TestWorker(rackText('rack-1', ['crane']), address, { name: 'rack-1' }, crashed);
  await first.heard('ready');
  await using second = new TestWorker(rackText('rack-1', ['crane']), address, { name: 'rack-1' }, crashed);
  expect(await second.ended).toMatchObject({
    code: 'worker-taken-over',
    message: expect.stringContaining('another process speaks for worker rack-1 already'),
  });
  expect((await rack.follow(await rack.submit('crane', 'reset')).end).result.ok).toBe(true);
});

postgresTest('the boards of a worker that stands still are free for another one', async () => {
  await using rack = await TestRack.make(postgres.server);
  await using gone = await openDatabase(await rack.join('rack-1'), { name: 'rack-1' });
  await gone.query(`SELECT * FROM worker_hello('one', '1', '[{"name": "crane", "profile": {}}]')`);
  const lost = await rack.submit('crane', 'reset');
  await gone.query("SELECT * FROM worker_take('one', $1, $2)", lost, randomUUID());
  const waiting = await rack.submit('crane', 'reset');
  await using next = await rack.worker('rack-2', ['crane']);
  expect(await next.heard('refused')).toMatchObject({ owner: 'rack-1' });
  expect(await next.heard('gave-up')).toEqual({ news: 'gave-up', worker: 'rack-1' });
  expect((await rack.follow(waiting).end).result.ok).toBe(true);
  expect(await rack.state(lost)).toBe('lost');
});

postgresTest('what is queued can be cancelled, and what has begun cannot', async () => {
  await using rack = await TestRack.make(postgres.server);
  {
    await using worker = await rack.worker('rack-1', ['crane']);
    await worker.heard('ready');
  }
  const { office } = rack.fleet;
  expect(await knownBoard(office, 'crane')).toMatchObject({ worker: { name: 'rack-1', isThere: false } });
  const job = await rack.submit('crane', 'reset');
  expect(await rack.queued()).toBe(1);
  await cancelJob(office, job, 'not wanted any more');
  expect([await rack.state(job), await rack.queued()]).toEqual(['cancelled', 0]);
  await expect(rack.follow(job).end).rejects.toMatchObject({ code: 'job-cancelled' });
  await cancelJob(office, job, 'again');
  await expect(cancelJob(office, 4711, 'why')).rejects.toMatchObject({ code: 'job-unknown' });
  const late = await rack.submit('crane', 'reset');
  await expect(rack.follow(late, { within: 200 }).end).rejects.toMatchObject({
    code: 'job-not-begun',
    message: `No worker has begun job ${late} for board crane within 0.2 s`,
  });
  await using _worker = new TestWorker(
    rackText('rack-1', ['crane']),
    rack.addressOf('rack-1'),
    { name: 'rack-1' },
    crashed,
  );
  const done = await rack.submit('crane', 'reset');
  await rack.follow(done).end;
  await expect(cancelJob(office, done, 'too late')).rejects.toMatchObject({
    code: 'job-not-queued',
    message: `Job ${done} is done: it cannot be cancelled any more`,
  });
  expect(await rack.state(late)).toBe('cancelled');
});

postgresTest('a board that no worker ever had is refused, with those that there are', async () => {
  await using rack = await TestRack.make(postgres.server);
  await expect(knownBoard(rack.fleet.office, 'crane')).rejects.toMatchObject({
    code: 'board-unknown',
    message: 'No board is named "crane"; no worker has had any',
  });
  await expect(rack.submit('crane', 'reset')).rejects.toMatchObject({ code: 'board-unknown' });
});

postgresTest('a login of a worker has its protocol, the queue of its own boards, and nothing else', async () => {
  await using rack = await TestRack.make(postgres.server);
  await using one = await openDatabase(await rack.join('rack-1'), { name: 'rack-1' });
  await using two = await openDatabase(await rack.join('rack-2'), { name: 'rack-2' });
  await expect(joinWorker(rack.fleet.office, 'rack-1', 'anna')).rejects.toMatchObject({ code: 'worker-joined' });
  await one.query(`SELECT * FROM worker_hello('one', '1', '[{"name": "crane", "profile": {}}]')`);
  await two.query(`SELECT * FROM worker_hello('two', '1', '[{"name": "drone", "profile": {}}]')`);
  const job = await rack.submit('crane', 'reset');
  const jobs = 'SELECT count(*) AS jobs FROM graphile_worker._private_jobs';
  expect([await one.query(jobs), await two.query(jobs)]).toEqual([[{ jobs: 1 }], [{ jobs: 0 }]]);
  expect(await two.query("SELECT * FROM worker_take('two', $1, $2)", job, randomUUID())).toEqual([]);
  const tables = await one.query<{ name: string }>(
    "SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname IN ('bootctl', 'graphile_worker') AND tablename NOT IN ('_private_jobs', '_private_job_queues', '_private_tasks')",
  );
  expect(tables.length).toBeGreaterThan(20);
  for (const { name } of tables)
    await expect(one.query(`SELECT 1 FROM ${name}`)).rejects.toMatchObject({ code: 'fleet-refused' });
  const functions = await one.query<{ name: string }>(
    "SELECT DISTINCT proname AS name FROM pg_proc WHERE pronamespace = 'bootctl'::regnamespace AND has_function_privilege(oid, 'EXECUTE') ORDER BY 1",
  );
  expect(functions.map(({ name }) => name)).toEqual([
    ...['give_up_worker', 'is_own_board', 'worker_beat', 'worker_done', 'worker_hello', 'worker_image', 'worker_leave'],
    ...['worker_lost', 'worker_progress', 'worker_take', 'workers_there'],
  ]);
  await expect(one.query("SELECT graphile_worker.add_job('board:crane')")).rejects.toMatchObject({
    code: 'fleet-refused',
  });
});

postgresTest(
  'a database that crashes in the midst of a job, and comes back, is told its result once',
  { timeout: 60_000 },
  async () => {
    await using server = await PostgresServer.start({ safe: true });
    await using rack = await TestRack.make(server);
    await using worker = await rack.worker('rack-1', ['crane'], { time: 'real' });
    await worker.heard('ready');
    const job = await rack.submit('crane');
    const aways: unknown[] = [];
    const { end, events } = rack.follow(job, { onAway: (error) => aways.push(error) });
    await worker.heard('begun');
    await server.stop('SIGKILL');
    await worker.heard('away');
    await server.resume();
    await worker.heard('back');
    const { result } = await end;
    expect([result.ok, result.flash]).toEqual([true, 'verified']);
    const steps = worker.news.map(({ news }) => news).filter((news) => ['away', 'back', 'begun'].includes(news));
    expect(steps).toEqual(['begun', 'away', 'back']);
    expect(aways).toHaveLength(1);
    expect(new Set(events.map(({ event }) => event.event))).toContain('application.seen');
    await using office = await openDatabase(rack.fleet.address, { name: 'office' });
    expect(await office.query('SELECT id, state FROM board_job')).toEqual([{ id: job, state: 'done' }]);
  },
);

postgresTest.each(['cut', 'silent'] as const)(
  'a worker behind a network that is %s is given up, and says what became of its job when it is back',
  { timeout: 90_000 },
  async (network) => {
    await using rack = await TestRack.make(postgres.server);
    await using proxy = await TcpProxy.start(postgres.server.port);
    const address = proxy.address(await rack.join('rack-1'));
    const simulated = { scenario: 'crashed', time: 'real' } as const;
    await using worker = new TestWorker(
      rackText('rack-1', ['crane']),
      address,
      { name: 'rack-1', patience: 2_000 },
      simulated,
    );
    await worker.heard('ready');
    const job = await rack.submit('crane');
    const { end } = rack.follow(job);
    await worker.heard('begun');
    proxy.network = network;
    await expect(end).rejects.toMatchObject({ code: 'job-lost' });
    const waiting = await rack.submit('crane', 'reset');
    proxy.network = 'well';
    expect((await rack.follow(waiting).end).result.ok).toBe(true);
    await expect.poll(() => rack.state(job), { timeout: 30_000 }).toBe('done');
    expect(worker.news.filter((news) => news.news === 'begun' && news.job === job)).toHaveLength(1);
  },
);
