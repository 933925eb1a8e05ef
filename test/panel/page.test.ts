import { expect } from 'vitest';
import type { Clock } from '../../src/bench/clock.ts';
import { systemClock } from '../../src/host/system/system-clock.ts';
import type { Outcome, RunSummary } from '../../src/records/records.ts';
import type { ScriptedStation } from '../helpers/scripted-station.ts';
import {
  browserTest,
  lostAt,
  openPage,
  scan,
  serve,
  shows,
  sideways,
  tile,
  useChromium,
  violations,
} from './chromium.ts';

useChromium();

const verdict = (outcome: Outcome, code?: string) => ({
  verdict: { outcome, code, message: 'what was seen', hint: 'what to do', tookSeconds: 4.12 },
  needs: ['removal'] as const,
});

const summary = (serial: string, seq: number, outcome: Outcome): RunSummary => ({
  ...{ run: `run-${seq}`, seq, slot: 'A1', serial, attempt: 1, outcome },
  ...{ code: outcome === 'pass' ? undefined : 'dfu-not-seen', started: 1_000, ended: 5_000 },
});

/** A unit that is scanned starts in the first slot that is ready. */
function startsOnScan(station: ScriptedStation): void {
  station.answer = (request) => {
    if (request.request !== 'scan') return { ok: true };
    const free = station.view().slots.find(({ state }) => state === 'waiting');
    if (!free) return { ok: false, code: 'unit-refused', message: 'No slot is ready', hint: 'Take a unit out.' };
    station.slot(free.name, 'running', { serial: request.code, run: `run-${request.code}` });
    return { ok: true };
  };
}

browserTest('a shift: labels are scanned, verdicts have sign, word, border, pattern, sentence and sound', async () => {
  await using served = await serve();
  const { station, address } = served;
  startsOnScan(station);
  const opened = await openPage(address);
  const { page, errors } = opened;
  await shows(page, 'A1', 'waiting');
  for (const number of [1, 2, 3, 4]) await scan(page, `SN00${number}`);
  await shows(page, 'A4', 'running');
  expect(await page.locator('.serial').allTextContents()).toEqual(['SN001', 'SN002', 'SN003', 'SN004']);

  station.slot('A1', 'running', { step: { name: 'program', done: 620, total: 1_000 } });
  await tile(page, 'A1').getByText('program 62 %').waitFor();
  expect(
    await tile(page, 'A1')
      .getByRole('progressbar')
      .evaluate((bar) => (bar as HTMLProgressElement).value),
  ).toBe(0.62);

  const outcomes = {
    A1: ['pass'],
    A2: ['fail', 'dfu-not-seen'],
    A3: ['error', 'adapter-lost'],
    A4: ['aborted', 'aborted'],
  } as const;
  const counts = { units: 2, passed: 1, firstPass: 1, runs: { pass: 1, fail: 1, error: 1, aborted: 1 } };
  let seq = 0;
  for (const [slot, [outcome, code]] of Object.entries(outcomes)) {
    seq += 1;
    station.tell({ event: 'run', run: summary(`SN00${seq}`, seq, outcome), counts });
    station.slot(slot, 'verdict', verdict(outcome, code));
    await shows(page, slot, outcome);
  }
  expect(await page.locator('.word').allInnerTexts()).toEqual(['PASS', 'FAIL', 'ERROR', 'STOPPED']);
  expect(await page.locator('.do').allInnerTexts()).toEqual([
    'Good. Take the unit out.',
    'Check that the unit sits right and that its cables are plugged in. Then try once more.',
    'The adapter of this slot does not answer. Check its cable; call the lead.',
    'It was stopped. The unit may be half programmed: program it again.',
  ]);
  const looks = await page
    .locator('article')
    .evaluateAll((tiles) =>
      tiles.map((tile) => [
        getComputedStyle(tile).borderTopStyle,
        getComputedStyle(tile).backgroundImage,
        tile.querySelector('.sign')!.innerHTML.replace(/<!--.*?-->/g, ''),
      ]),
    );
  for (const column of [0, 1, 2]) expect(new Set(looks.map((row) => row[column])).size, String(column)).toBe(4);
  expect(await page.evaluate('window.tones')).toEqual([660, 880, 440, 330, 220, 330, 220, 330, 220, 330, 330]);
  expect(await page.locator('.counts').innerText()).toBe('1 passed of 500 · 1 failed · first pass 50%');
  expect(await page.locator('tbody tr').allInnerTexts()).toHaveLength(4);
  expect(await page.locator('.spoken').innerText()).toBe(
    'Slot A4: STOPPED. It was stopped. The unit may be half programmed: program it again.',
  );
  expect(await violations(page)).toEqual([]);
  expect(errors).toEqual([]);
});

