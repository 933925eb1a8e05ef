import { expect } from 'vitest';
import type { FleetLinkView } from '../../src/jig/station-view.ts';
import { browserTest, openPage, serve, useChromium, violations } from './chromium.ts';

useChromium();

const at = new Date(2026, 10, 29, 14, 2).getTime();
const fleet: FleetLinkView = {
  ...{ connection: 'offline', since: at, detail: 'in English', unsent: 12, unsentSince: at, waiting: ['L2'] },
  ...{ leaseMinutes: 715, unitsLeft: 0, numbersLeft: 7, clockSeconds: 3 },
};

browserTest('the page of a station in a fleet says how it stands with it, and why it waits', async () => {
  const heldReason = { code: 'grant-used-up', lot: 'L1', what: 'units', station: 'line2-a', since: '14:02' } as const;
  await using served = await serve({}, { fleet, state: 'held', heldBy: 'in English', heldReason });
  const { station, address } = served;
  const opened = await openPage(address);
  const { page, errors } = opened;
  const line = page.locator('.fleet');
  await line.waitFor();
  expect(await line.innerText()).toMatch(
    /^fleet: not reached since 02:02 PM · 12 unsent since 02:02 PM · goes on alone for 11 h · clock wrong by 3 s · then L2$/,
  );
  expect(await page.locator('.banner').innerText()).toContain(
    'Lot L1: the units granted to line2-a are used up, and the fleet cannot be reached since 14:02.',
  );
  expect(await violations(page)).toEqual([]);
  station.tell({
    event: 'station',
    view: { ...station.view(), state: 'ready', heldReason: undefined, fleet: { ...fleet, connection: 'connected' } },
  });
  await page.locator('.fleet[data-fleet=connected]').waitFor();
  expect(await line.innerText()).toMatch(/^fleet: connected · 12 unsent/);
  expect(errors).toEqual([]);
});
