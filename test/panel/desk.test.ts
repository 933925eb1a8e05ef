import { expect } from 'vitest';
import { firmware } from '../helpers/cli-context.ts';
import { startUi } from '../helpers/ui.ts';
import { browserTest, openPage, sideways, tile, useChromium, violations } from './chromium.ts';

useChromium();

browserTest('one board without a jig.yaml: choose, start, see it pass and its lines, in the browser', async () => {
  await using ui = await startUi(['--simulate']);
  const { page, errors } = await openPage(ui.address);
  await page.getByLabel('Board profile').selectOption('rc-cap');
  await page.getByLabel('or a file of this browser').setInputFiles(firmware);
  await page.waitForFunction(() => document.querySelector<HTMLInputElement>('[name=image]')?.value.endsWith('.hex'));
  await page.keyboard.press('F4');
  await page.getByRole('button', { name: 'Start', exact: true }).press('Enter');
  await tile(page, '1').and(page.locator('[data-shown=pass]')).waitFor();
  await page.getByRole('img', { name: 'Lines and pins of attempt 1' }).waitFor();
  expect(await page.locator('.waveform path.boot0').getAttribute('d')).toMatch(/^M64 \d+H/);
  await page.getByText('entered').waitFor();
  expect(await violations(page)).toEqual([]);
  await page.setViewportSize({ width: 320, height: 640 });
  expect(await sideways(page)).toBe(0);

  await page.locator('[name=image]').fill('no-such.hex');
  await page.getByRole('button', { name: 'Start', exact: true }).press('Enter');
  await tile(page, '1').and(page.locator('[data-shown=error]')).waitFor();
  await tile(page, '1').getByText('image-unreadable').waitFor();
  await page.reload();
  await tile(page, '1').and(page.locator('[data-shown=error]')).waitFor();
  expect(errors).toEqual([]);
});
