/** The simulated bench for users' own tests: `import { createSimBench } from 'bootctl/sim'`. */
export { Board, type BoardParts, type TargetPrograms } from './board/board.ts';
export { type BoardCircuit, type BoardFaults, f405Thresholds } from './board/board-circuit.ts';
export type { SimBoard } from './board/sim-boards.ts';
export type { AdapterWires, TargetContext, TargetProgram } from './board/target-program.ts';
export type { ControlReply, SetupPacket, UsbFunction, UsbSocket } from './board/usb-function.ts';
export { type AdapterBehaviour, SimAdapter, simSerialPorts } from './in-process/sim-serial.ts';
export { SimUsbBus, type SimUsbOptions } from './in-process/sim-usb.ts';
export type { Moment, Move, Neighbour } from './neighbours.ts';
export { defaultScenario, type Scenario, type ScenarioName, scenarioNamed, scenarios } from './scenarios.ts';
export { createSimBench, type SimBench, type SimBenchOptions } from './sim-bench.ts';
export { SimClock } from './sim-clock.ts';
export { type TimedTruth, type TruthEvent, TruthLog } from './truth.ts';
