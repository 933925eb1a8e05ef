/*
 * The page of a station with 16 slots: from a scan to "running" in a browser, and what station and page cost. Figures, never
 * a test. The slots are processes of their own, simulated; the browser is Chromium.
 *
 *   npm run build && node test/benchmarks/page.mjs [seconds]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { bundledProgram } from '../../dist/src/base/hardware-folder.js';
import { builtInProfile } from '../../dist/src/board/profile/built-in-profile.js';
import { forkProcess } from '../../dist/src/host/system/forked-process.js';
import { systemClock } from '../../dist/src/host/system/system-clock.js';
import { readImages } from '../../dist/src/image/read-images.js';
import { SimulatedJig } from '../../dist/src/jig/station/simulated-jig.js';
import { Station } from '../../dist/src/jig/station/station.js';
import { servePanel } from '../../dist/src/panel/server.js';
import { openRecords } from '../../dist/src/records/open-records.js';

const seconds = Number(process.argv[2] ?? 60);
const slots = Array.from({ length: 16 }, (_, index) => ({
  name: `A${index + 1}`,
  ...{ adapter: `1-1.${index + 1}`, target: `1-2.${index + 1}`, power: undefined, profile: 'rc-cap' },
}));
const firmware = 'test/fixtures/firmware/blink-f405.hex';
const image = await readImages([{ path: firmware, name: firmware }], {});
const profile = builtInProfile('rc-cap');

/** A station with its page in this process; `hand`: how long the operator takes for a movement, or nobody moves. */
async function startStation(on, hand) {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-bench-'));
  const records = openRecords(join(folder, 'records.db'), {
    station: 'bench',
    now: Date.now,
    onBackupTrouble: () => {},
  });
  const jig = new SimulatedJig({
    ...{
      slots,
      adapters: 'jig',
      clock: systemClock,
      seed: 7,
      faults: { scenarios: [], oneOf: 8 },
      hand: hand ?? { least: 0, most: 0 },
    },
    ...{ labelOf: (unit) => `SN${unit}`, onStuck: () => {} },
  });
  const unit = { serial: undefined, patch: [], secret: [], again: 'refuse', failed: 'retry' };
  const station = new Station({
    plan: {
      ...{ station: 'bench', lot: 'L1', quantity: undefined, image: [firmware], slots, adapters: 'jig' },
      start: { on, settle: 5 },
      ...{ mode: 'parallel', together: 16, unit, gate: undefined, before: [], after: [], limits: [], retests: 2 },
      ...{ hold: { failuresInARow: 3, golden: undefined }, page: {}, records: ':memory:' },
    },
    slots: slots.map(({ name, adapter, target }) => ({
      ...{ name, adapter, target },
      profile: { ...profile, adapter: { path: adapter }, usb: { ...profile.usb, path: target } },
    })),
    ...{ image, planHash: 'plan', profileHash: 'profile', version: 'bench', records, askGate: undefined },
    units: {
      serialsFor: (label) => [
        label === undefined ? { first: 1, last: 99_999, format: (n) => `SN${n}` } : { text: label },
      ],
      labelOf: (code) => code,
      ...{ take: () => {}, giveBack: () => {}, storedDataOf: () => ({}), patchesOf: () => [] },
    },
    ...{ bus: jig.bus, clock: systemClock, now: Date.now, simulated: 'virtual', simulatedUnit: jig.unitIn },
    ...{ startProcess: (onMessage) => forkProcess(bundledProgram('slot'), onMessage), wanted: undefined },
  });
  const access = { token: undefined, lead: undefined, ownNames: [] };
  const panel = await servePanel({ station, clock: systemClock, host: '127.0.0.1', port: 0, ...access });
  if (hand) jig.operate(station);
  station.start();
  const end = async () => {
    await panel[Symbol.asyncDispose]();
    station.end({ aborts: true });
    await station.ended;
    records[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  return { station, panel, end };
}

const executablePath = process.env.BOOTCTL_CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });

/** Enter at the scan field to the frame in which the slot's tile says that it runs, in ms. */
const scanInto = (slot) =>
  page.evaluate((name) => {
    const field = document.querySelector('.scan input');
    const scan = (code) => {
      field.value = code;
      field.form.requestSubmit();
    };
    const tile = [...document.querySelectorAll('article')].find((one) => one.querySelector('h2').textContent === name);
    const busy = ['running', 'judging', 'recording', 'pass', 'fail', 'error'];
    scan(`SLOT:${name}`);
    const began = performance.now();
    scan(`SN-${name}`);
    return new Promise((resolve) => {
      const look = () =>
        busy.includes(tile.dataset.shown) ? resolve(performance.now() - began) : requestAnimationFrame(look);
      look();
    });
  }, slot);

const scans = await startStation(['scan']);
await page.goto(scans.panel.address);
await page.locator('article').last().waitFor();
await page.waitForFunction(() => document.querySelectorAll('[data-shown=waiting]').length === 16);
const took = [];
for (const { name } of slots) took.push(await scanInto(name));
await scans.end();
took.sort((one, other) => one - other);
const shown = (ms) => `${ms.toFixed(0)} ms`;
console.log(
  `scan to running on the page: median ${shown(took[8])}, least ${shown(took[0])}, most ${shown(took[15])} (16 slots, one scan each)`,
);

const shift = await startStation(['insert'], { least: 5_000, most: 9_000 });
await page.goto(shift.panel.address);
await page.locator('[data-shown=pass]').first().waitFor({ timeout: 60_000 });
const [units, cpu, began] = [shift.station.view().counts.units, process.cpuUsage(), performance.now()];
await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
const used = process.cpuUsage(cpu);
const [minutes, made] = [(performance.now() - began) / 60_000, shift.station.view().counts.units - units];
await shift.end();
await browser.close();
const busy = (used.user + used.system) / 60e6 / minutes;
console.log(
  `station and page: ${(busy * 100).toFixed(1)} % of a core at ${(made / minutes).toFixed(0)} units a minute, one page open: ${((busy * 6_000) / (made / minutes)).toFixed(1)} % at 60`,
);
process.exit();
