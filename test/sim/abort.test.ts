import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { firmware, linesAtEnd, type RunOptions, runCommand } from '../helpers/command.ts';

const expected = readFileSync(firmware.replace(/hex$/, 'bin'));
const recover = (options: RunOptions) =>
  runCommand(['recover', firmware, '--profile', 'rc-cap', '--simulate', '--json'], options);
const abortAt =
  (ms: number): NonNullable<RunOptions['arrange']> =>
  (bench, abort) =>
    bench.clock.setTimeout(() => abort(new BootctlError('aborted', 'Interrupted by SIGINT')), ms);

/** From before the port is open until after the application runs: the whole job takes about 2 s of virtual time. */
const moments = Array.from({ length: 60 }, (_, index) => 1 + index * 33);

test('the job lasts longer than most of the moments at which it is interrupted', async () => {
  const { bench } = await recover({});
  expect(bench.clock.now()).toBeGreaterThan(moments.at(-5)!);
});

test.each(moments)(
  'interrupted after %i ms: idle lines, a true report, and the second run finishes',
  async (moment) => {
    const first = await recover({ arrange: abortAt(moment) });
    const { flash } = first.bench.boards[0].memory;
    if (first.status !== 0) {
      expect(first.status).toBe(130);
      expect(first.result.error).toMatchObject({ code: 'aborted' });
      const lines = linesAtEnd(first);
      if (lines) expect(lines).toEqual({ rts: 'released', dtr: 'released' });
      expectTrueCondition(first);
    }
    const again = await recover({ bench: first.bench });
    expect(again.status).toBe(0);
    expect(Buffer.from(flash.read(0x0800_0000, expected.length)).equals(expected)).toBe(true);
  },
);

/** What the report says of the flash against what physically happened to it. */
function expectTrueCondition({ result, bench }: Awaited<ReturnType<typeof recover>>): void {
  const erased = bench.truth.of('erased').length > 0;
  const programmed = bench.truth.of('programmed').length > 0;
  const content = Buffer.from(bench.boards[0].memory.flash.read(0x0800_0000, expected.length));
  const condition = result.flash as string;
  if (condition === 'untouched') expect([erased, programmed]).toEqual([false, false]);
  if (programmed) expect(condition).toMatch(/written|verified/);
  else if (erased) expect(condition).toMatch(/erased in part|written in part/);
  if (condition === 'verified' || condition === 'written, not verified') expect(content.equals(expected)).toBe(true);
}

test('an abort before anything is open moves nothing', async () => {
  const { status, truth } = await recover({
    arrange: (_, abort) => abort(new BootctlError('aborted', 'Interrupted by SIGTERM')),
  });
  expect(status).toBe(130);
  expect(truth.filter(({ what }) => what === 'erased' || what === 'boot0-sampled')).toEqual([]);
});
