import { expect, test } from 'vitest';
import { runCommand } from '../helpers/command.ts';
import { boardFile, f405, profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

/** A port without RTS and DTR: a bridge, a pseudo-terminal, a driver without TIOCMSET (ENOTTY). */
const usart = 'usart: { connected: true }';
const asked =
  'softJump: [{ trigger: serial-command, send: "bootloader\\r\\n", baudRate: 115200, via: adapter }]\napplication: { expect: usb, vendorId: "0483", productId: "5740" }';
const run = (profile: string, ...argv: readonly string[]) =>
  runCommand([...argv, '--profile', profile, '--simulate', 'lines-unsupported', '--json'], {
    arrange: ({ boards }) => boards[0].board.enterRom(),
  });
const notes = ({ events }: Awaited<ReturnType<typeof run>>) =>
  events.filter(({ event }) => event === 'note').map(({ message }) => message);

test.each([
  { name: 'no wiring', board: boardFile('bare', f405, usart, 'methods: [manual]') },
  {
    name: 'wiring, but no method that moves lines',
    board: profileFile('wired-by-hand', f405, usart, 'methods: [manual]'),
  },
  { name: 'a soft jump over the adapter', board: boardFile('asked', f405, usart, 'methods: [soft-jump]', asked) },
])('$name: the missing lines are a note, said once', async ({ board }) => {
  const ran = await run(board, 'info', '--no-entry');
  expect(ran.result).toMatchObject({ ok: true, method: 'already-there' });
  const plain = await runCommand(['enter', '--profile', board, '--simulate', 'lines-unsupported', '--json']);
  expect(plain.result.error).not.toMatchObject({ code: 'adapter-lines-unsupported' });
});

test('the soft jump gets in, and the note is said once', async () => {
  const board = boardFile('jumps', f405, usart, 'methods: [soft-jump]', asked);
  const ran = await runCommand(['enter', '--profile', board, '--simulate', 'lines-unsupported', '--json'], {
    arrange: ({ boards }) => boards[0].board.restart(),
  });
  expect(
    notes(ran).filter((text) => /has no RTS and DTR: this board cannot be reset through it/.test(String(text))),
  ).toHaveLength(1);
});

test('a method that moves lines is refused as before, and so is a reset', async () => {
  const board = profileFile('needs-lines', f405, wholeBoot0, usart, 'methods: [rc-cap]');
  for (const verb of ['enter', 'reset']) {
    const { status, result } = await runCommand([
      verb,
      '--profile',
      board,
      '--simulate',
      'lines-unsupported',
      '--json',
    ]);
    expect([status, (result.error as { code: string }).code]).toEqual([3, 'adapter-lines-unsupported']);
  }
});
