import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { firmware, jsonLines, repository, runCli, untouchableBench } from '../helpers/cli-context.ts';

const untouchable = { openBench: untouchableBench };
const dryRun = (...more: string[]) => runCli(['recover', firmware, '-p', 'rc-cap', '--dry-run', ...more], untouchable);

describe('--dry-run opens nothing', () => {
  test('and shows every rung with its steps, drawing and margin', async () => {
    const { status, stdout, stderr } = await dryRun();
    expect([status, stderr]).toEqual([0, '']);
    const titles = stdout.match(/^\d\. .*$/gm);
    expect(titles).toEqual([
      '1. rc-cap (nominal), margin 117.6 ms',
      '2. rc-cap (longer charge), margin 117.6 ms',
      '3. rc-cap (longer pulse), margin 97.6 ms',
      '4. lines (nominal), margin 46.7 ms',
      '5. lines (longer charge), margin 196.7 ms',
      '6. lines (longer pulse), margin 96.7 ms',
    ]);
    expect(stdout.match(/^ {3}BOOT0 .*╌/gm)).toHaveLength(3); // drawn as held by the capacitor, rc-cap only
    expect(stdout).toMatch(/RTS asserted {2}DTR released {2}NRST 0 {2}BOOT0 0 {2}for 10\.0 ms/);
    expect(stdout).not.toContain('PASS');
  });

  // Sectors of the F405: RM0090 table 5; addresses of the fixture: its map in test/fixtures/firmware/README.md.
  test('and shows the image with the sectors that it would touch', async () => {
    const { stdout } = await dryRun();
    expect(stdout).toContain('Intel HEX, 33,700 bytes');
    expect(stdout).toContain('program  0x0800_0000 to 0x0800_8383  33,668 bytes');
    expect(stdout).toContain('program  0x0800_C000 to 0x0800_C01F  32 bytes');
    expect(stdout).toContain('erase    0x0800_0000 to 0x0800_FFFF  4 × 16 KB');
    expect(stdout).toContain('4 of 12 sectors');
  });

  test('and what --restore puts back beside the image, with its sectors', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bootctl-dry-run-'));
    const kept = join(folder, 'kept.hex');
    // 16 bytes within the image, which are the image's, and 16 bytes of 0xA5 in the fifth sector.
    const record = (address: string, sum: string) => `:10${address}00${'A5'.repeat(16)}${sum}`;
    const lines = [':020000040800F2', record('0000', 'A0'), ':020000040801F1', record('0000', 'A0'), ':00000001FF', ''];
    writeFileSync(kept, lines.join('\n'));
    const argv = ['flash', firmware, '-p', 'rc-cap', '--dry-run', '--restore', kept];
    const { status, stdout } = await runCli(argv, untouchable);
    const json = jsonLines((await runCli([...argv, '--json'], untouchable)).stdout);
    rmSync(folder, { recursive: true });
    expect(status).toBe(0);
    expect(stdout).toContain('program  0x0800_0000 to 0x0800_8383  33,668 bytes');
    expect(stdout).toMatch(/program {2}0x0801_0000 to 0x0801_000F {2}16 bytes \(from .*kept\.hex\)/);
    expect(stdout).toContain('erase    0x0801_0000 to 0x0801_FFFF  1 × 64 KB');
    expect(json.find(({ event }) => event === 'plan.image')).toMatchObject({
      segments: [{ bytes: 33_668 }, { bytes: 32 }, { address: 0x0801_0000, bytes: 16 }],
    });
  });

  test('and as JSON: one event a rung, one for the image, then the result', async () => {
    const { status, stdout } = await dryRun('--json', '--timeout', '3s', '--usb-path', '1-2');
    const lines = jsonLines(stdout);
    expect(status).toBe(0);
    expect(lines.map(({ event }) => event)).toEqual([
      'plan.job',
      ...Array.from({ length: 6 }, () => 'plan.rung'),
      'plan.image',
      'result',
    ]);
    expect(lines[0]).toMatchObject({ profile: 'rc-cap', timeout: 3000, usb: { path: '1-2' } });
    expect(lines[1]).toMatchObject({
      rung: 1,
      method: 'rc-cap',
      change: 'nominal',
      margin: expect.closeTo(117.6, 1),
      steps: [
        { at: 0, rts: 'released', dtr: 'asserted', boot0: 1, nrst: 1, hold: 50 },
        { at: 50, rts: 'asserted', dtr: 'released', boot0: 0, nrst: 0, hold: 10 },
        { at: 60, rts: 'released', dtr: 'released', boot0: 0, nrst: 1, hold: 0 },
      ],
    });
    expect(lines[7]).toMatchObject({
      format: 'intel-hex',
      bytes: 33_700,
      segments: [
        { address: 0x0800_0000, bytes: 33_668 },
        { address: 0x0800_c000, bytes: 32 },
      ],
      sectors: [0, 1, 2, 3].map((sector) => ({ address: 0x0800_0000 + sector * 0x4000, bytes: 0x4000 })),
    });
    expect(lines[8]).toMatchObject({ ok: true, exitCode: 0, flash: 'untouched', attempts: [] });
  });

  test('also for enter, and for a profile that names no target', async () => {
    const { status, stdout } = await runCli(['enter', '-p', 'two-line', '-n'], untouchable);
    expect(status).toBe(0);
    expect(stdout).toMatch(/target +not named/);
    expect(stdout).not.toContain('Image');
  });

  test('and without a known layout says who knows the sectors', async () => {
    const { stdout } = await runCli(['recover', firmware, '-p', 'two-line', '-n'], untouchable);
    expect(stdout).toContain('which only the target can name');
  });

  test('and refuses what the job itself would refuse', async () => {
    const standardInput = Uint8Array.from({ length: 64 }, () => 0xa5);
    const argv = ['recover', '-', '--address', '0x0800_0000', '-p', 'rc-cap', '-n'];
    const refused = await runCli(argv, { ...untouchable, standardInput });
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('[image-vector-table]')]);
    const forced = await runCli([...argv, '--force'], { ...untouchable, standardInput });
    expect(forced.status).toBe(0);
  });

  test('with paths that start from the working directory', async () => {
    const cwd = join(repository, 'test/fixtures/firmware');
    const { status } = await runCli(['recover', 'blink-f405.hex', '-p', 'rc-cap', '-n'], { ...untouchable, cwd });
    expect(status).toBe(0);
  });
});
