import type { CatalogRow } from './row.ts';

/** A station: its records, its units, its slots. */
export const jigErrors = {
  'jig-invalid': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Run `bootctl jig check` after each change of the file.',
  },
  'station-busy': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'One station writes its records alone: end the other `bootctl jig run`, or name another file as `records`.',
  },
  'records-missing': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Name the file that `records` of jig.yaml names; `bootctl jig run` makes it.',
  },
  'records-unwritable': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Make room on that disk, or give yourself the right to write there, then start the station again: nothing that was shown is lost.',
  },
  'records-damaged': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Keep that file and look at the disk. Put the newest of the backups beside it in its place, and begin the range in jig.yaml behind every number that was given since: nothing else knows of them.',
  },
  'records-mixed': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Name another file as `records` in jig.yaml: simulated units would take the serial numbers of real ones.',
  },
  'records-newer': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Run the bootctl that wrote it, or a newer one; an older one would not keep what it does not know.',
  },
  'records-changed': {
    kind: 'verify',
    recovery: 'stop',
    hint: 'Compare with the backups beside the file; what a row was is in the one before the change.',
  },
  'unit-unknown': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Give its serial number as `bootctl jig report --csv` lists it, or the unique id of its chip.',
  },
  'pairing-incomplete': {
    kind: 'entry',
    recovery: 'stop',
    hint: 'Do what is said at each adapter, then pair once more: slots that are in the file are left alone.',
  },
  'unit-refused': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Put the unit aside, and see its life with `bootctl jig unit SERIAL`.',
  },
  'chip-id-unread': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Nothing was written. `bootctl info` shows what this ROM lets be read; over USART more of them do. Else take {uid} and `identify: chip` out of jig.yaml.',
  },
  'numbers-used-up': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Enlarge the range of `unit.serial` in jig.yaml; `bootctl jig report` says which numbers are burnt.',
  },
  'lot-complete': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Begin the next lot: change `lot` in jig.yaml, or its `quantity`.',
  },
  'page-unreachable': {
    kind: 'usage',
    recovery: 'stop',
    hint: 'Choose another address or port with `page: { listen: … }` or `--listen`, or end the program that has it.',
  },
  'slot-lost': {
    kind: 'adapter',
    recovery: 'stop',
    hint: 'The process of this slot has ended or hangs; it is started again by itself. Put the unit in again.',
  },
  'step-failed': {
    kind: 'application',
    recovery: 'stop',
    hint: 'A step of jig.yaml has found the unit bad: look at what the step says, and at the unit.',
  },
  'limit-missed': {
    kind: 'application',
    recovery: 'stop',
    hint: 'A figure of this unit lies outside its limits in jig.yaml: look at the figure, and at the contacts of the slot.',
  },
} as const satisfies Record<string, CatalogRow>;
