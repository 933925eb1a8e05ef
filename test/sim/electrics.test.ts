import { expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import { firmware, runCommand } from '../helpers/command.ts';
import { profileFile, rcBoot0 } from '../helpers/profile-file.ts';

const more = ['methods: [rc-cap]', 'application: { expect: usb, vendorId: "0483", productId: "5740" }'];
const on = (family: string) => profileFile(`on-${family}`, rcBoot0(), `target: { family: ${family} }`, ...more);
/** An F405 on a board with 4.7 kΩ from BOOT0 to ground of which the profile tells. */
const pulled = (id: string, capacitor: string) =>
  profileFile(id, rcBoot0(capacitor, ', boardPullDown: 4700ohm'), 'target: { family: F405_407 }', ...more);

/** What `bootctl reset` started, once NRST has risen. */
async function startedBy(profile: string, scenario: string): Promise<string | undefined> {
  const { status, bench } = await runCommand(['reset', '--profile', profile, '--simulate', scenario, '--json']);
  expect(status).toBe(0);
  await sleep(bench.clock, 50);
  return bench.truth.of('boot0-sampled').at(-1)?.boots;
}

// Opening the port on Linux charges BOOT0. A reset that comes too soon after it starts the ROM (299 ms were too few).
test.each(['F405_407', 'H74x_75x', 'L07x_08x_usb', 'L1_cat3', 'G0B1_0C1'])(
  '%s: `reset` starts the application, also where BOOT0 empties last',
  async (family) => {
    for (const scenario of ['crashed', 'parts-slow', 'parts-fast']) {
      expect(await startedBy(on(family), scenario), scenario).toBe('application');
    }
  },
);

test('with an adapter at 1.8 V each reset starts the ROM, which `reset` cannot see', async () => {
  expect(await startedBy('rc-cap', 'adapter-low-level')).toBe('rom');
});

test('a board that pulls BOOT0 down with 4.7 kΩ: said in the profile, the method rc-cap is refused with what to do', async () => {
  const profile = pulled('pulled', '4.7uF');
  const refused = await runCommand(['recover', firmware, '--profile', profile, '--simulate', '--json']);
  expect(refused.status).toBe(2);
  expect(refused.result.error).toMatchObject({
    code: 'profile-invalid',
    message: expect.stringContaining('Use a capacitor of 15 µF or more, or take off the resistor'),
  });
  const larger = pulled('larger', '15uF');
  const fitted = await runCommand([
    'recover',
    firmware,
    '--profile',
    larger,
    '--simulate',
    'board-pull-down',
    '--json',
  ]);
  expect(fitted.result).toMatchObject({ ok: true, method: 'rc-cap', application: 'seen' });
});
