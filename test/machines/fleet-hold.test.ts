import { expect, test } from 'vitest';
import { type FleetSituation, fleetHold } from '../../machines/fleet-hold.policy.ts';
import type { StationReason } from '../../machines/station-reason.ts';
import { failure } from '../helpers/machines.ts';

const lot = { id: 'L1', state: 'open', heldBy: null, lease: 3_600_000 } as const;
const stock = { lot: 'L1', isOpen: true, units: 5, numbers: 5 };
const well: FleetSituation = {
  ...{
    station: 'a',
    error: undefined,
    offlineSince: undefined,
    heldBy: undefined,
    lot,
    unusable: undefined,
    silent: 0,
  },
  ...{ clockOffset: 0, stock, dry: [] },
};

test.each<[what: string, changes: Partial<FleetSituation>]>([
  ['all is well', {}],
  ['the centre is not reached, and grants are left', { error: failure('fleet-unreachable'), offlineSince: '14:02' }],
  ['a clock is off by 5 min', { clockOffset: -300_000 }],
  ['the centre has not said its time', { clockOffset: undefined }],
  ['the lease is nearly over', { silent: 3_599_999 }],
  ['units have no numbers of a range', { stock: { ...stock, numbers: undefined } }],
  ['what is left is not known yet', { stock: undefined }],
])('a unit may begin where %s', (_, changes) => {
  expect(fleetHold({ ...well, ...changes })).toBeUndefined();
});

const forked = failure('fleet-records-forked');
const taken = failure('station-taken-over');
const broken = failure('image-unreadable');

/** From the most urgent on: each holds also where all below it do. */
const holds: readonly [changes: Partial<FleetSituation>, reason: StationReason][] = [
  [{ error: taken }, { code: 'fleet-double', error: 'station-taken-over', detail: taken.message }],
  [{ error: forked }, { code: 'fleet-double', error: 'fleet-records-forked', detail: forked.message }],
  [{ heldBy: 'two computers' }, { code: 'fleet-holds', why: 'two computers' }],
  [{ clockOffset: -300_501 }, { code: 'clock-wrong', seconds: -301 }],
  [
    { lot: undefined, offlineSince: '14:02' },
    { code: 'fleet-awaited', station: 'a' },
  ],
  [{ lot: undefined }, { code: 'lot-none', station: 'a' }],
  [{ lot: { ...lot, state: 'closed' } }, { code: 'lot-closed', lot: 'L1' }],
  [{ unusable: broken }, { code: 'lot-unusable', lot: 'L1', error: 'image-unreadable', detail: broken.message }],
  [{ lot: { ...lot, state: 'held', heldBy: 'wrong label' } }, { code: 'lot-held', lot: 'L1', why: 'wrong label' }],
  [{ lot: { ...lot, state: 'held' } }, { code: 'lot-held', lot: 'L1', why: '' }],
  [{ silent: 3_600_000 }, { code: 'lease-used-up', lot: 'L1', hours: 1 }],
  [
    { stock: { ...stock, units: 0, numbers: 0 }, offlineSince: '14:02' },
    { code: 'grant-used-up', lot: 'L1', what: 'units', station: 'a', since: '14:02' },
  ],
  [{ stock: { ...stock, units: 0 } }, { code: 'grant-awaited', lot: 'L1', what: 'units' }],
  [{ stock: { ...stock, numbers: 0 } }, { code: 'grant-awaited', lot: 'L1', what: 'numbers' }],
  [
    { stock: { ...stock, numbers: 0 }, dry: ['numbers'] },
    { code: 'lot-given-out', lot: 'L1', what: 'numbers' },
  ],
];

test.each(holds)('%j holds the station', (changes, reason) => {
  expect(fleetHold({ ...well, ...changes })).toEqual(reason);
});

test('where several hold it, the most urgent one is said', () => {
  const together = holds.filter(([changes]) => !('offlineSince' in changes || 'dry' in changes));
  const said = together.map((_, index) => {
    const all = together.slice(index).map(([changes]) => changes);
    return fleetHold(Object.assign({ ...well }, ...all.toReversed()))?.code;
  });
  expect(said).toEqual(together.map(([, { code }]) => code));
});
