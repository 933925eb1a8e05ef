import { expect } from 'vitest';
import {
  changeBetween,
  emptyFleet,
  type FleetChange,
  type FleetHandle,
  type FleetStation,
  type FleetView,
} from '../../src/fleet/live/fleet-view.ts';
import { systemClock } from '../../src/host/system/system-clock.ts';
import { serveFleet } from '../../src/panel/fleet-panel.ts';
import type { PageServer, Panel } from '../../src/panel/serve-page.ts';
import { fleetStation } from '../helpers/fleet-view.ts';
import { browserTest, lostAt, openPage, sideways, useChromium, violations } from './chromium.ts';

useChromium();

const station = (name: string, changes: Partial<FleetStation> = {}): FleetStation =>
  fleetStation(name, {
    received: 1_234,
    slots: ['A1', 'A2', 'A3', 'A4'].map((slot) => ({
      ...{ name: slot, state: 'waiting', outcome: undefined, code: undefined, serial: undefined, heldBy: undefined },
    })),
    ...changes,
  });

const lot = (id: string): FleetView['lots'][number] => ({
  ...{ id, state: 'open', heldBy: undefined, stations: ['line1', 'line2'], quantity: 500, allotted: 200, good: 120 },
  ...{ units: 125, firstPass: 110, runs: { pass: 121, fail: 15, error: 2, aborted: 0 } },
});

const drift = {
  station: 'line1',
  slot: 'A1',
  n: 200,
  mean: 9.5,
  low: 5,
  cpk: 1.2,
  perHundredRuns: -2.25,
  crossesIn: 90,
};

const full: FleetView = {
  lost: undefined,
  stations: [
    station('line1', {
      slots: [
        { ...station('').slots[0]!, name: 'A1', state: 'running', serial: 'SN000121' },
        { ...station('').slots[0]!, name: 'A2', state: 'verdict', outcome: 'fail', code: 'application-not-seen' },
      ],
    }),
    station('line2', { isConnected: false, lastHeard: 1_000, unsent: 1_017, clockOffset: -86_400_000 }),
    station('line3', { heldBy: 'record 7 of station line3 is another one here' }),
    station('line4', {
      isConnected: false,
      version: undefined,
      received: 0,
      slots: [],
      state: undefined,
      lot: undefined,
    }),
    station('line5', { mustReport: true }),
    station('line6', { state: 'stopped' }),
  ],
  lots: [lot('2611-A'), { ...lot('2611-B'), state: 'held', heldBy: 'wrong label', units: 0, firstPass: 0, good: 0 }],
  drifts: [
    { ...drift, slot: 'A2', perHundredRuns: undefined, crossesIn: undefined, isAlarm: false },
    { ...drift, isAlarm: true },
  ],
  alarms: [
    { id: 4, at: 2_000, station: 'line3', lot: undefined, code: 'chain-forked', why: 'record 7 is another one here' },
  ],
  quarantine: {
    count: 1,
    newest: [{ station: 'line2', seq: 88, at: 3_000, why: 'serial number SN7 is in two units' }],
  },
};

/** A fleet that is as a test says. */
function scriptedFleet(first: FleetView): FleetHandle & { become(view: FleetView): void } {
  let view = first;
  const listeners = new Set<(change: FleetChange) => void>();
  return {
    view: () => view,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    become(next) {
      const change = changeBetween(view, next);
      view = next;
      if (change) for (const listener of listeners) listener(change);
    },
  };
}

const serve = (fleet: FleetHandle, changes: Partial<PageServer> = {}): Promise<Panel> =>
  serveFleet({
    ...{ fleet, clock: systemClock, host: '127.0.0.1', port: 0, ownNames: [], token: undefined, lead: undefined },
    ...changes,
  });

browserTest(
  'a fleet is seen: a tile a station, lots with yield, alarms, what was put aside, and what moves',
  async () => {
    const fleet = scriptedFleet(full);
    await using panel = await serve(fleet);
    const { page, errors } = await openPage(panel.address);
    await page.getByRole('heading', { name: 'line6' }).waitFor();
    expect(await page.locator('.how').allInnerTexts()).toEqual([
      ...['BUSY', 'NOT CONNECTED', 'HELD', 'NEVER HEARD', 'REPORTS', 'ENDED'],
    ]);
    expect(await page.locator('.station .note').allInnerTexts()).toEqual([
      'Last heard: 01/01/1970, 00:00:01',
      'Records not arrived yet: 1,017',
      'Its clock is off by -86,400 s.',
      'Reason: record 7 of station line3 is another one here',
    ]);
    expect(await page.locator('station-tile').first().locator('li').allInnerTexts()).toEqual([
      'A1 BUSY SN000121',
      'A2 FAIL application-not-seen',
    ]);
    expect(await page.locator('header').innerText()).toContain('4 of 6 stations connected');
    expect(await page.locator('.lot').first().innerText()).toContain(
      'yield 96% · first pass 88% · 200 allotted to stations',
    );
    expect(await page.locator('.lot .counts').first().innerText()).toBe('120 passed of 500');
    expect(await page.locator('.lot').nth(1).innerText()).toContain('HELD · Reason: wrong label');
    expect(await page.locator('tbody tr').allInnerTexts()).toEqual([
      'line1\tA1\t9.5\t-2.25\t90',
      'line1\tA2\t9.5\t–\t–',
    ]);
    expect(await page.locator('.notes li').allInnerTexts()).toEqual([
      expect.stringMatching(
        /^01\/01\/1970, 00:00:02 · line3 · record 7 is another one here · The records.db of this station is not the one/,
      ),
      'line1, slot A1: hold margin of BOOT0 moves towards its limit; 90 runs to go',
      '01/01/1970, 00:00:03 · line2 88 · serial number SN7 is in two units',
    ]);
    const looks = await page
      .locator('.station')
      .evaluateAll((tiles) =>
        tiles.map((tile) => `${getComputedStyle(tile).borderTopStyle} ${tile.querySelector('.sign')!.innerHTML}`),
      );
    expect(new Set(looks).size).toBe(6);
    expect(await violations(page)).toEqual([]);

    fleet.become({ ...full, stations: [station('line1', { unsent: 5 }), ...full.stations.slice(2)], alarms: [] });
    await page.locator('header').getByText('Records not arrived yet: 5').waitFor();
    expect(await page.getByRole('heading', { name: 'line2' }).count()).toBe(0);
    expect(await page.locator('.notes li').count()).toBe(2);
    expect(errors).toEqual([]);
  },
);

