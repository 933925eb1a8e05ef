import type { Wiring } from '../../src/board/circuit/plan.ts';
import { wiringFromPins } from '../../src/board/circuit/wiring.ts';
import type { BoardProfile, Boot0Circuit, NrstCircuit } from '../../src/board/profile.ts';

/** The reference circuit, written out so that it does not depend on the YAML file. */
export const referenceBoot0: Boot0Circuit = {
  chargeResistor: 1e3,
  capacitor: 4.7e-6,
  bleedResistor: 47e3,
  diodeDrop: 0.3,
  tolerance: 0.2,
  vih: 2.31,
  vil: 0.99,
  supply: 3.3,
};
export const referenceNrst: NrstCircuit = { pullUp: 40e3, capacitor: 100e-9, pulse: 10 };

/** Each pin on a line of its own. */
export const directWiring = wiringFromPins({ line: 'rts', asserted: 0 }, { line: 'dtr', asserted: 1 });

/** Two cross-coupled transistors: no state has BOOT0 = 1 with NRST = 0. */
export const crossCoupledWiring: Wiring = {
  'rts released, dtr released': { boot0: 0, nrst: 1 },
  'rts asserted, dtr released': { boot0: 0, nrst: 0 },
  'rts released, dtr asserted': { boot0: 1, nrst: 1 },
  'rts asserted, dtr asserted': { boot0: 0, nrst: 1 },
};

/** The one-key download circuit: both transistors conduct while RTS alone is asserted; DTR takes NRST back. */
export const oneKeyWiring: Wiring = {
  'rts released, dtr released': { boot0: 0, nrst: 1 },
  'rts asserted, dtr released': { boot0: 1, nrst: 0 },
  'rts released, dtr asserted': { boot0: 0, nrst: 1 },
  'rts asserted, dtr asserted': { boot0: 1, nrst: 1 },
};

/** A board with the reference circuit; `changes` replace whole keys. */
export const referenceBoard = (changes: Partial<BoardProfile> = {}): BoardProfile => ({
  id: 'rc-cap',
  description: '',
  adapter: {},
  wiring: directWiring,
  idleEntersBootloader: false,
  boot0: referenceBoot0,
  nrst: referenceNrst,
  usart: { connected: false, baudRate: 115_200 },
  usb: { vendorId: '0483', productId: 'df11' },
  methods: ['rc-cap', 'lines'],
  softJump: [],
  application: { expect: 'none' },
  ...changes,
});
