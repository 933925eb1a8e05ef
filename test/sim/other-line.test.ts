import { expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import { contradiction, possibleChips } from '../../src/chips/contradictions.ts';
import { chipKeys, findChip } from '../../src/chips/find-chip.ts';
import { parseMemoryLayout } from '../../src/protocol/dfuse/memory-layout.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { firmware, runCommand } from '../helpers/command.ts';
import { profileFile } from '../helpers/profile-file.ts';

/** A target is compared with the line that the profile names before anything is asked of it that could change it. */
const argv = (...more: string[]) => ['recover', firmware, '--profile', 'rc-cap', '--simulate', 'other-family', ...more];

test.each(['H743', 'G0B1', 'L072'] as const)(
  'an %s where the profile says F405: refused, nothing asked',
  async (id) => {
    const command = ['recover', firmware, '--profile', 'rc-cap', '--simulate', 'crashed', '--json'];
    const { status, result, bench } = await runCommand(command, { personality: romPersonalities[id] });
    expect([status, result.flash]).toEqual([4, 'untouched']);
    expect(result.error).toMatchObject({ code: 'target-unexpected' });
    expect(bench.truth.of('dfu-request')).toEqual([]);
    // It goes back to what it was running: the reset is over when NRST has risen.
    await sleep(bench.clock, 50);
    expect(bench.truth.of('boot0-sampled').at(-1)).toMatchObject({ level: 0 });
  },
);

test('--force does not override it; the hint names the line, and with it the job is done', async () => {
  const forced = await runCommand(argv('--force', '--json'));
  expect(forced.result.error).toMatchObject({ code: 'target-unexpected' });
  expect((forced.result.error as { hint: string }).hint).toMatch(/Nothing was erased.*--target \w+/);
  const named = await runCommand(argv('--target', 'H74x_75x', '--json'));
  expect(named.result).toMatchObject({ ok: true, verified: true, application: 'seen' });
});

test('the line that is named has to fit itself', async () => {
  const { result } = await runCommand(argv('--target', 'G0B1_0C1', '--json'));
  expect(result).toMatchObject({ ok: false, flash: 'untouched', error: { code: 'target-unexpected' } });
});

test('a line that does not exist is refused before anything moves', async () => {
  const { status, result } = await runCommand(argv('--target', 'F405', '--json'));
  expect(status).toBe(2);
  expect((result.error as { message: string }).message).toMatch(/no line F405.*F405_407/);
});

test('a profile without a target takes any, and the report says what it has', async () => {
  const profile = profileFile('any-line', 'methods: [lines]', 'application: { expect: none }');
  const command = ['recover', '--profile', profile, '--simulate', 'other-family', '--json'];
  const { result, events } = await runCommand(command);
  expect(result).toMatchObject({ ok: true });
  expect(events.find(({ event }) => event === 'target.read')).toMatchObject({
    layout: expect.stringMatching(/16\*128Kg/),
  });
});

test('no ROM that was listed contradicts its own line', () => {
  const wrong = chipKeys().flatMap((key) => {
    const target = findChip(key)!;
    return target.layouts.flatMap(({ string }) => contradiction(target, parseMemoryLayout(string)) ?? []);
  });
  expect(wrong).toEqual([]);
});

test('an F405xE and an F72x have the same sectors, and differ in their option bytes', () => {
  const { sectors } = parseMemoryLayout('@Internal Flash  /0x08000000/04*016Kg,01*064Kg,03*128Kg');
  const f405 = findChip('F405_407')!;
  expect(contradiction(f405, { sectors })).toBeUndefined();
  expect(contradiction(f405, { sectors, optionBytes: 0x1fff_c000 })).toBeUndefined();
  expect(contradiction(f405, { sectors, optionBytes: 0x1fff_0000 })).toMatch(/0x1FFF_0000.*0x1FFF_C000/);
  expect(possibleChips({ sectors, optionBytes: 0x1fff_0000 })).toContain('F72x_73x');
});
