/** What whoever submits a job for a board may do; the rest he reads from the tables. */
export const submitFunctions: readonly string[] = [
  // True where it is here, and stays: nothing forgets what was asked for just now.
  `CREATE FUNCTION submit_known_image(of_sha256 TEXT) RETURNS BOOLEAN
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    BEGIN
      UPDATE image SET added_at = clock_timestamp() WHERE sha256 = of_sha256;
      RETURN FOUND;
    END
  $$`,
  `CREATE FUNCTION submit_image(of_sha256 TEXT, of_name TEXT, of_content BYTEA) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    INSERT INTO image (sha256, name, content) VALUES (of_sha256, of_name, of_content) ON CONFLICT DO NOTHING
  $$`,
  // The same request again gives the same job.
  `CREATE FUNCTION submit_job(of_request UUID, of_board TEXT, of_verb TEXT, of_images JSON, of_options JSON) RETURNS BIGINT
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE made board_job; missing TEXT;
    BEGIN
      IF NOT EXISTS (SELECT 1 FROM board WHERE name = of_board) THEN
        RAISE EXCEPTION 'no worker has ever had a board %', of_board USING ERRCODE = 'BC007';
      END IF;
      SELECT named ->> 'sha256' INTO missing FROM json_array_elements(of_images) named
        WHERE NOT EXISTS (SELECT 1 FROM image WHERE sha256 = named ->> 'sha256') LIMIT 1;
      IF FOUND THEN RAISE EXCEPTION 'the image % is not here', missing USING ERRCODE = 'BC004'; END IF;
      INSERT INTO board_job (request, board, verb, images, options, submitted_by)
        VALUES (of_request, of_board, of_verb, of_images, of_options, session_user)
        ON CONFLICT (request) DO NOTHING RETURNING * INTO made;
      IF NOT FOUND THEN RETURN (SELECT id FROM board_job WHERE request = of_request); END IF;
      PERFORM offer_job(made);
      PERFORM pg_notify('bootctl_job', made.id::text);
      RETURN made.id;
    END
  $$`,
  // True where it is cancelled now or was before; false where it has begun.
  `CREATE FUNCTION cancel_job(of_job BIGINT, reason TEXT) RETURNS BOOLEAN
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    BEGIN
      UPDATE board_job SET state = 'cancelled', ended_at = clock_timestamp(), why = reason WHERE id = of_job AND state = 'queued';
      IF FOUND THEN
        PERFORM graphile_worker.remove_job('job:' || of_job);
        PERFORM pg_notify('bootctl_job', of_job::text);
      END IF;
      RETURN EXISTS (SELECT 1 FROM board_job WHERE id = of_job AND state = 'cancelled');
    END
  $$`,
  // Events and traces of jobs that ended so long ago, and images that neither a later job nor a lot has. The jobs stay, with their
  // results.
  `CREATE FUNCTION forget_jobs(of_seconds DOUBLE PRECISION) RETURNS TABLE (jobs BIGINT, images BIGINT)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE until TIMESTAMPTZ := clock_timestamp() - make_interval(secs => of_seconds);
    BEGIN
      WITH old AS (SELECT id FROM board_job WHERE ended_at < until),
        events AS (DELETE FROM board_job_event e USING old WHERE e.job = old.id RETURNING e.job),
        traces AS (UPDATE board_job j SET trace = NULL FROM old WHERE j.id = old.id AND j.trace IS NOT NULL RETURNING j.id)
        SELECT count(*) INTO jobs FROM (SELECT job FROM events UNION SELECT id FROM traces) AS forgotten;
      WITH gone AS (DELETE FROM image i WHERE i.added_at < until
        AND NOT EXISTS (SELECT 1 FROM lot_image WHERE image = i.sha256)
        AND NOT EXISTS (SELECT 1 FROM board_job j, json_array_elements(j.images) named
          WHERE named ->> 'sha256' = i.sha256 AND (j.ended_at IS NULL OR j.ended_at >= until)) RETURNING 1)
        SELECT count(*) INTO images FROM gone;
      RETURN NEXT;
    END
  $$`,
];
