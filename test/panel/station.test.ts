import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { firmware, repository } from '../helpers/cli-context.ts';
import { post } from '../helpers/panel-client.ts';
import { browserTest, lostAt, openPage, scan, useChromium, violations } from './chromium.ts';

useChromium();

const bootctl = join(repository, 'bin/bootctl.js');

/** The jig of the demonstration, with records of its own, at a free port. */
function jigFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-page-'));
  const text = readFileSync(join(repository, 'test/fixtures/jig/jig.yaml'), 'utf8')
    .replace(/image: .*/, `image: ${join(repository, firmware)}`)
    .replace(/records: .*/, 'records: ./records.db')
    .replace(/listen: .*/, 'listen: "127.0.0.1:0" }');
  const path = join(folder, 'jig.yaml');
  writeFileSync(path, text);
  return path;
}

browserTest(
  'a simulated shift of the real station: units come, run, pass and go; killed, the page is grey',
  async () => {
    const station = spawn(process.execPath, [bootctl, 'jig', 'run', jigFile(), '--simulate'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, BOOTCTL_LEAD: 'BADGE-7' },
    });
    const ended = once(station, 'exit');
    try {
      let printed = '';
      for (const output of [station.stdout, station.stderr])
        output.setEncoding('utf8').on('data', (text) => (printed += text));
      while (!/http:\/\/\S+/.test(printed))
        await Promise.race([once(station.stderr, 'data'), once(station.stdout, 'data')]);
      const opened = await openPage(/http:\/\/\S+/.exec(printed)![0]);
      const { page, errors } = opened;
      await page.keyboard.press('F4');
      await page.locator('[data-shown=running]').first().waitFor();
      await page.reload();
      await page.locator('[data-shown=pass]').first().waitFor();
      await page.keyboard.press('F4');
      await page.locator('.waveform path.boot0').waitFor();
      expect(await page.locator('tbody tr').first().innerText()).toMatch(/SN00\d{4}/);
      expect(await page.locator('.counts').innerText()).toMatch(/^\d+ passed of 500/);
      expect(await violations(page)).toEqual([]);
      await scan(page, 'anything');
      await page.locator('output').filter({ hasText: /./ }).waitFor();
      expect(errors).toEqual([]);
      const hold = (id: string, lead: string) =>
        post(page.url(), { id, operator: '', request: 'hold', why: 'lunch', lead }).then(({ text }) =>
          JSON.parse(text),
        );
      expect(await hold('00000001', 'guess')).toMatchObject({ ok: false, code: 'lead-needed' });
      expect(await hold('00000002', 'BADGE-7')).toEqual({ ok: true });
      const killed = Date.now();
      station.kill('SIGKILL');
      expect((await lostAt(opened)) - killed).toBeLessThan(2_000);
    } finally {
      station.kill('SIGKILL');
      await ended;
    }
  },
  90_000,
);
