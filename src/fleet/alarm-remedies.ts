/** What a person does about each kind of alarm that the functions of the centre raise, before it is cleared. */
export const alarmRemedies = {
  'two-computers':
    'Find the other computer that has a copy of the folder of this station, and end `bootctl jig run` there; it may join under a name of its own.',
  'chain-forked':
    'The records.db of this station is not the one that has sent before. Put the newest one back; where it is gone, `bootctl fleet retire` this station, and join under another name, with a new records.db.',
  'chain-broken':
    'A record was changed where it was made. Keep that records.db, and look with `bootctl jig report --check`; then `bootctl fleet retire` this station, and join under another name, with a new one.',
  quarantine:
    'Look at the units with this number, and take out those that are wrong. The record stays, and counts nowhere.',
  'grant-refused':
    'Its numbers may be in units of another station as well: compare the units that both have made since the date of the copy, and take out the doubles.',
  restored:
    'Nothing is granted before each station has told what it was granted: start them. For one that will not come back: `bootctl fleet check --skip-ahead N --station NAME`.',
  skipped: 'Nothing is left to do. Should the station come back, what it tells takes the place of what was assumed.',
} as const satisfies Record<string, string>;

export type AlarmCode = keyof typeof alarmRemedies;

/** A newer version may have left an alarm that is not known here. */
export const isAlarmCode = (code: string): code is AlarmCode => Object.hasOwn(alarmRemedies, code);
