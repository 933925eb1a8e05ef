/** Who may log in as what. They belong to the cluster, and may be there for another database of it already. */
export const roles = ['bootctl_station', 'bootctl_office', 'bootctl_worker'] as const;

/** The functions by which a station speaks; it has no other right. */
const ofStations = [
  'station_hello(TEXT, BIGINT, TEXT, TEXT, TEXT)',
  'station_records(TEXT, BIGINT, TEXT[], TEXT[], TEXT[], TEXT[])',
  'station_beat(TEXT, BIGINT, BIGINT, JSONB)',
  'station_lots(TEXT)',
  'station_image(TEXT, BIGINT, BIGINT)',
  'station_units(TEXT, UUID, TEXT, BIGINT)',
  'station_units_back(TEXT, UUID, BIGINT)',
  'station_numbers(TEXT, UUID, TEXT, BIGINT)',
  'station_report(TEXT, JSONB)',
];

/** The functions by which a worker speaks. Of the queue it has what `src/fleet/rack/queue.ts` gives. */
const ofWorkers = [
  'worker_hello(TEXT, TEXT, JSON)',
  'worker_beat(TEXT)',
  'worker_leave(TEXT)',
  'worker_take(TEXT, BIGINT, UUID)',
  'worker_image(UUID, TEXT)',
  'worker_progress(UUID, BIGINT, DOUBLE PRECISION[], TEXT[])',
  'worker_done(UUID, JSON, BYTEA)',
  'worker_lost(UUID, TEXT)',
  'is_own_board(TEXT)',
  'workers_there()',
  'give_up_worker(TEXT, TEXT, BIGINT)',
];

/** What an office does; it may read all, and changes nothing but by these. */
const ofOffice = [
  'office_image(TEXT, BYTEA)',
  'office_lot(TEXT, TEXT, TEXT, TEXT)',
  'office_assign(TEXT, TEXT[], TEXT)',
  'office_state(TEXT, TEXT, TEXT, TEXT)',
  'office_clear(BIGINT, TEXT, TEXT)',
  'office_skip(TEXT, BIGINT, TEXT)',
  'submit_known_image(TEXT)',
  'submit_image(TEXT, TEXT, BYTEA)',
  'submit_job(UUID, TEXT, TEXT, JSON, JSON)',
  'cancel_job(BIGINT, TEXT)',
  'forget_jobs(DOUBLE PRECISION)',
  'workers_there()',
  'give_up_worker(TEXT, TEXT, BIGINT)',
];

/** Rights as they have to be; given anew after each migration. A login role is made by `fleet join`. */
export const grants: readonly string[] = [
  'REVOKE ALL ON SCHEMA bootctl FROM PUBLIC',
  'REVOKE ALL ON ALL TABLES IN SCHEMA bootctl FROM PUBLIC',
  'REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bootctl FROM PUBLIC',
  `GRANT USAGE ON SCHEMA bootctl TO ${roles.join(', ')}`,
  ...ofStations.map((name) => `GRANT EXECUTE ON FUNCTION bootctl.${name} TO bootctl_station`),
  ...ofWorkers.map((name) => `GRANT EXECUTE ON FUNCTION bootctl.${name} TO bootctl_worker`),
  ...ofOffice.map((name) => `GRANT EXECUTE ON FUNCTION bootctl.${name} TO bootctl_office`),
  'GRANT SELECT ON ALL TABLES IN SCHEMA bootctl TO bootctl_office',
];
