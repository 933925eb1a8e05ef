/** The protocol of a station: hello, records, beat. Each may be repeated at any point. */
export const linkFunctions: readonly string[] = [
  // The first word of a process. `acked`: the last row of its chain of which a centre has said that it is there; `acked_as`: the
  // `identity` that it had there. The records of one station are never those of another one, nor of another fleet.
  `CREATE FUNCTION station_hello(of_life TEXT, acked BIGINT, acked_hash TEXT, of_version TEXT, acked_as TEXT DEFAULT NULL)
    RETURNS TABLE (station_name TEXT, seq BIGINT, hash TEXT, must_report BOOLEAN, held_by TEXT, server_ms BIGINT, identity TEXT)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE own station := me(); here TEXT; own_identity TEXT := (SELECT c.fleet || '/' || own.name FROM centre c);
    BEGIN
      IF acked_as <> own_identity THEN
        RAISE EXCEPTION 'the records here are those of %, and this is station %',
          CASE WHEN split_part(acked_as, '/', 1) = split_part(own_identity, '/', 1) THEN 'station ' || split_part(acked_as, '/', 2)
          ELSE 'another fleet' END, own.name USING ERRCODE = 'BC008';
      END IF;
      IF (SELECT c.fingerprint FROM centre c) IS DISTINCT FROM bootctl.fingerprint() THEN
        PERFORM note_restored('the database was put back from a dump or an earlier point in time, or a standby has taken over');
      END IF;
      IF own.life IS DISTINCT FROM of_life THEN
        IF EXISTS (SELECT 1 FROM station_life l WHERE l.station = own.name AND l.life = of_life) THEN
          PERFORM hold_station(own.name, 'two-computers', format('two computers speak as station %s', own.name));
        END IF;
        INSERT INTO station_life (station, life) VALUES (own.name, of_life) ON CONFLICT DO NOTHING;
        UPDATE station s SET life = of_life, version = of_version WHERE s.name = own.name;
      END IF;
      -- Whoever is asked to report anyway says nothing new by that.
      IF acked > own.seq AND NOT (SELECT s.must_report FROM station s WHERE s.name = own.name) THEN
        PERFORM note_restored(format('station %s has sent %s records, and %s are here', own.name, acked, own.seq));
      ELSIF acked BETWEEN 1 AND own.seq THEN
        SELECT r.hash INTO here FROM record r WHERE r.station = own.name AND r.seq = acked;
        IF here IS DISTINCT FROM acked_hash THEN
          PERFORM hold_station(own.name, 'chain-forked', format('record %s of station %s is another one here', acked, own.name));
        END IF;
      END IF;
      RETURN QUERY SELECT s.name, s.seq, s.hash, s.must_report, s.held_by,
        (extract(epoch FROM clock_timestamp()) * 1000)::BIGINT, own_identity FROM station s WHERE s.name = own.name;
    END
  $$`,
  // Rows of its chain from `first_seq` on, in their order. Returns the last one that is here now. Nobody is notified: commits that notify
  // come one after the other, each with its own wait for the disk. The next beat tells of it.
  `CREATE FUNCTION station_records(of_life TEXT, first_seq BIGINT, kinds TEXT[], refs TEXT[], hashes TEXT[], contents TEXT[])
    RETURNS BIGINT LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE own station := me(of_life); here TEXT; this_seq BIGINT; problem TEXT;
    BEGIN
      IF first_seq > own.seq + 1 THEN
        RAISE EXCEPTION 'record % is to come next, and came %', own.seq + 1, first_seq USING ERRCODE = 'BC003';
      END IF;
      FOR i IN 1 .. coalesce(array_length(hashes, 1), 0) LOOP
        this_seq := first_seq + i - 1;
        IF this_seq <= own.seq THEN
          SELECT r.hash INTO here FROM record r WHERE r.station = own.name AND r.seq = this_seq;
          IF here = hashes[i] THEN CONTINUE; END IF;
        END IF;
        IF this_seq <= own.seq OR left(contents[i], 67) <> '["' || own.hash || '"' THEN
          PERFORM hold_station(own.name, 'chain-forked',
            format('record %s of station %s does not follow what it has sent before', this_seq, own.name));
          EXIT;
        END IF;
        IF hashes[i] <> encode(sha256(convert_to(contents[i], 'UTF8')), 'hex') THEN
          PERFORM hold_station(own.name, 'chain-broken',
            format('record %s of station %s was changed since it was made', this_seq, own.name));
          EXIT;
        END IF;
        INSERT INTO record (station, seq, kind, ref, hash, content)
          VALUES (own.name, this_seq, kinds[i], refs[i], hashes[i], contents[i]);
        BEGIN
          PERFORM keep_record(own.name, kinds[i], contents[i]::jsonb);
        EXCEPTION WHEN integrity_constraint_violation OR data_exception OR raise_exception THEN
          GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT;
          INSERT INTO quarantine (station, seq, why) VALUES (own.name, this_seq, problem);
          PERFORM raise_alarm(own.name, NULL, 'quarantine', problem);
        END;
        own.seq := this_seq;
        own.hash := hashes[i];
      END LOOP;
      UPDATE station SET seq = own.seq, hash = own.hash WHERE name = own.name;
      RETURN own.seq;
    END
  $$`,
  // Another text when what `station_lots` says is another.
  `CREATE FUNCTION lots_state(of_station TEXT) RETURNS TEXT LANGUAGE sql STABLE AS $$
    SELECT md5(coalesce(string_agg(concat_ws('|', l.id, l.state, l.held_by, l.signature), ',' ORDER BY l.created_at, l.id), ''))
      FROM lot l JOIN lot_station s ON s.lot = l.id WHERE s.station = of_station AND l.state <> 'draft'
  $$`,
  // `at_ms`: its clock now. Decides nothing: it is shown, and holds a station whose dates would be wrong.
  `CREATE FUNCTION station_beat(of_life TEXT, of_unsent BIGINT, at_ms BIGINT, of_view JSONB)
    RETURNS TABLE (must_report BOOLEAN, held_by TEXT, server_ms BIGINT, lots TEXT)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE own station := me(of_life); now_ms BIGINT := (extract(epoch FROM clock_timestamp()) * 1000)::BIGINT;
    BEGIN
      -- One that a crash loses is followed by another: it does not wait for the disk.
      PERFORM set_config('synchronous_commit', 'off', true);
      UPDATE station s SET beat_at = clock_timestamp(), unsent = of_unsent, clock_offset_ms = at_ms - now_ms, view = of_view
        WHERE s.name = own.name;
      PERFORM pg_notify('bootctl_fleet', own.name);
      RETURN QUERY SELECT s.must_report, s.held_by, now_ms, lots_state(own.name) FROM station s WHERE s.name = own.name;
    END
  $$`,
];