browserTest('what is missing at a slot is shown there as long as it is', async () => {
  await using served = await serve();
  const { page } = await openPage(served.address);
  const { station } = served;
  station.slot('A2', 'absent', { needs: ['insert'], adapter: { is: 'missing', place: '1-3.2' } });
  await tile(page, 'A2').getByText('No adapter at 1-3.2: plug it in, or call the lead.').waitFor();
  expect(await page.locator('.tile .note').count()).toBe(1);
  expect(await violations(page)).toEqual([]);
  station.slot('A2', 'absent', { needs: ['insert'], adapter: { is: 'alone', place: '1-3.2' } });
  await tile(page, 'A2').getByText('nothing begins by that').waitFor();
  station.slot('A2', 'absent', { needs: ['insert'], adapter: undefined });
  await page.locator('.tile .note').waitFor({ state: 'detached' });
});

browserTest('letters are readable from three metres: 15 mm high on a 24-inch screen with four slots', async () => {
  await using served = await serve();
  for (const name of ['A1', 'A2', 'A3', 'A4']) served.station.slot(name, 'verdict', verdict('fail', 'usb-stall'));
  const opened = await openPage(served.address, { width: 1920, height: 1080 });
  await shows(opened.page, 'A4', 'fail');
  // A capital is 0.7 of the size of its letters; 1920 pixels are 531 mm.
  const sizes = await opened.page
    .locator('.word')
    .evaluateAll((words) => words.map((word) => Number.parseFloat(getComputedStyle(word).fontSize)));
  for (const size of sizes) expect((size * 0.7 * 531) / 1920).toBeGreaterThan(15);
});

browserTest(
  'a reload in the midst of a run and a second tab show the same; two requests of one id are one',
  async () => {
    await using served = await serve();
    const { station, address } = served;
    startsOnScan(station);
    const opened = await openPage(address);
    const { page, context } = opened;
    await shows(page, 'A1', 'waiting');
    await scan(page, 'SN7');
    await shows(page, 'A1', 'running');
    station.progress('A1', 'run-SN7', { event: 'attempt.started', attempt: 1, method: 'rc-cap', change: 'nominal' });
    await page.reload();
    await shows(page, 'A1', 'running');
    const other = await context.newPage();
    await other.goto(address);
    await shows(other, 'A1', 'running');
    await other.keyboard.press('F4');
    await other.getByText('rc-cap (nominal): runs').waitFor();
    station.slot('A1', 'verdict', verdict('pass'));
    await Promise.all([shows(page, 'A1', 'pass'), shows(other, 'A1', 'pass')]);
    expect(station.asked).toHaveLength(1);
    await other.close();
  },
);

