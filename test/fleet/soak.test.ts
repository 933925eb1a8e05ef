import { expect } from 'vitest';
import { postgresTest } from '../helpers/postgres.ts';
import { double, runCampaign } from '../soak/fleet/fleet-campaign.ts';

postgresTest(
  'a fleet that is killed, cut off, put back and copied keeps its promises',
  async () => {
    const { faults, figures, blows, holds } = await runCampaign({
      ...{ units: 100, stations: 3, slots: 2, seed: 1, alone: 1_000, calm: { least: 300, most: 2_000 } },
      say: () => {},
    });
    expect(faults).toEqual([]);
    expect(figures.good).toBeLessThanOrEqual(100);
    expect(figures.good).toBeGreaterThan(70);
    expect(Object.keys(blows)).toEqual(
      expect.arrayContaining(['clock off', 'database put back', 'second computer of one name', 'station killed']),
    );
    expect(holds.some((hold) => /^the clock of this computer is wrong by -?86400 s$/.test(hold))).toBe(true);
    expect(holds).toEqual(expect.arrayContaining([expect.stringMatching(double)]));
  },
  240_000,
);
