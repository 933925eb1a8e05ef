import type { HostFacts } from '../../src/bench/host-facts.ts';

/** A Linux host on which nothing stands in the way. */
export const quietHost: HostFacts = {
  platform: 'linux',
  nodeVersion: '22.1.0',
  isRoot: true,
  modules: [{ name: 'serialport' }],
  modemManagerRuns: false,
  ports: {},
  runtimeDfu: [],
};