browserTest(
  'keyboard only: a scanner is heard wherever the focus is, at any speed; garbage is said aloud',
  async () => {
    await using served = await serve({ lead: 'BADGE-7' }, {});
    const { station, address } = served;
    station.answer = (request) =>
      request.request === 'scan' && request.code === 'garbage'
        ? { ok: false, code: 'unit-refused', message: 'No label of this lot', hint: 'Scan the unit.' }
        : { ok: true };
    station.slot('A2', 'verdict', verdict('fail', 'usb-stall'));
    station.slot('A3', 'running', { serial: 'SN3' });
    station.slot('A4', 'waiting', { needs: ['button'] });
    const opened = await openPage(address);
    const { page } = opened;
    await shows(page, 'A4', 'waiting');
    const press = async (name: string) => {
      await page.getByRole('button', { name }).focus();
      await page.keyboard.press('Enter');
    };
    await press('Start, slot A4');
    await press('Once more, slot A2');
    await page.getByRole('button', { name: 'Stop, slot A3' }).focus();
    await page.keyboard.press(' ');
    // The focus is still on a button: the first letter takes it along.
    await page.keyboard.type('SN1', { delay: 120 });
    await page.keyboard.press('Enter');
    await page.locator('output', { hasText: 'Read: SN1' }).waitFor();
    await scan(page, 'OP:Maria Ortiz');
    await scan(page, 'SLOT:A2');
    await page.getByText('The next code is for slot A2.').waitFor();
    await scan(page, 'SN2');
    await page.locator('output', { hasText: 'Read: SN2' }).waitFor();
    await scan(page, 'garbage');
    await page.locator('output.bad', { hasText: 'Not possible: No label of this lot. Scan the unit.' }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('output.bad', { hasText: 'That was empty' }).waitFor();

    await page.keyboard.press('F2');
    for (const keys of ['Tab', 'Tab']) await page.keyboard.press(keys);
    await page.keyboard.type('fixture worn');
    await page.keyboard.press('Tab');
    await scan(page, 'WRONG');
    await page.locator('output.bad', { hasText: 'Not possible: only the lead may do that.' }).waitFor();
    await page.getByLabel("Lead's badge or PIN").fill('');
    await scan(page, 'BADGE-7');
    await page.locator('output', { hasText: 'Done.' }).waitFor();
    expect(await page.locator('lead-form').count()).toBe(0);
    // The form is closed, and the scanner is heard again.
    await scan(page, 'SN4');
    await page.locator('output', { hasText: 'Read: SN4' }).waitFor();

    const asked = station.asked.map(({ id: _, ...request }) => request);
    const operator = 'Maria Ortiz';
    expect(asked).toEqual([
      { request: 'start', slot: 'A4', operator: '' },
      { request: 'again', slot: 'A2', operator: '' },
      { request: 'abort', slot: 'A3', operator: '' },
      { request: 'scan', code: 'SN1', operator: '' },
      { request: 'scan', code: 'SN2', slot: 'A2', operator },
      { request: 'scan', code: 'garbage', operator },
      { request: 'hold', why: 'fixture worn', operator },
      { request: 'scan', code: 'SN4', operator },
    ]);
  },
);

browserTest(
  'a server that is gone is seen within 2 s, a scan then is said not to be sent, and the page comes back by itself',
  async () => {
    const served = await serve();
    const port = Number(new URL(served.address).port);
    const opened = await openPage(served.address);
    const { page } = opened;
    await shows(page, 'A1', 'waiting');
    await scan(page, 'SN1');
    await page.locator('output', { hasText: 'Read: SN1' }).waitFor();
    const gone = Date.now();
    await served[Symbol.asyncDispose]();
    await page.getByRole('alert').getByText('CONNECTION LOST').waitFor();
    expect(systemClock.now() - gone).toBeLessThan(2_000);
    expect(await page.locator('main').evaluate((main) => getComputedStyle(main).filter)).toBe('grayscale(1)');
    await scan(page, 'SN2');
    await page.locator('output.bad', { hasText: 'Not sent: SN2' }).waitFor();
    await using again = await serve({ port }, { lot: '2611-B' });
    await page.getByText('2611-B').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(again.station.asked).toEqual([]);
  },
);

browserTest('a server that hangs is seen within 2 s as well', async () => {
  let hangs = false;
  const clock: Clock = {
    ...systemClock,
    setTimeout: (callback, delay) => systemClock.setTimeout(() => hangs || callback(), delay),
  };
  await using served = await serve({ clock });
  const opened = await openPage(served.address);
  await shows(opened.page, 'A1', 'waiting');
  hangs = true;
  const began = Date.now();
  expect((await lostAt(opened)) - began).toBeLessThan(2_000);
});

browserTest('nothing of a label, a USB string or a file is code', async () => {
  const evil = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';
  const run = { ...summary(evil, 1, 'fail'), code: evil };
  await using served = await serve(
    {},
    { lot: evil, station: evil, strangers: [{ place: evil, what: evil }], lastRuns: [run] },
  );
  const { station, address } = served;
  station.answer = () => ({ ok: false, code: evil, message: evil, hint: evil });
  const reason = { code: 'golden-wrong', label: evil, expected: evil, found: evil } as const;
  const alarm = { code: 'drift', slot: evil, figure: evil, unit: evil, now: 1, limit: 0, runs: 9 } as const;
  station.tell({ event: 'alarm', slot: evil, message: evil, hint: evil, reason: alarm });
  const opened = await openPage(address);
  const { page, errors } = opened;
  await shows(page, 'A1', 'waiting');
  station.slot('A1', 'verdict', { ...verdict('fail', evil), serial: evil });
  station.slot('A2', 'held', { heldBy: evil, heldReason: reason });
  station.progress(
    'A1',
    evil,
    { event: 'attempt.started', attempt: 1, method: evil as never, change: 'nominal' },
    { event: 'note', message: evil },
  );
  await page.keyboard.press('F4');
  await scan(page, evil);
  await page.locator('output.bad').waitFor();
  await page.locator('summary').click();
  await page.locator('.log', { hasText: evil }).waitFor();
  expect(await page.locator('.tile .serial').first().innerText()).toBe(evil);
  expect(await page.locator('img, main script').count()).toBe(0);
  expect(await page.evaluate('window.pwned')).toBeUndefined();
  // The policy of the page is not the only thing in the way: it has had nothing to forbid.
  expect(errors).toEqual([]);
});

browserTest('the engineer sees the ladder and the lines as they move', async () => {
  await using served = await serve();
  const { station, address } = served;
  const opened = await openPage(address);
  const { page } = opened;
  await shows(page, 'A1', 'waiting');
  await page.keyboard.press('F4');
  await page.getByText('Nothing has run here yet.').waitFor();
  const lines = (rts: 'asserted' | 'released', dtr: 'asserted' | 'released', boot0: 0 | 1, nrst: 0 | 1) =>
    ({ event: 'lines.set', lines: { rts, dtr }, pins: { boot0, nrst }, purpose: 'test', took: 1 }) as const;
  station.progress(
    'A1',
    'run-9',
    { event: 'attempt.started', attempt: 1, method: 'rc-cap', change: 'nominal' },
    lines('released', 'asserted', 1, 1),
    lines('asserted', 'released', 0, 0),
    { event: 'window.measured', held: 11.2, limit: 25.2 },
    { event: 'attempt.failed', attempt: 1, method: 'rc-cap', code: 'dfu-not-seen', message: 'No DFU device' },
    { event: 'attempt.started', attempt: 2, method: 'rc-cap', change: 'longer charge' },
    lines('released', 'asserted', 1, 1),
  );
  await page.getByText('rc-cap (longer charge): runs').waitFor();
  await page.getByText('rc-cap (nominal): dfu-not-seen No DFU device').waitFor();
  await page.getByRole('img', { name: 'Lines and pins of attempt 2' }).waitFor();
  // One column from x = 64: BOOT0 is high in the fourth row, DTR asserted in the second, RTS and NRST … at their levels.
  const paths = await page
    .locator('.waveform path')
    .evaluateAll((paths) => paths.map((path) => path.getAttribute('d')));
  expect(paths).toEqual(['M64 26H156', 'M64 42H156', 'M64 76H156', 'M64 110H156']);
  station.progress('A1', 'run-9', lines('released', 'released', 0, 1), {
    ...{ event: 'bootloader.entered', method: 'rc-cap', bootloader: 'dfu', path: '1-2', product: 'STM32 BOOTLOADER' },
  });
  // The way out is no part of it.
  station.progress('A1', 'run-9', lines('asserted', 'released', 0, 0));
  await page.getByText('entered STM32 BOOTLOADER').waitFor();
  expect(await page.locator('.waveform path.boot0').getAttribute('d')).toBe('M64 110H156V128H248');
  await page.getByLabel('Slot shown').selectOption('A2');
  // A scanner is heard all the same.
  await page.getByLabel('Slot shown').focus();
  await scan(page, 'SN-A1');
  await page.locator('output', { hasText: 'Read: SN-A1' }).waitFor();
  await page.getByText('Nothing has run here yet.').waitFor();
  expect(await violations(page)).toEqual([]);
});

browserTest(
  'each language, at 320 pixels and at 200 %, with nothing to scroll sideways and nothing for axe to find',
  async () => {
    await using served = await serve(
      {},
      {
        simulated: true,
        state: 'held',
        heldBy: 'golden unit GOLD-1 should have shown pass, and has shown usb-stall',
        heldReason: { code: 'golden-wrong', label: 'GOLD-1', expected: 'pass', found: 'usb-stall' },
        lastRuns: [summary('SN-0123456789-ABCDEFGHIJKLMNOP', 1, 'fail')],
      },
    );
    const { station, address } = served;
    const outcomes = ['pass', 'fail', 'error', 'aborted'] as const;
    station.tell({
      ...{ event: 'alarm', slot: 'A3', message: 'in English', hint: 'in English' },
      reason: { code: 'drift', slot: 'A3', figure: 'holdMargin', unit: 'ms', now: 8.1234, limit: 5, runs: 156 },
    });
    for (const [index, outcome] of outcomes.entries())
      station.slot(`A${index + 1}`, 'verdict', {
        ...verdict(outcome, 'application-not-seen'),
        serial: 'SN-0123456789-ABCDEFGHIJKLMNOP',
        attempt: 2,
      });
    // 200 % of a screen of 1280 × 720 leaves 640 × 360.
    const { page } = await openPage(address);
    await shows(page, 'A4', 'aborted');
    await page.keyboard.press('F2');
    await page.keyboard.press('F4');
    for (const size of [
      { width: 320, height: 640 },
      { width: 640, height: 360 },
    ]) {
      await page.setViewportSize(size);
      for (const [language, button, words, [held, alarm]] of [
        ['de', 'Deutsch', ['GUT', 'FEHLER', 'STÖRUNG', 'ABBRUCH'], ['Grund: Referenzgerät GOLD-1', 'Platz A3: Halte']],
        ['zh', '中文', ['合格', '不良', '故障', '已停止'], ['原因：标准样件 GOLD-1', '工位 A3：BOOT0 保持余量']],
        ['en', 'English', ['PASS', 'FAIL', 'ERROR', 'STOPPED'], ['Reason: Golden unit GOLD-1', 'Slot A3: hold']],
      ] as const) {
        await page.getByRole('button', { name: button }).click();
        await page.locator(`html[lang=${language}]`).waitFor();
        expect(await page.locator('.word').allInnerTexts()).toEqual(words);
        expect(await page.locator('.banner').innerText()).toContain(held);
        expect(await page.locator('.notes li').innerText()).toContain(alarm);
        expect(await sideways(page), `${language} at ${size.width}`).toBe(0);
        const cut = await page
          .locator('.word')
          .evaluateAll((words) =>
            words.filter((word) => word.scrollWidth > word.clientWidth).map((word) => word.textContent),
          );
        expect(cut, `${language} at ${size.width}`).toEqual([]);
      }
      expect(await violations(page), String(size.width)).toEqual([]);
    }
    // The alarm is over when the lead has cleared its slot.
    station.tell({ event: 'cleared', slot: 'A1' });
    station.tell({ event: 'slot', slot: { ...station.view().slots[3]!, serial: 'SN-LATER' } });
    await tile(page, 'A4').getByText('SN-LATER').waitFor();
    expect(await page.locator('.notes li').count()).toBe(1);
    station.tell({ event: 'cleared', slot: 'A3' });
    await page.locator('.notes').waitFor({ state: 'detached' });
    // A wall screen.
    await page.setViewportSize({ width: 3840, height: 2160 });
    expect(await sideways(page)).toBe(0);
    await page.setViewportSize({ width: 640, height: 360 });
    await page.getByRole('button', { name: 'Deutsch' }).click();
    await page.reload();
    await page.locator('html[lang=de]').waitFor();
  },
);

browserTest('who wants no motion gets none', async () => {
  await using served = await serve();
  served.station.slot('A1', 'running');
  const animation = (sign: Element) => getComputedStyle(sign).animationName;
  const { page } = await openPage(served.address);
  await shows(page, 'A1', 'running');
  for (const [reducedMotion, name] of [
    ['reduce', 'none'],
    ['no-preference', 'beat'],
  ] as const) {
    await page.emulateMedia({ reducedMotion });
    expect(await tile(page, 'A1').locator('.sign').evaluate(animation)).toBe(name);
  }
});

browserTest('a token is typed once; after that the page works as without', async () => {
  await using served = await serve({ token: 'open-sesame' });
  const opened = await openPage(served.address);
  const { page } = opened;
  expect(await violations(page)).toEqual([]);
  await page.getByLabel('Token').fill('open-sesame');
  await page.keyboard.press('Enter');
  await shows(page, 'A1', 'waiting');
  await scan(page, 'SN1');
  await page.locator('output', { hasText: 'Read: SN1' }).waitFor();
});
