import { expect, test } from 'vitest';
import { analysedPlan, entryTimes, partsOf } from '../../src/board/analysis/entry-times.ts';
import { factorsOf, type RcBoard, type Values } from '../../src/board/analysis/factors.ts';
import { drawnBoards } from '../../src/board/analysis/many-boards.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { scenarioNamed } from '../../src/sim/scenarios.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { runCli } from '../helpers/cli-context.ts';
import { f405, profileFile, rcBoot0 } from '../helpers/profile-file.ts';

// One attempt: what a job does after it is another entry, with other times.
const path = profileFile('drawn', f405, rcBoot0('2.2uF'), 'methods: [rc-cap]', 'attempts: 1');

/** The board with these values as its real parts; its pin leaks nothing, which the analysis is told too. */
function realBoard(board: RcBoard, values: Values): RcBoard {
  const { supply, diodeDrop, chargeResistor, capacitor } = partsOf(board, values);
  const bleedResistor = board.boot0.bleedResistor * values['bleed resistor'];
  return {
    ...board,
    boot0: { ...board.boot0, supply, diodeDrop, chargeResistor, capacitor, bleedResistor },
    nrst: {
      ...board.nrst,
      pullUp: values['NRST pull-up'],
      capacitor: board.nrst.capacitor * values['NRST capacitor'],
    },
  };
}

test('the simulated bench reads BOOT0 above its VIH on just those of 30 drawn boards that the analysis lets in', async () => {
  const { boot0, ...rest } = findProfile(path, { cwd: '.' });
  const board: RcBoard = { ...rest, boot0: boot0! };
  const plan = analysedPlan(board, 'rc-cap');
  const seen = { above: 0, below: 0 };
  for (const drawn of drawnBoards(factorsOf(board, { dielectric: 'Y5V' }), 30, 11)) {
    const values: Values = { ...drawn, leakage: 0, 'host jitter': 0 };
    const profile = realBoard(board, values);
    const bench = createSimBench({ profile, scenario: scenarioNamed('crashed') });
    await runCli(['enter', '-p', path, '--json'], { openBench: async () => bench });
    // The first reset is that of opening the port.
    const { volts } = bench.truth.of('boot0-sampled')[1]!;
    const vih = 0.17 * profile.boot0.supply + 0.7;
    const { margin } = entryTimes(board, plan, values);
    // NRST of the simulated target is read at 2.0 V, up to 4 ms before the 0.7 VDD of the analysis.
    if (margin >= 0) expect(volts).toBeGreaterThanOrEqual(vih);
    if (margin < -4) expect(volts).toBeLessThan(vih);
    seen[margin >= 0 ? 'above' : 'below'] += 1;
  }
  expect(Math.min(seen.above, seen.below)).toBeGreaterThan(3);
});
