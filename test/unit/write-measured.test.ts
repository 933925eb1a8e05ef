import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import { withMeasured } from '../../src/board/profile/write-measured.ts';

const text = readFileSync('hardware/profiles/rc-cap.yaml', 'utf8');
const measured = {
  at: '2026-11-29',
  hold: { low: 51.237, high: 55.001, resets: 16 },
  adapterLatency: { low: 0.4, high: 1.2 },
};

test('the values come after all that stands in the file, which stays as it is', () => {
  const written = withMeasured(text, measured, 'rc-cap.yaml');
  expect(written.startsWith(text)).toBe(true);
  expect(written.slice(text.length)).toBe(`
measured: # by \`bootctl calibrate\`
  at: "2026-11-29"
  hold: { low: 51.23ms, high: 55.01ms, resets: 16 }
  adapterLatency: { low: 0.4ms, high: 1.2ms }
`);
  expect(parseProfile(written, 'rc-cap.yaml').measured).toEqual({
    at: '2026-11-29',
    hold: { low: 51.23, high: 55.01, resets: 16 },
    adapterLatency: { low: 0.4, high: 1.2 },
  });
});

test.each(['\n', '\r\n'])('a second calibration replaces the first, in its place; lines end as before', (newline) => {
  const before = text.replaceAll('\n', newline);
  const once = withMeasured(before, measured, 'rc-cap.yaml');
  const behind = `${once}# the end${newline}`;
  const again = withMeasured(behind, { ...measured, at: '2026-12-24' }, 'rc-cap.yaml');
  expect(again).toBe(behind.replace('2026-11-29', '2026-12-24'));
  expect(again.replaceAll('\r\n', '').includes('\n')).toBe(newline === '\n');
});

test('values written by hand on one line are replaced, with what stands around them kept', () => {
  const byHand = text.replace('methods:', 'measured: { at: "2020-01-01" } # old\nmethods:');
  const written = withMeasured(byHand, measured, 'rc-cap.yaml');
  expect(written).toContain('adapterLatency: { low: 0.4ms, high: 1.2ms } # old\nmethods:');
});

test('a file of another form is refused, with the values to put in by hand', () => {
  const braces = '{ id: x, methods: [manual] }\n';
  expect(() => withMeasured(braces, measured, 'x.yaml')).toThrow(
    expect.objectContaining({ code: 'profile-invalid', hint: expect.stringContaining('hold: { low: 51.23ms') }),
  );
});
