import { expect } from 'vitest';
import type { TimedTruth } from '../../src/sim/truth.ts';
import { boardOf } from './boards.ts';
import { bootctl, firmware } from './bootctl.ts';
import { type CauseCase, causeArguments } from './cause-cases.ts';
import { bench, kernelTest, setUp } from './kernel-test.ts';
import { giveProfile, profileOf } from './profiles.ts';

/** `nrst:0`, `boots:rom`, `enumerated:board`, … */
function nameOf(event: TimedTruth): string {
  switch (event.what) {
    case 'nrst':
      return `nrst:${event.level}`;
    case 'boot0-sampled':
      return `boots:${event.boots}`;
    case 'application':
      return `application:${event.state}`;
    case 'rom-interface':
      return `rom-interface:${event.selected}`;
    case 'lines':
      return `lines:${event.rts === 'released' && event.dtr === 'released' ? 'released' : 'asserted'}`;
    case 'fault':
      return `fault:${event.name}`;
    default:
      return `${event.what}:${event.board}`;
  }
}

/** A case of each row. */
export function causeTests(rows: readonly CauseCase[]): void {
  for (const row of rows) {
    kernelTest(`${row.name}: ${row.causes[0]}`, async () => {
      await setUp({
        boards: [boardOf('board', profileOf(row.board ?? row.profile), row.scenario)],
        adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board', latency: row.latency ?? 0 }],
      });
      const { status, result } = await bootctl(causeArguments(row, firmware, await giveProfile(row.profile)));
      expect(result).toMatchObject({ ok: false, error: { code: row.code }, flash: 'untouched', bootloader: null });
      expect(status).toBe(4);
      expect(result?.attempts.map(({ outcome }) => outcome)).toEqual(Array(row.attempts).fill(row.outcome));
      expect(result?.diagnosis.map(({ cause }) => cause)).toEqual(row.causes);
      expect(result?.diagnosis[0]?.evidence).toMatch(row.evidence);
      const names = new Set((await bench.call('truth', null)).map(nameOf));
      expect([...names]).toEqual(expect.arrayContaining([...row.happened]));
      expect([...row.never, 'erased:board', 'programmed:board'].filter((name) => names.has(name))).toEqual([]);
      expect(await bench.call('lines', 'adapter')).toEqual({ rts: 'released', dtr: 'released' });
    });
  }
}
