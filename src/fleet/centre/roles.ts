/** Who may log in as what. They belong to the cluster, and may be there for another database of it already. */
export const roles = ['bootctl_station', 'bootctl_office', 'bootctl_worker'] as const;

/** The functions by which a station speaks; it has no other right. */
const ofStations = [
  'station_hello(TEXT, BIGINT, TEXT, TEXT)',
  'station_records(TEXT, BIGINT, TEXT[], TEXT[], TEXT[], TEXT[])',
  'station_beat(TEXT, BIGINT, BIGINT, JSONB)',
  'station_lots(TEXT)',
  'station_image(TEXT)',
  'station_units(TEXT, UUID, TEXT, BIGINT)',
  'station_units_back(TEXT, UUID, BIGINT)',
  'station_numbers(TEXT, UUID, TEXT, BIGINT)',
  'station_report(TEXT, JSONB)',
];

/** Rights as they have to be; given anew after each migration. A login role is made by `fleet join`. */
export const grants: readonly string[] = [
  'REVOKE ALL ON SCHEMA bootctl FROM PUBLIC',
  'REVOKE ALL ON ALL TABLES IN SCHEMA bootctl FROM PUBLIC',
  'REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bootctl FROM PUBLIC',
  `GRANT USAGE ON SCHEMA bootctl TO ${roles.join(', ')}`,
  ...ofStations.map((name) => `GRANT EXECUTE ON FUNCTION bootctl.${name} TO bootctl_station`),
  'GRANT SELECT ON ALL TABLES IN SCHEMA bootctl TO bootctl_office',
];
