/**
 * Lots and what a station is granted of them. A request has an id that the station has written down before: the same id again gives
 * the same grant.
 */
export const grantFunctions: readonly string[] = [
  // Lots of this station, whatever their state: a lot that was stopped has to be heard of.
  `CREATE FUNCTION station_lots(of_life TEXT)
    RETURNS TABLE (id TEXT, definition TEXT, signature TEXT, signer TEXT, lease_seconds BIGINT, state TEXT, held_by TEXT)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE own station := me(of_life);
    BEGIN
      RETURN QUERY SELECT l.id, l.definition, l.signature, l.signer, l.lease_seconds, l.state, l.held_by
        FROM lot l JOIN lot_station s ON s.lot = l.id WHERE s.station = own.name AND l.state <> 'draft' ORDER BY l.created_at, l.id;
    END
  $$`,
  // A piece of an image, `at` bytes from its beginning; a slow network brings it piece by piece.
  `CREATE FUNCTION station_image(of_sha256 TEXT, at BIGINT, length BIGINT) RETURNS BYTEA
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE own station := me(); found_content BYTEA;
    BEGIN
      SELECT substring(i.content FROM at::INT + 1 FOR length::INT) INTO found_content FROM image i WHERE i.sha256 = of_sha256 AND EXISTS (
        SELECT 1 FROM lot_image JOIN lot_station USING (lot) WHERE image = of_sha256 AND station = own.name);
      IF NOT FOUND THEN RAISE EXCEPTION 'no lot of station % has the image %', own.name, of_sha256 USING ERRCODE = 'BC004'; END IF;
      RETURN found_content;
    END
  $$`,
  // Locks the lot. Nothing is granted of one that is not open.
  `CREATE FUNCTION open_lot(of_station TEXT, of_lot TEXT) RETURNS lot LANGUAGE plpgsql AS $$
    DECLARE found_lot lot;
    BEGIN
      PERFORM refuse_while_restored(of_station);
      SELECT * INTO found_lot FROM lot WHERE id = of_lot FOR UPDATE;
      IF NOT FOUND OR NOT EXISTS (SELECT 1 FROM lot_station WHERE lot = of_lot AND station = of_station) THEN
        RAISE EXCEPTION 'lot % is not assigned to station %', of_lot, of_station USING ERRCODE = 'BC004';
      END IF;
      IF found_lot.state <> 'open' THEN
        RAISE EXCEPTION 'lot % is %', of_lot, found_lot.state USING ERRCODE = 'BC005';
      END IF;
      RETURN found_lot;
    END
  $$`,
  // How many good units it may make more: no more than asked for, and no more than leaves some for the other stations. Zero: none is left.
  `CREATE FUNCTION station_units(of_life TEXT, of_id UUID, of_lot TEXT, most BIGINT) RETURNS BIGINT
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE own station := me(of_life); given BIGINT; of_all lot; sharing BIGINT;
    BEGIN
      SELECT a.units INTO given FROM allotment a WHERE a.id = of_id AND a.station = own.name AND a.lot = of_lot;
      IF FOUND THEN RETURN given; END IF;
      of_all := open_lot(own.name, of_lot);
      SELECT count(*) INTO sharing FROM lot_station WHERE lot = of_lot;
      given := least(most, ceil((of_all.quantity - of_all.allotted) / (2.0 * sharing)))::BIGINT;
      IF given <= 0 THEN RETURN 0; END IF;
      UPDATE lot SET allotted = allotted + given WHERE id = of_lot;
      INSERT INTO allotment (id, lot, station, units) VALUES (of_id, of_lot, own.name, given);
      RETURN given;
    END
  $$`,
  // `of_returned`: of all units of this allotment those that the station has written off, and will never make under it.
  `CREATE FUNCTION station_units_back(of_life TEXT, of_id UUID, of_returned BIGINT) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE own station := me(of_life); before allotment;
    BEGIN
      SELECT * INTO before FROM allotment a WHERE a.id = of_id AND a.station = own.name FOR UPDATE;
      IF NOT FOUND OR before.returned >= of_returned THEN RETURN; END IF;
      UPDATE allotment SET returned = of_returned WHERE id = of_id;
      UPDATE lot SET allotted = allotted - (of_returned - before.returned) WHERE id = before.lot;
    END
  $$`,
  // The next numbers of the lot; no row where none is left.
  `CREATE FUNCTION station_numbers(of_life TEXT, of_id UUID, of_lot TEXT, most BIGINT) RETURNS TABLE (first BIGINT, last BIGINT)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE own station := me(of_life); of_all lot; upto BIGINT;
    BEGIN
      RETURN QUERY SELECT b.first, b.last FROM serial_block b WHERE b.id = of_id AND b.station = own.name AND b.lot = of_lot;
      IF FOUND THEN RETURN; END IF;
      of_all := open_lot(own.name, of_lot);
      IF of_all.number_next IS NULL OR of_all.number_next > of_all.number_last THEN RETURN; END IF;
      upto := least(of_all.number_next + most - 1, of_all.number_last);
      UPDATE lot SET number_next = upto + 1 WHERE id = of_lot;
      INSERT INTO serial_block (id, lot, station, first, last) VALUES (of_id, of_lot, own.name, of_all.number_next, upto);
      RETURN QUERY SELECT of_all.number_next, upto;
    END
  $$`,
  // After a restore: all that the station was granted, as it has it. `grants`: [{"kind": "units", "id", "lot", "units", "returned"} or
  // {"kind": "numbers", "id", "lot", "first", "last"}]. What contradicts is an alarm, and holds the station.
  `CREATE FUNCTION station_report(of_life TEXT, grants JSONB) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = bootctl, pg_temp AS $$
    DECLARE own station := me(of_life); given JSONB; problem TEXT;
    BEGIN
      WITH assumed AS (DELETE FROM allotment a WHERE a.station = own.name AND a.is_assumed RETURNING a.lot, a.units)
        UPDATE lot l SET allotted = allotted - given_back.units
        FROM (SELECT assumed.lot, sum(assumed.units) AS units FROM assumed GROUP BY assumed.lot) given_back WHERE l.id = given_back.lot;
      FOR given IN SELECT value FROM jsonb_array_elements(grants) LOOP
        BEGIN
          PERFORM keep_grant(own.name, given);
        EXCEPTION WHEN integrity_constraint_violation OR data_exception THEN
          GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT;
          PERFORM hold_station(own.name, 'grant-refused',
            format('what station %s was granted of lot %s contradicts what the database has: %s', own.name, given ->> 'lot', problem));
        END;
      END LOOP;
      UPDATE station SET must_report = false, skipped_at = NULL WHERE name = own.name;
      PERFORM pg_notify('bootctl_lot', '');
    END
  $$`,
  `CREATE FUNCTION keep_grant(of_station TEXT, given JSONB) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE of_lot TEXT := given ->> 'lot'; added BIGINT;
    BEGIN
      IF given ->> 'kind' = 'numbers' THEN
        INSERT INTO serial_block (id, lot, station, first, last)
          VALUES ((given ->> 'id')::UUID, of_lot, of_station, (given ->> 'first')::BIGINT, (given ->> 'last')::BIGINT)
          ON CONFLICT (id) DO NOTHING;
        UPDATE lot SET number_next = greatest(number_next, (given ->> 'last')::BIGINT + 1) WHERE id = of_lot;
      ELSE
        INSERT INTO allotment AS known (id, lot, station, units, returned)
          VALUES ((given ->> 'id')::UUID, of_lot, of_station, (given ->> 'units')::BIGINT, (given ->> 'returned')::BIGINT)
          ON CONFLICT (id) DO UPDATE SET returned = greatest(known.returned, excluded.returned);
        SELECT coalesce(sum(units - returned), 0) INTO added FROM allotment WHERE lot = of_lot;
        UPDATE lot SET allotted = added WHERE id = of_lot;
      END IF;
    END
  $$`,
];
