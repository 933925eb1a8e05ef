/**
 * What follows from a record, for reports. A record that contradicts what is known raises, and is put aside by the caller. Columns are
 * those that `src/records/chain.ts` puts into the hash: `[previous, kind, …rows]`.
 */
export const recordFunctions: readonly string[] = [
  `CREATE FUNCTION keep_record(of_station TEXT, of_kind TEXT, content JSONB) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      CASE of_kind
        WHEN 'claim' THEN PERFORM keep_claim(of_station, content -> 2);
        WHEN 'end' THEN PERFORM keep_end(of_station, content -> 2, content);
        WHEN 'note' THEN
          INSERT INTO station_event (id, station, seq, at, operator, what, why)
            SELECT id, of_station, seq, at, operator, what, why FROM jsonb_populate_record(NULL::station_event, content -> 2);
      END CASE;
    END
  $$`,
  `CREATE FUNCTION keep_claim(of_station TEXT, claim JSONB) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO run (id, station, seq, unit, slot, lot, serial, number, chip_uid, attempt, purpose, operator, firmware, profile,
          plan, bootctl, started_at)
        SELECT id, of_station, seq, unit, slot, lot, serial, number, chip_uid, attempt, purpose, operator, firmware, profile,
          plan, bootctl, started_at FROM jsonb_populate_record(NULL::run, claim);
    END
  $$`,
  `CREATE FUNCTION keep_end(of_station TEXT, ending JSONB, content JSONB) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE made run;
    BEGIN
      UPDATE run SET (ended_at, took_ms, outcome, code, method, chip, flash, result) =
          (SELECT ended_at, took_ms, outcome, code, method, chip, flash, result FROM jsonb_populate_record(NULL::run, ending))
        WHERE id = ending ->> 'id' AND station = of_station AND outcome IS NULL RETURNING * INTO made;
      IF NOT FOUND THEN RAISE EXCEPTION 'run % has not begun', ending ->> 'id'; END IF;
      INSERT INTO measurement (run, position, name, value, unit, low, high, outcome)
        SELECT made.id, position, name, value, unit, low, high, outcome
        FROM jsonb_array_elements(content) WITH ORDINALITY AS element (body, place),
          jsonb_populate_record(NULL::measurement, element.body) WHERE place > 3;
      IF made.outcome = 'pass' OR made.flash IS DISTINCT FROM 'untouched' THEN PERFORM keep_unit(made); END IF;
    END
  $$`,
  // The unit was changed: its number may be in it, and it is good or not.
  `CREATE FUNCTION keep_unit(made run) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE other number_in_unit; of_before TEXT;
    BEGIN
      IF made.number IS NOT NULL THEN
        INSERT INTO number_in_unit (lot, number, serial, station, unit)
          VALUES (made.lot, made.number, made.serial, made.station, made.unit) ON CONFLICT DO NOTHING;
        SELECT * INTO other FROM number_in_unit n
          WHERE ((n.lot = made.lot AND n.number = made.number) OR n.serial = made.serial)
            AND (n.station, n.unit) IS DISTINCT FROM (made.station, made.unit);
        IF FOUND THEN
          RAISE EXCEPTION 'serial number % is in two units: one of station %, and one of station % (run %)',
            made.serial, other.station, made.station, made.seq;
        END IF;
        IF EXISTS (SELECT 1 FROM lot WHERE id = made.lot) AND NOT EXISTS (SELECT 1 FROM serial_block b
            WHERE b.lot = made.lot AND b.station = made.station AND made.number BETWEEN b.first AND b.last) THEN
          RAISE EXCEPTION 'serial number % was not granted to station % (run %)', made.serial, made.station, made.seq;
        END IF;
      END IF;
      IF made.purpose <> 'production' THEN RETURN; END IF;
      DELETE FROM good_unit WHERE station = made.station AND unit = made.unit RETURNING lot INTO of_before;
      UPDATE good_count SET good = good - 1 WHERE lot = of_before AND station = made.station;
      IF made.outcome = 'pass' THEN PERFORM keep_good_unit(made); END IF;
    END
  $$`,
  `CREATE FUNCTION keep_good_unit(made run) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE allowed BIGINT; good_now BIGINT;
    BEGIN
      INSERT INTO good_unit (station, unit, lot, serial) VALUES (made.station, made.unit, made.lot, made.serial);
      INSERT INTO good_count AS known (lot, station, good) VALUES (made.lot, made.station, 1)
        ON CONFLICT (lot, station) DO UPDATE SET good = known.good + 1 RETURNING known.good INTO good_now;
      IF NOT EXISTS (SELECT 1 FROM lot WHERE id = made.lot) THEN RETURN; END IF;
      SELECT coalesce(sum(units - returned), 0) INTO allowed FROM allotment WHERE lot = made.lot AND station = made.station;
      IF good_now > allowed THEN
        RAISE EXCEPTION 'station % has made % good units of lot %, and was allotted % (run %)',
          made.station, good_now, made.lot, allowed, made.seq;
      END IF;
    END
  $$`,
];
