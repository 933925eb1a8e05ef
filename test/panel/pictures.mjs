/*
 * The pictures of the README, of simulated stations as a browser shows them:
 *
 *   npm run pictures         # chromium and postgresql, and fonts-wqy-microhei for the Chinese one
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { makeSite } from './fleet-site.mjs';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'src/panel/pictures');
const executablePath = process.env.BOOTCTL_CHROMIUM ?? '/usr/bin/chromium';
mkdirSync(join(root, 'build'), { recursive: true });
rmSync(join(root, 'build/demo-jig.db'), { force: true });

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const context = await browser.newContext({
  locale: 'en-GB',
  timezoneId: 'UTC',
  viewport: { width: 1200, height: 680 },
});
const page = await context.newPage();
const shoot = (name) => page.screenshot({ path: join(folder, `${name}.png`) });

/** Runs a command of bootctl that serves a page, and shows that. */
async function withPage(argv, work, env = process.env) {
  const child = spawn(process.execPath, [join(root, 'bin/bootctl.js'), ...argv], { cwd: root, env });
  let printed = '';
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text) => {
      printed += text;
    });
  }
  while (!/http:\/\/\S+/.test(printed)) await Promise.race([once(child.stderr, 'data'), once(child.stdout, 'data')]);
  await page.goto(/http:\/\/\S+/.exec(printed)[0]);
  try {
    await work();
  } finally {
    child.kill('SIGINT');
    await once(child, 'exit');
  }
}

/** A moment at which the page has one tile of each kind. */
const hasAll = (...kinds) =>
  page.waitForFunction((all) => all.every((kind) => document.querySelector(`[data-shown=${kind}]`)), kinds, {
    timeout: 600_000,
    polling: 50,
  });

await withPage(['jig', 'run', 'test/fixtures/jig/jig.yaml', '--simulate', '--seed', '5'], async () => {
  await hasAll('pass', 'fail', 'running');
  await shoot('jig-page');
});

await withPage(
  [
    'ui',
    'test/fixtures/firmware/blink-f405.hex',
    '--profile',
    'rc-cap',
    '--simulate',
    'flaky-entry',
    '--listen',
    '127.0.0.1:0',
  ],
  async () => {
    await page.keyboard.press('F4');
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await hasAll('pass');
    await page.setViewportSize({ width: 1200, height: 860 });
    await shoot('ui');
  },
);

const site = await makeSite();
await withPage(
  ['fleet', 'page', '--listen', '127.0.0.1:0'],
  async () => {
    await page.setViewportSize({ width: 1200, height: 620 });
    // Enough for a yield that means something, and then one of them is gone.
    await page.waitForFunction(
      () => Number(/(\d+) passed/.exec(document.querySelector('.lot')?.textContent ?? '')?.[1]) > 60,
      undefined,
      { timeout: 600_000 },
    );
    site.kill('line2-b');
    await page.getByText('NOT CONNECTED').waitFor({ timeout: 60_000 });
    await shoot('fleet-page');
  },
  { ...process.env, BOOTCTL_DATABASE: site.database },
);
await site.end();
await browser.close();