browserTest(
  'a database that is gone is a sentence, a server that is gone a grey page within 2 s; both come back',
  async () => {
    const fleet = scriptedFleet(full);
    const first = await serve(fleet);
    const port = Number(new URL(first.address).port);
    const opened = await openPage(first.address);
    const { page } = opened;
    await page.getByRole('heading', { name: 'line6' }).waitFor();
    fleet.become({ ...full, lost: { since: 3_600_000, message: 'postgres://jig-db/bootctl: no answer' } });
    await page.getByRole('alert').getByText('DATABASE LOST since 01:00:00').waitFor();
    await page.getByText('The stations go on with what they were granted').waitFor();
    expect(await page.locator('main').evaluate((main) => getComputedStyle(main).filter)).toBe('grayscale(1)');
    expect(await violations(page)).toEqual([]);
    fleet.become(full);
    await page.getByRole('alert').waitFor({ state: 'detached' });

    const gone = Date.now();
    await first[Symbol.asyncDispose]();
    expect((await lostAt(opened)) - gone).toBeLessThan(2_000);
    await using again = await serve(scriptedFleet({ ...emptyFleet, stations: [station('line9')] }), { port });
    expect(again.address).toBe(first.address);
    await page.getByRole('heading', { name: 'line9' }).waitFor();
  },
);

browserTest('each language, from 320 pixels to a wall screen with a hundred stations', async () => {
  const clock = { heldBy: 'in English', heldReason: { code: 'clock-wrong', seconds: 400 } };
  const hundred = Array.from({ length: 94 }, (_, number) => station(`hall-${number}-of-the-long-building`));
  await using panel = await serve(
    scriptedFleet({
      ...full,
      stations: [...full.stations.slice(0, 4), station('line5', clock), ...full.stations.slice(5), ...hundred],
    }),
  );
  const { page } = await openPage(panel.address, { width: 320, height: 640 });
  await page.getByRole('heading', { name: 'line6' }).waitFor();
  for (const [width, height] of [
    [320, 640],
    [640, 360],
    [3840, 2160],
  ] as const) {
    await page.setViewportSize({ width, height });
    for (const [language, button, word, held] of [
      ['de', 'Deutsch', 'NICHT VERBUNDEN', 'Grund: Die Uhr dieses Rechners geht um 400 Sekunden'],
      ['zh', '中文', '未连接', '本机时钟误差 400 秒'],
      ['en', 'English', 'NOT CONNECTED', 'Reason: The clock of this computer is wrong by 400'],
    ] as const) {
      await page.getByRole('button', { name: button }).click();
      await page.locator(`html[lang=${language}]`).waitFor();
      expect(await page.locator('.how').nth(1).innerText()).toBe(word);
      expect(await page.locator('station-tile').nth(4).locator('.note').innerText()).toContain(held);
      expect(await sideways(page), `${language} at ${width}`).toBe(0);
    }
  }
  await page.setViewportSize({ width: 320, height: 640 });
  expect(await violations(page)).toEqual([]);
});

browserTest(
  'nothing that a station, a lot or a database says is code; without the token nothing is shown',
  async () => {
    const evil = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';
    const bad = station(evil, {
      ...{ heldBy: evil, lot: evil, version: evil },
      slots: [{ ...station('').slots[0]!, name: evil, serial: evil, code: evil }],
    });
    const fleet = scriptedFleet({
      lost: { since: 0, message: evil },
      stations: [bad],
      lots: [{ ...lot(evil), heldBy: evil, stations: [evil] }],
      drifts: [{ ...drift, station: evil, slot: evil, isAlarm: true }],
      alarms: [{ ...full.alarms[0]!, station: evil, lot: evil, why: evil }],
      quarantine: { count: 1, newest: [{ station: evil, seq: 1, at: 0, why: evil }] },
    });
    await using panel = await serve(fleet, { token: 'open-sesame' });
    const { page, errors } = await openPage(panel.address);
    await page.getByLabel('Token').fill('open-sesame');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: evil }).first().waitFor();
    expect(await page.locator('img, main script').count()).toBe(0);
    expect(await page.evaluate('window.pwned')).toBeUndefined();
    expect(errors.filter((one) => !one.includes('401'))).toEqual([]);
  },
);
