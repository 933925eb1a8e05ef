import { expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { openUsart } from '../../src/ops/bootloader/open-usart.ts';
import { flashTarget } from '../../src/ops/engine/flash.ts';
import { Effects } from '../../src/ops/job/effects.ts';
import type { Job } from '../../src/ops/job/job.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { timelineOf } from '../../src/trace/timeline.ts';
import type { Trace } from '../../src/trace/trace-event.ts';
import { repository } from '../helpers/cli-context.ts';
import { flashBase, imageOf } from '../helpers/engine.ts';
import { loadTrace } from '../helpers/replay.ts';
import { type LinkAnswer, ScriptedLink } from '../helpers/scripted-link.ts';

/** What was sent in the ROM's format, and what came before the next frame was sent. */
function exchangesOf({ events }: Trace): { sent: string[]; answers: LinkAnswer[] } {
  const sent: string[] = [];
  const heard: string[] = [];
  let isRom = false;
  for (const event of events) {
    if (event.event === 'serial.configure') isRom = event.parity === 'even';
    if (!isRom) continue;
    if (event.event === 'serial.out') {
      sent.push(event.data);
      heard.push('');
    }
    if (event.event === 'serial.in' && heard.length > 0) heard[heard.length - 1] += event.data;
  }
  return { sent, answers: heard.map((data) => (data === '' ? undefined : data)) };
}

/** The image of test/fixtures/traces/regenerate.mjs: stack pointer, reset vector, then full stops. */
function recordedImage() {
  const data = new Uint8Array(600).fill(0x2e);
  new DataView(data.buffer).setUint32(0, 0x2002_0000, true);
  new DataView(data.buffer).setUint32(4, 0x0800_0009, true);
  return imageOf({ address: flashBase, data });
}

test('against the recorded answers the same bytes go out again, from the first 0x7F to Go', async () => {
  const { sent, answers } = exchangesOf(loadTrace('usart'));
  const clock = new SimClock();
  const link = new ScriptedLink(clock, answers);
  const profile = findProfile('test/fixtures/traces/usart.yaml', { cwd: repository });
  const effects = new Effects();
  const job = {
    profile,
    bench: { clock },
    report: () => {},
    effects,
    fasterRates: { areTried: true },
  } as unknown as Job;
  const target = await openUsart(job, { link });
  expect(target.product).toBe('STM32F405/407/415/417');
  const result = await flashTarget(job, target, recordedImage(), { verify: true });
  expect(result).toEqual({ condition: 'verified', error: null });
  await target.leave(flashBase, new AbortController().signal);
  expect(link.written).toEqual(sent);
  expect(sent.length).toBeGreaterThan(30);
});

test.each(['usart', 'usart-noisy'])('%s: the timeline knows every frame that was sent, and every answer', (name) => {
  const texts = timelineOf(loadTrace(name)).map(({ text }) => text);
  // Hex is what has no name; bytes that were read are hex, and always behind an ACK.
  const unnamed = texts.filter((text) => /^sent [0-9A-F]{2}\b(?! )|^sent ([0-9A-F]{2} )+[0-9A-F]{2}$/.test(text));
  expect(unnamed).toEqual([]);
  for (const text of [
    'sent sync (7F)',
    'sent Get (00 FF)',
    'received product id 0x413; ACK',
    'sent what to erase: page 0',
    'sent address 0x0800_0100',
    'sent Go (21 DE)',
  ]) {
    expect(texts).toContain(text);
  }
  expect(texts.filter((text) => text.includes(', but '))).toEqual([]);
});
