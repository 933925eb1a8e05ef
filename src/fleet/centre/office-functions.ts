/** What an office does: lots, and what a person has looked at. `of_person`: who sits there; the login is added to it. */
export const officeFunctions: readonly string[] = [
  `CREATE FUNCTION note_change(of_lot TEXT, of_what TEXT, of_why TEXT, of_person TEXT) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE lot SET changed_at = clock_timestamp(), changed_by = by_whom(of_person) WHERE id = of_lot;
      INSERT INTO lot_change (lot, person, what, why) VALUES (of_lot, by_whom(of_person), of_what, of_why);
      PERFORM pg_notify('bootctl_lot', of_lot);
    END
  $$`,
  `CREATE FUNCTION by_whom(of_person TEXT) RETURNS TEXT LANGUAGE sql STABLE AS $$ SELECT of_person || ' as ' || session_user $$`,
  // Locks the lot.
  `CREATE FUNCTION known_lot(of_lot TEXT) RETURNS lot LANGUAGE plpgsql AS $$
    DECLARE found_lot lot;
    BEGIN
      SELECT * INTO found_lot FROM lot WHERE id = of_lot FOR UPDATE;
      IF NOT FOUND THEN RAISE EXCEPTION 'no lot has the id %', of_lot USING ERRCODE = 'BC004'; END IF;
      RETURN found_lot;
    END
  $$`,
  `CREATE FUNCTION office_image(of_name TEXT, of_content BYTEA) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    BEGIN
      INSERT INTO image (sha256, name, content) VALUES (encode(sha256(of_content), 'hex'), of_name, of_content) ON CONFLICT DO NOTHING;
    END
  $$`,
  // What the row says of the lot comes from the text that was signed. Its images and programs have to be here.
  `CREATE FUNCTION office_lot(of_definition TEXT, of_signer TEXT, of_signature TEXT, of_person TEXT) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE
      made JSONB := of_definition::jsonb; of_id TEXT := made ->> 'id'; numbers JSONB := made #> '{unit,serial}'; other lot;
    BEGIN
      SELECT * INTO other FROM lot WHERE id = of_id;
      IF FOUND THEN
        RAISE EXCEPTION 'lot % is there since %, by %', of_id, to_char(other.created_at, 'YYYY-MM-DD'),
          (SELECT person FROM lot_change WHERE lot = of_id ORDER BY id LIMIT 1) USING ERRCODE = 'BC011';
      END IF;
      IF NOT EXISTS (SELECT 1 FROM signer WHERE id = of_signer) THEN
        RAISE EXCEPTION 'no office of this fleet has the key that lot % is signed with', of_id USING ERRCODE = 'BC001';
      END IF;
      IF numbers ->> 'from' IS DISTINCT FROM 'range' THEN numbers := NULL; END IF;
      PERFORM refuse_taken_numbers(of_id, numbers);
      INSERT INTO lot (id, definition, signer, signature, quantity, lease_seconds, number_first, number_last, number_next, changed_by)
        VALUES (of_id, of_definition, of_signer, of_signature, (made ->> 'quantity')::BIGINT, (made ->> 'leaseSeconds')::BIGINT,
          (numbers ->> 'first')::BIGINT, (numbers ->> 'last')::BIGINT, (numbers ->> 'first')::BIGINT, by_whom(of_person));
      INSERT INTO lot_image (lot, image) SELECT of_id, value ->> 'sha256'
        FROM jsonb_array_elements((made -> 'images') || (made -> 'programs')) ON CONFLICT DO NOTHING;
      PERFORM note_change(of_id, 'create', '', of_person);
    END
  $$`,
  // Serial numbers of two lots are the same texts where their formats are and neither has the lot in it. Of a closed lot those
  // that were granted to no station are free.
  `CREATE FUNCTION refuse_taken_numbers(of_lot TEXT, numbers JSONB) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE other lot; of_format TEXT := coalesce(numbers ->> 'format', '{number}');
    BEGIN
      IF numbers IS NULL OR position('{lot' IN of_format) > 0 THEN RETURN; END IF;
      LOCK TABLE lot IN SHARE ROW EXCLUSIVE MODE;
      SELECT * INTO other FROM lot
        WHERE coalesce(definition::jsonb #>> '{unit,serial,format}', '{number}') = of_format
          AND number_first <= (numbers ->> 'last')::BIGINT
          AND (CASE WHEN state = 'closed' THEN number_next - 1 ELSE number_last END) >= (numbers ->> 'first')::BIGINT LIMIT 1;
      IF FOUND THEN
        RAISE EXCEPTION 'numbers of lot % are those of lot %, which has % to %', of_lot, other.id, other.number_first,
          CASE WHEN other.state = 'closed' THEN other.number_next - 1 ELSE other.number_last END USING ERRCODE = 'BC011';
      END IF;
    END
  $$`,
  // More stations for a lot; those that have it already stay.
  `CREATE FUNCTION office_assign(of_lot TEXT, stations TEXT[], of_person TEXT) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE unknown TEXT; of_all lot := known_lot(of_lot);
    BEGIN
      IF of_all.state = 'closed' THEN RAISE EXCEPTION 'lot % is closed', of_lot USING ERRCODE = 'BC012'; END IF;
      SELECT string_agg(given.name, ', ') INTO unknown FROM unnest(stations) AS given (name)
        WHERE NOT EXISTS (SELECT 1 FROM station s WHERE s.name = given.name AND s.left_at IS NULL);
      IF unknown IS NOT NULL THEN RAISE EXCEPTION 'no station has the name %', unknown USING ERRCODE = 'BC013'; END IF;
      INSERT INTO lot_station (lot, station) SELECT of_lot, given.name FROM unnest(stations) AS given (name) ON CONFLICT DO NOTHING;
      PERFORM note_change(of_lot, 'assign', array_to_string(stations, ', '), of_person);
    END
  $$`,
  // What a lot may become. A closed one stays closed: a station may have thrown away what it was granted of it.
  `CREATE FUNCTION office_state(of_lot TEXT, of_what TEXT, of_why TEXT, of_person TEXT) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE
      of_all lot := known_lot(of_lot);
      to_be TEXT := CASE of_what WHEN 'start' THEN 'open' WHEN 'hold' THEN 'held' WHEN 'close' THEN 'closed' END;
    BEGIN
      IF of_all.state = 'closed' THEN RAISE EXCEPTION 'lot % is closed', of_lot USING ERRCODE = 'BC012'; END IF;
      IF to_be = 'open' AND NOT EXISTS (SELECT 1 FROM lot_station WHERE lot = of_lot) THEN
        RAISE EXCEPTION 'lot % has no station', of_lot USING ERRCODE = 'BC013';
      END IF;
      UPDATE lot SET state = to_be, held_by = CASE WHEN to_be = 'held' THEN of_why END WHERE id = of_lot;
      PERFORM note_change(of_lot, of_what, of_why, of_person);
    END
  $$`,
  // A person has looked. What the alarm has put aside or held is so no longer.
  `CREATE FUNCTION office_clear(of_alarm BIGINT, of_why TEXT, of_person TEXT) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE seen alarm;
    BEGIN
      UPDATE alarm SET cleared_at = clock_timestamp(), cleared_by = by_whom(of_person), cleared_why = of_why
        WHERE id = of_alarm AND cleared_at IS NULL RETURNING * INTO seen;
      IF NOT FOUND THEN RAISE EXCEPTION 'no open alarm has the number %', of_alarm USING ERRCODE = 'BC014'; END IF;
      UPDATE quarantine SET cleared_at = clock_timestamp(), cleared_by = by_whom(of_person)
        WHERE station = seen.station AND why = seen.why AND cleared_at IS NULL;
      UPDATE station SET held_by = NULL WHERE name = seen.station AND held_by = seen.why;
      PERFORM pg_notify('bootctl_fleet', coalesce(seen.station, ''));
      PERFORM pg_notify('bootctl_lot', '');
    END
  $$`,
  // After a restore, for a station that will not report: of each of its lots as many numbers as it may have been granted since are
  // given to nobody else, and as many units count as its own. Should it report after all, what it says takes their place.
  `CREATE FUNCTION office_skip(of_station TEXT, ahead BIGINT, of_person TEXT)
    RETURNS TABLE (lot_id TEXT, numbers BIGINT, units BIGINT)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE of_all lot;
    BEGIN
      UPDATE station SET skipped_at = clock_timestamp() WHERE name = of_station AND must_report AND skipped_at IS NULL;
      IF NOT FOUND THEN RAISE EXCEPTION 'no station % is waited for', of_station USING ERRCODE = 'BC014'; END IF;
      FOR of_all IN SELECT l.* FROM lot l JOIN lot_station s ON s.lot = l.id
          WHERE s.station = of_station AND l.state <> 'draft' ORDER BY l.id FOR UPDATE OF l LOOP
        lot_id := of_all.id;
        numbers := least(ahead, of_all.number_last + 1 - of_all.number_next);
        units := least(ahead, of_all.quantity - of_all.allotted);
        UPDATE lot SET number_next = number_next + numbers, allotted = allotted + units WHERE id = lot_id;
        IF units > 0 THEN
          INSERT INTO allotment (id, lot, station, units, is_assumed) VALUES (gen_random_uuid(), lot_id, of_station, units, true);
        END IF;
        PERFORM note_change(lot_id, 'skip-ahead', format('%s for station %s, which will not report', ahead, of_station), of_person);
        RETURN NEXT;
      END LOOP;
      PERFORM raise_alarm(of_station, NULL, 'skipped', format('station %s will not report what it was granted before the database was put back', of_station));
    END
  $$`,
];
