import { describe, expect } from 'vitest';
import { boardOf, expectFlashed } from './boards.ts';
import { bootctl, firmware } from './bootctl.ts';
import { bench, guestTest, placeOf, setUp } from './kernel-test.ts';
import { type CaseProfile, changed, giveProfile, profileOf, seen } from './profiles.ts';

// Lines of the host by its GPIO character device: the kernel's gpio-sim, whose values the emulated board follows.

/** NRST behind a transistor: gpio-sim does not show what an open drain does. BOOT0 straight at its pin. */
const onGpio = (nrst: number, boot0: number): CaseProfile =>
  changed('on-gpio', 'two-line', [
    ['id: two-line', 'id: on-gpio'],
    [/nrst: .*$/m.exec(twoLine)![0], `nrst: { line: gpio, chip: bench, offset: ${nrst}, asserted: 0, inverted: true }`],
    [/boot0: .*$/m.exec(twoLine)![0], `boot0: { line: gpio, chip: bench, offset: ${boot0}, asserted: 1 }`],
    seen,
  ]);
const { text: twoLine } = changed('two-line', 'two-line', [seen]);

describe('lines of the host', () => {
  guestTest('a board comes back by GPIO alone, over the USB of its target', async () => {
    const profile = onGpio(21, 20);
    const { board } = await setUp({ boards: [boardOf('board', profileOf(profile))], gpio: { board: 'board' } });
    const args = ['recover', firmware, '--profile', await giveProfile(profile), ...placeOf(board)];
    const { status, result, lines } = await bootctl(args);
    expect(result).toMatchObject({ ok: true, method: 'lines', verified: true, application: 'seen' });
    expect(status).toBe(0);
    expect(lines).toContainEqual(expect.objectContaining({ event: 'gpio.opened', chip: 'bench', offsets: [21, 20] }));
    expect(lines.some(({ event }) => event === 'adapter.opened')).toBe(false);
    await expectFlashed('board');
    const truth = await bench.call('truth', null);
    expect(truth).toContainEqual(expect.objectContaining({ what: 'boot0-sampled', level: 1, boots: 'rom' }));
    expect(await bench.call('lines', 'gpio')).toEqual({ rts: 'released', dtr: 'released' });
    // Given back: the next one may have them.
    const again = await bootctl(['reset', ...args.slice(2)]);
    expect(again.result).toMatchObject({ ok: true });
  });

  guestTest('a line that a driver holds is refused by its name, and nothing moves', async () => {
    const profile = onGpio(21, 20);
    await setUp({
      boards: [boardOf('board', profileOf(profile))],
      gpio: { board: 'board', hogs: { 20: 'status-led' } },
    });
    const { status, result } = await bootctl(['enter', '--profile', await giveProfile(profile)]);
    expect(status).toBe(3);
    expect(result?.error).toMatchObject({
      code: 'gpio-busy',
      message: expect.stringMatching(/^Line 20 of gpiochip\d+ is held by "status-led"$/),
    });
    const truth = await bench.call('truth', null);
    expect(truth.filter(({ what }) => what === 'gpio' || what === 'nrst')).toEqual([]);
  });

  guestTest('no right to the chip, no such line and no such chip are said', async () => {
    const profile = onGpio(21, 20);
    await setUp({ boards: [boardOf('board', profileOf(profile))], gpio: { board: 'board' } });
    const path = await giveProfile(profile);
    const denied = await bootctl(['enter', '--profile', path], { uid: 1000 });
    expect(denied.result?.error).toMatchObject({
      code: 'gpio-denied',
      message: expect.stringContaining('/dev/gpiochip'),
    });
    const beyond = await bootctl(['enter', '--profile', await giveProfile(onGpio(99, 20))]);
    expect(beyond.result?.error).toMatchObject({
      code: 'gpio-missing',
      message: expect.stringMatching(/^gpiochip\d+ has no line 99: its lines are 0 to 31$/),
    });
    const other = { ...profile, text: profile.text.replaceAll('chip: bench', 'chip: pinctrl-none') };
    const missing = await bootctl(['enter', '--profile', await giveProfile(other)]);
    expect(missing.result?.error).toMatchObject({
      code: 'gpio-missing',
      message: expect.stringMatching(/no GPIO chip pinctrl-none here; chips here: gpiochip\d+ \(bench, 32 lines\)/),
    });
  });
});
