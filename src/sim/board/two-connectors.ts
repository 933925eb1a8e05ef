import type { TargetProgram } from './target-program.ts';
import type { UsbFunction, UsbSocket } from './usb-function.ts';

/** A board whose ROM has its USB at one connector and its application at another (OTG FS and OTG HS, or a hub). */
export class TwoConnectors implements UsbSocket {
  readonly path: string;
  readonly #rom: UsbSocket;
  readonly #application: UsbSocket;
  #isRom = false;

  constructor(rom: UsbSocket, application: UsbSocket) {
    this.path = rom.path;
    this.#rom = rom;
    this.#application = application;
  }

  /** The program that is about to start, at its own connector. */
  rom(program: TargetProgram): TargetProgram {
    this.#isRom = true;
    return program;
  }

  application(program: TargetProgram | undefined): TargetProgram | undefined {
    this.#isRom = false;
    return program;
  }

  attach(device: UsbFunction): void {
    (this.#isRom ? this.#rom : this.#application).attach(device);
  }

  detach(): void {
    this.#rom.detach();
    this.#application.detach();
  }
}
