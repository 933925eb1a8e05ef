import type { CatalogRow } from './row.ts';

/** Several stations at one lot, and boards in a rack: what stands between them and the database. */
export const fleetErrors = {
  'fleet-unreachable': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'Look at the network and at the server of the database; a station goes on with what it was granted, and sends its records later.',
  },
  'fleet-refused': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Look at user, password and database of the address; a station gets its own by `bootctl fleet join`.',
  },
  'fleet-missing': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Run `bootctl fleet init` with this version: the database has no fleet yet, or an older one.',
  },
  'fleet-newer': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Run the bootctl that made it, or a newer one.',
  },
  'fleet-records-gap': {
    kind: 'internal',
    recovery: 'stop',
    hint: 'Keep the records of this station and its database, and report this: records are sent in their order.',
  },
  'fleet-unfit': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Give the user of the address what is missing, then run `bootctl fleet init` again.',
  },
  'key-unusable': {
    kind: 'usage',
    recovery: 'stop',
    hint: '`bootctl fleet init` makes the key of an office; name another one with `--key FILE`, as PEM, which nobody else may read.',
  },
  'fleet-records-forked': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'These records are not those that the fleet has of this station: the file was put back from a copy, lies on a second computer, or is that of another station. Put the right file in its place; a station with a new name begins with a new file.',
  },
  'station-joined': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Give this station another name: two of one name would hand out the same numbers.',
  },
  'station-taken-over': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'End the other `bootctl jig run` of this name; if its folder was copied to a second computer, that one needs a name of its own by `bootctl fleet join`.',
  },
  'grant-used-up': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'The station goes on by itself when the fleet grants it more; look at the network, and at the lot with `bootctl fleet lot show`.',
  },
  'lot-unknown': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'See the lots and their stations with `bootctl fleet lot show`.',
  },
  'lot-taken': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Give the lot another id, and numbers that no other lot has; `bootctl fleet lot show` lists them.',
  },
  'lot-closed': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'A closed lot stays closed: create another one for what is still to be made.',
  },
  'station-unknown': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Name stations that have joined, with `bootctl fleet lot assign ID --station NAME`; `bootctl fleet status` lists them.',
  },
  'nothing-open': {
    kind: 'usage',
    recovery: 'stop',
    hint: '`bootctl fleet check` lists the alarms that are open, and the stations that are waited for.',
  },
  'fleet-changed': {
    kind: 'verify',
    recovery: 'stop',
    hint: 'Compare with the records of that station and with a dump of the database; what a station has is sent again after a dump was put back.',
  },
  'lot-invalid': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Nothing was stored: change the file, then create the lot again.',
  },
  'lot-unverified': {
    kind: 'verify',
    recovery: 'stop',
    hint: 'Compare the keys that `bootctl fleet init` and `bootctl fleet join` have printed; the lot has to be created anew with the right one.',
  },
  'lot-incomplete': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'It is fetched as soon as the fleet is reached; look at the network.',
  },
  'lot-held': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'See why with `bootctl fleet lot show`; whoever holds it starts it again with `bootctl fleet lot start`.',
  },
  'rack-invalid': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Correct the lines that are named; README, "A rack of boards", shows a boards.yaml.',
  },
  'worker-joined': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Give this worker another name; each computer of a rack has its own.',
  },
  'worker-taken-over': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'End the other `bootctl fleet work` of this worker; a second computer needs a name of its own by `bootctl fleet join --worker`.',
  },
  'board-taken': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Take the board out of one boards.yaml: a board belongs to one worker.',
  },
  'board-unknown': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'See the boards and their workers with `bootctl fleet job`; a board is known once `bootctl fleet work` had it in its boards.yaml.',
  },
  'job-unknown': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'The number of a job is printed by `bootctl fleet submit`; `bootctl fleet job` shows the last ones.',
  },
  'job-not-queued': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'A job that has begun is never cut from afar: follow it with `bootctl fleet job ID --wait`.',
  },
  'job-cancelled': {
    kind: 'aborted',
    recovery: 'stop',
    hint: 'Nothing has moved. Submit it again, where it is still wanted.',
  },
  'job-not-begun': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'Nothing has moved, and the job is cancelled. Start `bootctl fleet work` where the board is, or wait for longer.',
  },
  'job-lost': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'Nobody knows how it ended, and it is not repeated by itself: submit `recover` for this board once its worker is back.',
  },
} as const satisfies Record<string, CatalogRow>;
