import type { Milliseconds } from '../../base/units.ts';
import { dfuRequest, dfuRequestType, dfuState, dfuStatus } from '../../protocol/dfu/constants.ts';
import type { ControlReply, SetupPacket, UsbFunction } from '../board/usb-function.ts';
import { isStandardRequest, StandardRequests } from '../chip/standard-requests.ts';
import type { Timers } from '../chip/timers.ts';
import type { InterfaceDescription } from '../chip/usb-descriptors.ts';
import type { CdcIdentity, UsbCompanion } from './usb-cdc.ts';

/** How an application handles DFU_DETACH. */
export interface DetachManner {
  /** bitWillDetach: it leaves the bus by itself. Otherwise a bus reset within its time does it (DFU 1.1 §5.1). */
  readonly willDetach: boolean;
  /** Time in appDETACH, at most. */
  readonly detachTimeout: Milliseconds;
  /** Refuses the request, or accepts it and stays. */
  readonly unwilling?: 'stalls' | 'ignores';
}

/** bmAttributes of the functional descriptor (DFU 1.1 §4.1.3). */
const attribute = { canDnload: 0x01, manifestationTolerant: 0x04, willDetach: 0x08 } as const;
/** wTransferSize 2048 and bcdDFUVersion 1.1, little-endian. */
const sizeAndVersion = [0x00, 0x08, 0x10, 0x01] as const;
const done = new Uint8Array(0);

/** Run-time DFU interface of an application (DFU 1.1 §4.1, §5.1, and states appIDLE and appDETACH of appendix A). */
export class DfuRunTime implements UsbCompanion {
  readonly interfaces: readonly InterfaceDescription[];
  readonly #manner: DetachManner;
  readonly #timers: Timers;
  readonly #toDfu: () => void;
  #isDetaching = false;
  /** Counts requests, so that the time of an earlier one ends nothing. */
  #request = 0;

  constructor(interfaceNumber: number, manner: DetachManner, timers: Timers, toDfu: () => void) {
    this.#manner = manner;
    this.#timers = timers;
    this.#toDfu = toDfu;
    const { willDetach, detachTimeout } = manner;
    const attributes = attribute.canDnload | attribute.manifestationTolerant | (willDetach ? attribute.willDetach : 0);
    const functional = [9, 0x21, attributes, detachTimeout & 0xff, detachTimeout >> 8, ...sizeAndVersion];
    this.interfaces = [
      {
        interfaceNumber,
        alternateSetting: 0,
        interfaceClass: 0xfe,
        interfaceSubClass: 0x01,
        interfaceProtocol: 0x01,
        name: 'DFU',
        classDescriptors: [Uint8Array.from(functional)],
      },
    ];
  }

  control({ requestType, request, value, length }: SetupPacket): ControlReply {
    const state = this.#isDetaching ? dfuState.appDETACH : dfuState.appIDLE;
    if (requestType === dfuRequestType.in && request === dfuRequest.GETSTATE) return Uint8Array.of(state);
    if (requestType === dfuRequestType.in && request === dfuRequest.GETSTATUS)
      return Uint8Array.of(dfuStatus.OK, 0, 0, 0, state, 0).subarray(0, length);
    const wasIdle = !this.#isDetaching;
    this.#isDetaching = false;
    const isDetach = requestType === dfuRequestType.out && request === dfuRequest.DETACH;
    if (!isDetach || !wasIdle || this.#manner.unwilling === 'stalls') return 'stall';
    if (this.#manner.unwilling !== 'ignores') this.#detach(value);
    return done;
  }

  /** In appDETACH the device waits for a reset in time. */
  busReset(): void {
    if (this.#isDetaching) this.#toDfu();
  }

  #detach(timeout: Milliseconds): void {
    if (this.#manner.willDetach) {
      this.#toDfu();
      return;
    }
    this.#isDetaching = true;
    this.#request += 1;
    const request = this.#request;
    // The host may ask for less time than there is, not for more (DFU 1.1 §4.1.3).
    this.#timers.after(Math.min(timeout, this.#manner.detachTimeout), () => {
      if (request === this.#request) this.#isDetaching = false;
    });
  }
}

/** USB function of an application with nothing but its run-time DFU interface, number 0. */
export class DfuRunTimeFunction implements UsbFunction {
  readonly name: string;
  readonly deviceDescriptor: Uint8Array;
  readonly configurationDescriptor: Uint8Array;
  readonly #standard: StandardRequests;
  readonly #dfu: DfuRunTime;

  constructor(identity: CdcIdentity, dfu: DfuRunTime) {
    this.name = identity.product;
    this.#dfu = dfu;
    const { interfaces } = dfu;
    const rest = { bcdUsb: 0x0200, deviceClass: 0, bcdDevice: 0x0100, selfPowered: true, maxPower: 100 };
    this.#standard = new StandardRequests(
      { ...identity, ...rest, interfaces },
      (isAgain) => isAgain && this.busReset(),
    );
    this.deviceDescriptor = this.#standard.descriptors.device;
    this.configurationDescriptor = this.#standard.descriptors.configuration;
  }

  async control(setup: SetupPacket): Promise<ControlReply> {
    if (isStandardRequest(setup)) return this.#standard.handle(setup);
    return setup.index === 0 ? this.#dfu.control(setup) : 'stall';
  }

  busReset(): void {
    this.#dfu.busReset();
  }
}
