import { expect, test } from 'vitest';
import { runCli } from '../helpers/cli-context.ts';
import { boardFile, f405 } from '../helpers/profile-file.ts';

/** `usb: { connected: false }`: the target's own USB goes nowhere. */
const alone = ['usb: { connected: false }', 'usart: { connected: true }'];

test('a profile shows it, and so does a dry run', async () => {
  const board = boardFile('alone', f405, ...alone, 'methods: [manual]');
  for (const argv of [
    ['profile', 'show', board],
    ['enter', '--profile', board, '--dry-run'],
  ]) {
    const { status, stdout } = await runCli(argv);
    expect(status).toBe(0);
    expect(stdout).toMatch(/DFU device +none: the USB of the target is not connected/);
    expect(stdout).toMatch(/USART +the only way in; at 115200 baud/);
  }
});

test.each([
  { lines: ['usb: { connected: false }'], says: /needs `usart: \{ connected: true \}` to be reached at all/ },
  { lines: ['usb: { connected: false, path: "1-2" }', 'usart: { connected: true }'], says: /a place on USB, but/ },
  {
    lines: [...alone, 'application: { expect: usb, vendorId: "0483", productId: "5740" }'],
    says: /usb, but `usb: \{ connected: false \}` says/,
  },
  {
    lines: [...alone, 'softJump: [{ trigger: touch-1200, via: target, vendorId: "0483", productId: "5740" }]'],
    says: /touch-1200 over the target's own USB, but/,
  },
  { lines: ['usb: { connected: maybe }'], says: /true, false/ },
])('$lines is refused', async ({ lines, says }) => {
  const { status, stderr } = await runCli(['profile', 'check', boardFile('odd', f405, ...lines, 'methods: [manual]')]);
  expect(status).toBe(2);
  expect(stderr).toMatch(says);
});

test('without it, nothing of it is said', async () => {
  const { stdout } = await runCli([
    'profile',
    'show',
    boardFile('usual', f405, 'usb: { connected: true }', 'methods: [manual]'),
  ]);
  expect(stdout).toMatch(/DFU device +0483:df11/);
});
