/**
 * The machines of bootctl: decisions only, without I/O. Each declares its actors, and `machine.provide({ actors })`
 * gives them something to do. `recoverMachine` is the whole job, `stationMachine` a jig with its slots; `machines/README.md` draws all of them.
 *
 * @packageDocumentation
 */

export { bootEntryMachine } from './boot-entry.machine.ts';
export { calibrationMachine } from './calibration.machine.ts';
export { flashMachine } from './flash.machine.ts';
export { fleetLinkMachine } from './fleet-link.machine.ts';
export { learningMachine } from './learning.machine.ts';
export { leaveMachine } from './leave.machine.ts';
export { lineSequenceMachine } from './line-sequence.machine.ts';
export { pairingMachine } from './pairing.machine.ts';
export { rackWorkerMachine } from './rack-worker.machine.ts';
export { recoverMachine } from './recover.machine.ts';
export { restoreMachine } from './restore.machine.ts';
export { slotMachine } from './slot.machine.ts';
export { stationMachine } from './station.machine.ts';
export { usartRateMachine } from './usart-rate.machine.ts';
export { usbWatchMachine } from './usb-watch.machine.ts';
export { verifyMachine } from './verify.machine.ts';
