/**
 * The protocol of a worker: hello, beat, the jobs of its boards. Each may be repeated at any point. What is queued lies with
 * graphile-worker; whether a job runs is decided by its row in `board_job` alone.
 */
export const workerFunctions: readonly string[] = [
  `CREATE FUNCTION own_worker() RETURNS worker LANGUAGE plpgsql AS $$
    DECLARE own worker;
    BEGIN
      SELECT * INTO own FROM worker WHERE login = session_user FOR UPDATE;
      IF NOT FOUND THEN RAISE EXCEPTION 'no worker has the login %', session_user USING ERRCODE = 'BC001'; END IF;
      RETURN own;
    END
  $$`,
  `CREATE FUNCTION own_worker(of_life TEXT) RETURNS worker LANGUAGE plpgsql AS $$
    DECLARE own worker := own_worker();
    BEGIN
      IF own.life IS DISTINCT FROM of_life THEN
        RAISE EXCEPTION 'another process speaks for worker % now', own.name USING ERRCODE = 'BC006';
      END IF;
      RETURN own;
    END
  $$`,
  // For the row security of the queue: a login sees the jobs of its own boards.
  `CREATE FUNCTION is_own_board(identifier TEXT) RETURNS BOOLEAN
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM board b JOIN worker w ON w.name = b.worker
      WHERE w.login = session_user AND identifier = 'board:' || b.name)
  $$`,
  // Puts a job into the queue, or into it again: the key makes one of both. One attempt: nothing repeats it.
  `CREATE FUNCTION offer_job(of_job board_job) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM graphile_worker.add_job('board:' || of_job.board, json_build_object('job', of_job.id), queue_name := 'board:' || of_job.board,
        run_at := of_job.submitted_at, max_attempts := 1, job_key := 'job:' || of_job.id);
    END
  $$`,
  // Whoever has locked a queue of these boards and runs nothing there is gone. What is still to be run is offered again: the
  // one attempt of a process that was killed before it began is used up.
  `CREATE FUNCTION free_boards(of_worker TEXT) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM graphile_worker.force_unlock_workers(array_agg(DISTINCT g.locked_by)) FROM graphile_worker.jobs g
        JOIN board b ON g.task_identifier = 'board:' || b.name
        WHERE b.worker = of_worker AND g.locked_by IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM board_job j WHERE j.board = b.name AND j.state = 'running');
      PERFORM offer_job(j) FROM board_job j JOIN board b ON b.name = j.board
        WHERE b.worker = of_worker AND j.state = 'queued' ORDER BY j.id;
    END
  $$`,
  // Jobs that a worker has begun and will not end; those of the life that speaks now go on.
  `CREATE FUNCTION lose_jobs(of_worker TEXT, but_life TEXT, reason TEXT) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE gone BIGINT;
    BEGIN
      FOR gone IN UPDATE board_job SET state = 'lost', ended_at = clock_timestamp(), why = reason
        WHERE worker = of_worker AND state = 'running' AND life IS DISTINCT FROM but_life RETURNING id LOOP
        PERFORM pg_notify('bootctl_job', gone::text);
      END LOOP;
    END
  $$`,
  // The first word of a process. A process that is there is not replaced: whoever wants its place watches its beats first.
  // Returns whose each board is: its own, or that of another worker that is there.
  `CREATE FUNCTION worker_hello(of_life TEXT, of_version TEXT, boards JSON) RETURNS TABLE (board TEXT, owner TEXT)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    #variable_conflict use_column
    DECLARE own worker := own_worker();
    BEGIN
      IF own.is_there AND own.life <> of_life THEN
        RAISE EXCEPTION 'another process speaks for worker % already', own.name USING ERRCODE = 'BC006';
      END IF;
      PERFORM lose_jobs(own.name, of_life, format('worker %s has ended in the midst of it', own.name));
      UPDATE worker SET life = of_life, is_there = true, beats = beats + 1, beat_at = clock_timestamp(), version = of_version
        WHERE name = own.name;
      UPDATE board b SET worker = NULL WHERE b.worker = own.name
        AND NOT EXISTS (SELECT 1 FROM json_array_elements(boards) given WHERE given ->> 'name' = b.name);
      INSERT INTO board AS b (name, worker, profile, scenario)
        SELECT given ->> 'name', own.name, given -> 'profile', given ->> 'scenario' FROM json_array_elements(boards) given
        ON CONFLICT (name) DO UPDATE SET worker = own.name, profile = excluded.profile, scenario = excluded.scenario,
            claimed_at = clock_timestamp()
          WHERE b.worker IS NULL OR b.worker = own.name OR NOT (SELECT is_there FROM worker w WHERE w.name = b.worker);
      PERFORM free_boards(own.name);
      PERFORM pg_notify('bootctl_worker', own.name);
      RETURN QUERY SELECT b.name, b.worker FROM board b, json_array_elements(boards) given WHERE given ->> 'name' = b.name;
    END
  $$`,
  // False: somebody has given it up, and it says hello again.
  `CREATE FUNCTION worker_beat(of_life TEXT) RETURNS BOOLEAN
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE own worker := own_worker(of_life);
    BEGIN
      -- One that a crash loses is followed by another: it does not wait for the disk.
      PERFORM set_config('synchronous_commit', 'off', true);
      UPDATE worker SET beats = beats + 1, beat_at = clock_timestamp() WHERE name = own.name;
      RETURN own.is_there;
    END
  $$`,
  `CREATE FUNCTION worker_leave(of_life TEXT) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE own worker := own_worker(of_life);
    BEGIN
      UPDATE worker SET is_there = false WHERE name = own.name;
      PERFORM lose_jobs(own.name, NULL, format('worker %s has ended in the midst of it', own.name));
      PERFORM pg_notify('bootctl_worker', own.name);
    END
  $$`,
  // Who is there, by the count of beats: whoever looks twice sees by its own clock which of them stands still.
  `CREATE FUNCTION workers_there() RETURNS TABLE (name TEXT, life TEXT, beats BIGINT)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    SELECT w.name, w.life, w.beats FROM worker w WHERE w.is_there
  $$`,
  // A worker that was watched, and whose beats stand still at this count. True where it was given up now.
  `CREATE FUNCTION give_up_worker(of_worker TEXT, of_life TEXT, of_beats BIGINT) RETURNS BOOLEAN
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    BEGIN
      UPDATE worker SET is_there = false WHERE name = of_worker AND life = of_life AND beats = of_beats AND is_there;
      IF NOT FOUND THEN RETURN false; END IF;
      PERFORM lose_jobs(of_worker, NULL, format('worker %s has not been heard any more', of_worker));
      PERFORM free_boards(of_worker);
      PERFORM pg_notify('bootctl_worker', of_worker);
      RETURN true;
    END
  $$`,
  // The one place where a job begins: at most once, whoever asks and how often. No row: it is not to be run.
  `CREATE FUNCTION worker_take(of_life TEXT, of_job BIGINT, of_take UUID) RETURNS TABLE (verb TEXT, images JSON, options JSON)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE own worker := own_worker(of_life);
    BEGIN
      UPDATE board_job j SET state = 'running', worker = own.name, life = of_life, take = of_take, taken_at = clock_timestamp()
        FROM board b WHERE j.id = of_job AND j.state = 'queued' AND b.name = j.board AND b.worker = own.name;
      IF FOUND THEN PERFORM pg_notify('bootctl_job', of_job::text); END IF;
      RETURN QUERY SELECT j.verb, j.images, j.options FROM board_job j WHERE j.id = of_job AND j.take = of_take AND j.state = 'running';
    END
  $$`,
  `CREATE FUNCTION worker_image(of_take UUID, of_sha256 TEXT) RETURNS BYTEA
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE own worker := own_worker(); found_content BYTEA;
    BEGIN
      SELECT i.content INTO found_content FROM image i WHERE i.sha256 = of_sha256 AND EXISTS (
        SELECT 1 FROM board_job j, json_array_elements(j.images) named
          WHERE j.take = of_take AND j.worker = own.name AND named ->> 'sha256' = of_sha256);
      IF NOT FOUND THEN RAISE EXCEPTION 'no job of worker % has the image %', own.name, of_sha256 USING ERRCODE = 'BC004'; END IF;
      RETURN found_content;
    END
  $$`,
  // Events of a job from `first_seq` on.
  `CREATE FUNCTION worker_progress(of_take UUID, first_seq BIGINT, at_ms DOUBLE PRECISION[], events TEXT[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE own worker := own_worker(); of_job BIGINT;
    BEGIN
      SELECT id INTO of_job FROM board_job WHERE take = of_take AND worker = own.name;
      IF NOT FOUND THEN RETURN; END IF;
      INSERT INTO board_job_event (job, seq, at_ms, event)
        SELECT of_job, first_seq + place - 1, at, event::json FROM unnest(at_ms, events) WITH ORDINALITY AS heard (at, event, place)
        ON CONFLICT DO NOTHING;
      PERFORM pg_notify('bootctl_job', of_job::text);
    END
  $$`,
  // How it ended. A worker that was given up too early, and comes back, says what became of a job that counted as lost.
  `CREATE FUNCTION worker_done(of_take UUID, of_result JSON, of_trace BYTEA) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE own worker := own_worker(); of_job BIGINT;
    BEGIN
      UPDATE board_job SET state = 'done', result = of_result, trace = of_trace, ended_at = clock_timestamp(), why = NULL
        WHERE take = of_take AND worker = own.name AND state IN ('running', 'lost') RETURNING id INTO of_job;
      IF FOUND THEN PERFORM pg_notify('bootctl_job', of_job::text); END IF;
    END
  $$`,
  // Its own process for the board was lost: nobody knows how it ended.
  `CREATE FUNCTION worker_lost(of_take UUID, reason TEXT) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE own worker := own_worker(); of_job BIGINT;
    BEGIN
      UPDATE board_job SET state = 'lost', ended_at = clock_timestamp(), why = reason
        WHERE take = of_take AND worker = own.name AND state = 'running' RETURNING id INTO of_job;
      IF FOUND THEN PERFORM pg_notify('bootctl_job', of_job::text); END IF;
    END
  $$`,
];
