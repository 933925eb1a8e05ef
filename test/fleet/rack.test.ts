import { expect } from 'vitest';
import { TestRack } from '../helpers/fleet-rack.ts';
import { postgresTest, usePostgres } from '../helpers/postgres.ts';

const postgres = usePostgres();

postgresTest(
  'a job is run by the worker that owns its board, once, and its events and its result come back',
  async () => {
    await using rack = await TestRack.make(postgres.server);
    await using worker = await rack.worker('rack-1', ['crane', 'drone']);
    expect(await worker.heard('ready')).toEqual({ news: 'ready', boards: ['crane', 'drone'] });
    const job = await rack.submit('crane');
    const { end, events, states } = rack.follow(job);
    const { result, trace } = await end;
    expect([result.ok, result.exitCode, result.flash, result.application]).toEqual([true, 0, 'verified', 'seen']);
    expect(trace).toBeUndefined();
    expect(events[0]).toEqual({ at: 0, event: { event: 'note', message: expect.stringContaining('profile rc-cap') } });
    expect(events.map(({ event }) => event.event)).toContain('bootloader.entered');
    expect(states.at(-1)).toMatchObject({ state: 'done', worker: { name: 'rack-1', isThere: true } });
    expect(await rack.fleet.office.query('SELECT count(*) AS jobs FROM graphile_worker.jobs')).toEqual([{ jobs: 0 }]);
  },
);
