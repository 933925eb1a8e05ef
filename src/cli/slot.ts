import { isPowerPort } from '../board/circuit/host-lines.ts';
import { nodeBench } from '../host/node-bench.ts';
import { runJsonCommand } from '../host/system/json-command.ts';
import { systemClock } from '../host/system/system-clock.ts';
import type { ToSlot } from '../jig/slot/slot-messages.ts';
import { SlotServer } from '../jig/slot/slot-server.ts';
import { stepRunner } from '../jig/slot/steps.ts';
import { createSimBench } from '../sim/sim-bench.ts';

let lastSent: Promise<void> = Promise.resolve();

/** The process of one slot. What asks it to end, or loses it, ends its job in order. */
const server = new SlotServer({
  send: (message) => {
    if (process.connected) lastSent = new Promise((resolve) => process.send?.(message, () => resolve()));
  },
  openBench: async ({ profile, simulated }, { simulated: unit }) => {
    if (simulated === undefined) return nodeBench();
    const { scenario = 'crashed', chipUid } = unit ?? {};
    const uniqueId = chipUid === undefined ? undefined : Buffer.from(chipUid, 'hex');
    return createSimBench({ profile, scenario, uniqueId, ...(simulated === 'real' ? { clock: systemClock } : {}) });
  },
  restorePower: async ({ profile: { powerCycle }, simulated }) => {
    if (simulated === undefined && powerCycle && isPowerPort(powerCycle))
      await nodeBench().hubPorts?.restore(powerCycle.hubPort);
  },
  runStep: stepRunner(runJsonCommand),
  record: async (file, argv, spec, run) => {
    const { openFlightRecorder } = await import('../trace/flight-recorder.ts');
    await using recorder = await openFlightRecorder({ path: file, name: file, argv }, () => {});
    return await recorder.record(spec, run);
  },
  clock: systemClock,
});

const end = async () => {
  await server.stop();
  await lastSent;
  process.exit();
};

process.on('message', (message: ToSlot) => (message.type === 'stop' ? end() : server.receive(message)));
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGBREAK'] as const) process.on(name, end);
process.on('disconnect', end);
