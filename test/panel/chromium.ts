import { existsSync, readFileSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/host/system/system-clock.ts';
import { type Panel, type PanelOptions, servePanel } from '../../src/panel/server.ts';
import { type ScriptedStation, scriptedStation } from '../helpers/scripted-station.ts';

const executablePath = process.env.BOOTCTL_CHROMIUM ?? '/usr/bin/chromium';

/** Why there is no browser here, or undefined. `BOOTCTL_REQUIRE=chromium` makes that an error. */
export function noChromium(): string | undefined {
  if (existsSync(executablePath)) return undefined;
  const missing = `${executablePath} is not there: apt-get install chromium, or set BOOTCTL_CHROMIUM`;
  if ((process.env.BOOTCTL_REQUIRE ?? '').split(',').includes('chromium')) throw new Error(missing);
  return missing;
}

const missing = noChromium();

/** A test with a real browser; skipped, with the reason in its name, where there is none. */
export const browserTest = (name: string, run: () => Promise<void>, timeout = 30_000): void =>
  missing === undefined ? test(name, run, timeout) : test.skip(`${name} (${missing})`, run);

let browser: Browser | undefined;
let context: BrowserContext | undefined;
let page: Page | undefined;
let errors: string[] = [];

/** Starts the browser of this file, with one page that its tests use one after the other, and ends it. */
export function useChromium(): void {
  beforeAll(async () => {
    if (missing !== undefined) return;
    // As root in a container Chromium has no sandbox of its own; the pages are ours.
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
    context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC' });
    await context.addInitScript(recordTones);
    await context.addInitScript(recordLoss);
    context.on('weberror', (error) => errors.push(error.error().message));
    context.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page = await context.newPage();
  }, 60_000);
  afterAll(() => browser?.close());
}

export interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page has thrown, and what its console called an error: a breach of its policy as well. */
  readonly errors: readonly string[];
}

/** The page of this file at another address; what a person has chosen there stays with the address. */
export async function openPage(address: string, size = { width: 1280, height: 720 }): Promise<Opened> {
  await page!.goto('about:blank');
  errors = [];
  await page!.setViewportSize(size);
  await page!.goto(address);
  return { page: page!, context: context!, errors };
}

/** All tones that the page plays, in `tones`. */
const recordTones = `
  window.tones = [];
  window.AudioContext = class {
    currentTime = 0;
    destination = {};
    async resume() {}
    createOscillator() {
      const frequency = {};
      return { frequency, connect() {}, start() { window.tones.push(frequency.value); }, stop() {} };
    }
  };`;

/** When the page has lost its server, in `lostAt`, by the clock that this process has as well. */
const recordLoss = `
  addEventListener('DOMContentLoaded', () => {
    new MutationObserver(() => {
      if (document.body.dataset.connection === 'lost') window.lostAt = Date.now();
    }).observe(document.body, { attributes: true });
  });`;

/** When the page says that it has lost its server. */
export async function lostAt({ page }: Opened): Promise<number> {
  await page.getByRole('alert').getByText('CONNECTION LOST').waitFor();
  return Number(await page.evaluate('window.lostAt'));
}

export interface Served extends AsyncDisposable {
  readonly panel: Panel;
  readonly station: ScriptedStation;
  readonly address: string;
}

export async function serve(
  changes: Partial<PanelOptions> = {},
  view: Parameters<typeof scriptedStation>[0] = {},
): Promise<Served> {
  const station = scriptedStation(view);
  const panel = await servePanel({
    station,
    clock: systemClock,
    host: '127.0.0.1',
    port: 0,
    ownNames: [],
    token: undefined,
    lead: undefined,
    ...changes,
  });
  return { panel, station, address: panel.address, [Symbol.asyncDispose]: () => panel[Symbol.asyncDispose]() };
}

/** As a scanner types it, and Enter. */
export async function scan(page: Page, code: string): Promise<void> {
  await page.keyboard.type(code);
  await page.keyboard.press('Enter');
}

export const tile = (page: Page, slot: string) =>
  page.locator('article', { has: page.getByRole('heading', { name: slot, exact: true }) });

const axe = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

/** What axe finds wrong with the page as it is, as `rule: selector`. */
export async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })');
  return (found as { violations: { id: string; nodes: { target: string[] }[] }[] }).violations.flatMap(
    ({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`),
  );
}

/** How far the page can be moved sideways, in pixels. */
export const sideways = (page: Page): Promise<unknown> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

/** Waits until the page says so. */
export const shows = async (page: Page, slot: string, shown: string): Promise<void> => {
  await tile(page, slot)
    .and(page.locator(`[data-shown=${shown}]`))
    .waitFor();
  expect(await tile(page, slot).count()).toBe(1);
};
