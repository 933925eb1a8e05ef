import { describe, expect } from 'vitest';
import { boardOf, expectFlashed } from './boards.ts';
import { firmware } from './bootctl.ts';
import { repository } from './guest/paths.ts';
import { bench, kernelTest, run, setUp } from './kernel-test.ts';
import { changed, giveProfile, profileOf, seen } from './profiles.ts';

const profile = changed('by-hand', 'two-line', [
  ['id: two-line', 'id: by-hand'],
  ['methods:', 'usb: { vendorId: "0483", productId: "df11", enumerationTimeout: 0.5s }\nmethods:'],
  seen,
]);
/** The person comes once the lines have been still for this long: longer than any wait between two attempts. */
const patience = 4_000;

/** A board that only a person gets into its ROM. */
async function setUpPerson(): Promise<readonly string[]> {
  const { board } = await setUp({
    boards: [boardOf('board', profileOf(profile), { board: { boot0Stuck: 0 }, operatorAfter: patience })],
    adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board' }],
  });
  // With its place named nobody has to say that the one that comes is this board.
  return ['recover', firmware, '--profile', await giveProfile(profile), '--usb-path', board!.usbPath];
}

/** The same command with a terminal as stdin, stdout and stderr. */
const onTerminal = (args: readonly string[]) =>
  run(['script', '-qec', [process.execPath, `${repository}/bin/bootctl.js`, ...args].join(' '), '/dev/null']);

describe('the last rung asks a person', () => {
  kernelTest('on a terminal: the instruction is there, nothing is typed, and the job goes on to PASS', async () => {
    const { status, stdout } = await onTerminal(await setUpPerson());
    expect(status).toBe(0);
    expect(stdout.match(/>>> Now by hand/g)).toHaveLength(1);
    expect(stdout).toMatch(/1\. Hold the boot button.*2\. Tap the reset button.*3\. Let go of BOOT0/);
    expect(stdout.indexOf('>>> Now by hand')).toBeLessThan(stdout.indexOf('PASS'));
    expect(stdout).toContain('manual (nominal), attempt 3');
    await expectFlashed('board');
    const truth = await bench.call('truth', null);
    const came = truth.findIndex((event) => event.what === 'fault' && event.name === 'operator-held-boot0');
    const before = truth.slice(0, came).findLast(({ what }) => what === 'lines');
    expect(before).toMatchObject({ rts: 'released', dtr: 'released' });
    expect(await bench.call('lines', 'adapter')).toEqual({ rts: 'released', dtr: 'released' });
  });

  kernelTest('with --json nobody is asked, though there is a terminal', async () => {
    const { status, stdout } = await onTerminal([...(await setUpPerson()), '--json']);
    expect(status).toBe(4);
    expect(stdout).toContain('"code":"methods-exhausted"');
    expect(stdout).not.toMatch(/manual|operator\.asked|by hand/);
  });

  kernelTest('without a terminal nobody is asked either', async () => {
    const args = await setUpPerson();
    const { status, stdout, stderr } = await run([process.execPath, `${repository}/bin/bootctl.js`, ...args]);
    expect(status).toBe(4);
    expect(stderr).toContain('methods-exhausted');
    expect(stdout + stderr).not.toMatch(/manual|by hand/);
    expect((await bench.call('truth', null)).filter(({ what }) => what === 'erased')).toEqual([]);
  });
});
