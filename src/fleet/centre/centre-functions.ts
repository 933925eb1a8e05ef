/** What the other functions share. Errors of ours have a SQLSTATE of the class `BC`; `src/fleet/database.ts` says what each means. */
export const centreFunctions: readonly string[] = [
  // The cluster, its timeline, and these very tables: `pg_restore` makes new ones, a standby that took over has another timeline.
  `CREATE FUNCTION fingerprint() RETURNS TEXT LANGUAGE sql STABLE AS $$
    SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
      left(pg_walfile_name(pg_current_wal_lsn()), 8), 'bootctl.centre'::regclass::oid)
  $$`,
  `CREATE FUNCTION raise_alarm(of_station TEXT, of_lot TEXT, of_code TEXT, reason TEXT) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO alarm (station, lot, code, why) VALUES (of_station, of_lot, of_code, reason);
      PERFORM pg_notify('bootctl_fleet', coalesce(of_station, ''));
    END
  $$`,
  // The station that has logged in. Its row is locked, so that what it asks for comes one after the other.
  `CREATE FUNCTION me() RETURNS station LANGUAGE plpgsql AS $$
    DECLARE own station;
    BEGIN
      SELECT * INTO own FROM station WHERE login = session_user AND left_at IS NULL FOR UPDATE;
      IF NOT FOUND THEN RAISE EXCEPTION 'no station has the login %', session_user USING ERRCODE = 'BC001'; END IF;
      RETURN own;
    END
  $$`,
  // The same, of the process that speaks for it now.
  `CREATE FUNCTION me(of_life TEXT) RETURNS station LANGUAGE plpgsql AS $$
    DECLARE own station := me();
    BEGIN
      IF own.life IS DISTINCT FROM of_life THEN
        RAISE EXCEPTION 'another process speaks for station % now', own.name USING ERRCODE = 'BC002';
      END IF;
      RETURN own;
    END
  $$`,
  `CREATE FUNCTION hold_station(of_station TEXT, of_code TEXT, reason TEXT) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE station SET held_by = reason WHERE name = of_station AND held_by IS DISTINCT FROM reason;
      IF FOUND THEN PERFORM raise_alarm(of_station, NULL, of_code, reason); END IF;
    END
  $$`,
  // What was committed since may be lost here and kept by the stations: nothing is granted before each of them has told.
  `CREATE FUNCTION note_restored(reason TEXT) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE centre SET fingerprint = bootctl.fingerprint(), restored_at = clock_timestamp();
      UPDATE station SET must_report = true, skipped_at = NULL WHERE left_at IS NULL;
      PERFORM raise_alarm(NULL, NULL, 'restored', reason);
      PERFORM pg_notify('bootctl_lot', '');
    END
  $$`,
  // Not waited for: one of which a person has said that it will not report; if it comes after all, it reports first.
  `CREATE FUNCTION refuse_while_restored(of_station TEXT) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE missing TEXT;
    BEGIN
      SELECT string_agg(name, ', ' ORDER BY name) INTO missing FROM station
        WHERE must_report AND (skipped_at IS NULL OR name = of_station);
      IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'the database was put back, and has not heard yet of %', missing USING ERRCODE = 'BC005';
      END IF;
    END
  $$`,
];
