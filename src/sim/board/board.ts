import type { Milliseconds, Volts } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { CharacterFormat, ModemLines } from '../../bench/serial-link.ts';
import { idleLines, pinsOf } from '../../board/circuit/wiring.ts';
import { longAgo } from '../sim-clock.ts';
import type { TruthEvent, TruthLog } from '../truth.ts';
import { type BoardCircuit, PinNodes } from './board-circuit.ts';
import type { AdapterWires, ApplicationStart, TargetContext, TargetProgram } from './target-program.ts';
import type { UsbSocket } from './usb-function.ts';

/** The programs that the target can run. */
export interface TargetPrograms {
  /** The ROM bootloader, about to be started. */
  rom(): TargetProgram;
  /** The program of the vector table at `address`. Undefined if nothing can run there. */
  application(address: number, start?: ApplicationStart): TargetProgram | undefined;
}

export interface BoardParts {
  /** Name in the truth log. */
  readonly name: string;
  readonly clock: Clock;
  readonly truth: TruthLog;
  readonly circuit: BoardCircuit;
  readonly socket: UsbSocket;
  readonly programs: TargetPrograms;
}

type ReceiveListener = (bytes: Uint8Array, format: CharacterFormat) => void;

/** Boot address of every family with the ROM's DFU (AN2606, main flash memory). */
const mainFlash = 0x0800_0000;
/** State of an adapter's pins without power: clamped near ground. */
const bothAsserted: ModemLines = { rts: 'asserted', dtr: 'asserted' };
/** Clocks use floating-point numbers. An instant this near, in ms, counts as reached. */
const instant = 1e-6;

/**
 * A board under power: the adapter's lines move its pins, the end of a reset samples BOOT0, and the target runs the ROM
 * or its application. It is independent of the bus that carries its USB, and of real or virtual time.
 */
export class Board {
  readonly name: string;
  readonly #parts: BoardParts;
  readonly #pins: PinNodes;
  readonly #listeners = new Set<ReceiveListener>();
  #lines: ModemLines = idleLines;
  #inReset = false;
  #releaseTimer: unknown;
  #program: TargetProgram | undefined;
  #isPowered = true;
  #hasAdapterPower = true;
  /** Counts runs: the same program object may run again. */
  #run = 0;

  constructor(parts: BoardParts) {
    this.name = parts.name;
    this.#parts = parts;
    this.#pins = new PinNodes(parts.clock, parts.circuit);
    this.#pins.drive(pinsOf(this.#parts.circuit.wiring, this.#lines));
  }

  /** The board has had its supply for long, with all lines released. `rom` as if a person had held the boot button. */
  powerOn(startIn: 'rom' | 'application' | 'nothing'): void {
    const { clock, programs } = this.#parts;
    const program =
      startIn === 'nothing' ? undefined : startIn === 'rom' ? programs.rom() : programs.application(mainFlash);
    this.#isPowered = true;
    if (this.#pins.nrstIsLow()) this.#inReset = true;
    else longAgo(clock, (past) => this.#start(program, past));
  }

  /** The application jumps into the ROM: no reset, BOOT0 is not sampled. */
  enterRom(): void {
    if (this.#isPowered && !this.#inReset) this.#start(this.#parts.programs.rom());
  }

  /** A person taps the reset button: BOOT0 is low, and the application starts. */
  restart(): void {
    if (this.#isPowered && !this.#inReset) this.#start(this.#parts.programs.application(mainFlash));
  }

  /** A device of the board sends to a pin of the target that is another interface of the ROM, and of no other program. */
  sendElsewhere(): void {
    this.#program?.otherInterfaceReceive?.();
  }

  /** A person holds the boot button, or lets go of it. */
  holdBoot0(isHeld: boolean): void {
    this.#pins.holdBoot0(isHeld);
  }

  /** A person taps the reset button: NRST falls, and BOOT0 is sampled as it rises. */
  tapReset(): void {
    if (!this.#isPowered) return;
    this.#pins.pulseNrst();
    this.#drive();
    this.#enterReset();
    this.#watchNrst();
  }

  get isPowered(): boolean {
    return this.#isPowered;
  }

  /** Ends all programs and timers of the board. */
  powerOff(): void {
    this.#isPowered = false;
    this.#parts.clock.clearTimeout(this.#releaseTimer);
    this.#stop();
  }

  /** The supply comes back: NRST rises from 0 V, and BOOT0 is sampled as after any reset. */
  powerReturns(): void {
    if (this.#isPowered) return;
    this.#isPowered = true;
    this.#pins.pulseNrst();
    this.#drive();
    this.#enterReset();
    this.#watchNrst();
  }

  /** Name of the program that runs. Undefined in reset and if nothing can run. */
  get running(): string | undefined {
    return this.#program?.name;
  }

  /** Voltage at the target's BOOT0 pin now. */
  get boot0Volts(): Volts {
    return this.#pins.boot0At(this.#parts.clock.now());
  }

  /** The end of the wires that an adapter of this name holds. */
  wires(adapter: string): AdapterWires {
    return {
      adapter,
      record: (event) => this.#record(event),
      setLines: (lines) => this.#setLines(adapter, lines),
      setPower: (isOn) => this.#setAdapterPower(isOn),
      transmit: (bytes, format) => {
        if (this.#parts.circuit.usartConnected) this.#program?.usartReceive?.(bytes, format);
      },
      onReceive: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    };
  }

  /** The adapter loses its power, or has it again; then its lines are released. */
  #setAdapterPower(isOn: boolean): void {
    if (isOn === this.#hasAdapterPower) return;
    this.#hasAdapterPower = isOn;
    this.#watchNrst();
    this.#lines = idleLines;
    this.#drive();
    this.#watchNrst();
  }

  /** Applies the adapter's effect on the pins, by its lines or by its missing supply. */
  #drive(): void {
    const { wiring, unpowered } = this.#parts.circuit;
    const withoutPower = unpowered ?? pinsOf(wiring, bothAsserted);
    this.#pins.drive(this.#hasAdapterPower ? pinsOf(wiring, this.#lines) : withoutPower);
  }

  #setLines(adapter: string, lines: ModemLines): void {
    if (lines.rts === this.#lines.rts && lines.dtr === this.#lines.dtr) return;
    // A real clock's timer may be late. Events due before this edge must happen first.
    this.#watchNrst();
    this.#lines = lines;
    this.#record({ what: 'lines', adapter, ...lines });
    this.#drive();
    this.#watchNrst();
  }

  /** Follows NRST: into reset at once, out of it when the pull-up has lifted it over the threshold. */
  #watchNrst(): void {
    const { clock } = this.#parts;
    clock.clearTimeout(this.#releaseTimer);
    if (!this.#isPowered) return;
    if (!this.#inReset) {
      if (this.#pins.nrstIsLow()) this.#enterReset();
      else return;
    }
    const release = this.#pins.nrstReleaseAt();
    if (release === undefined) return;
    const left = release - clock.now();
    if (left <= instant) {
      this.#inReset = false;
      this.#record({ what: 'nrst', level: 1 });
      this.#boot(release);
    } else this.#releaseTimer = clock.setTimeout(() => this.#watchNrst(), left);
  }

  #enterReset(): void {
    this.#inReset = true;
    this.#record({ what: 'nrst', level: 0 });
    this.#stop();
  }

  /**
   * Latches BOOT0 (RM0090 §2.4: on the fourth rising edge of SYSCLK after a reset, about 1 µs) and starts accordingly.
   */
  #boot(at: Milliseconds): void {
    const { rom, application } = this.#parts.programs;
    const { volts, level, bounced } = this.#pins.sampleBoot0(at);
    if (bounced) this.#record({ what: 'fault', name: 'boot0-contact-open' });
    const program = level === 1 ? rom() : application(mainFlash);
    const boots = level === 1 ? 'rom' : program ? 'application' : 'nothing';
    this.#record({ what: 'boot0-sampled', volts, level, boots });
    this.#start(program);
  }

  #start(program: TargetProgram | undefined, clock: Clock = this.#parts.clock): void {
    this.#stop();
    this.#run += 1;
    this.#program = program;
    program?.start(this.#contextFor(this.#run, clock));
  }

  #stop(): void {
    const program = this.#program;
    this.#program = undefined;
    program?.stop();
    this.#pins.chargeFromTarget(false);
    this.#parts.socket.detach();
  }

  /** Operations of a running program. They have no effect after it was stopped. */
  #contextFor(run: number, clock: Clock): TargetContext {
    const { socket, circuit, programs } = this.#parts;
    const whileRunning = (act: () => void) => {
      if (this.#program && this.#run === run) act();
    };
    return {
      clock,
      socket,
      record: (event) => this.#record(event),
      usartTransmit: (bytes, format) =>
        whileRunning(() => {
          if (!circuit.usartConnected) return;
          for (const listener of this.#listeners) listener(bytes, format);
        }),
      jump: (address) =>
        whileRunning(() => {
          const program = programs.application(address, 'jump');
          if (program) this.#start(program);
          else this.#boot(clock.now()); // no code there: the target resets, and may well come back in its ROM
        }),
      systemReset: () =>
        whileRunning(() => {
          this.#pins.pulseNrst();
          this.#enterReset();
          this.#watchNrst();
        }),
      chargeBoot0: (isOn) => whileRunning(() => this.#pins.chargeFromTarget(isOn)),
    };
  }

  #record(event: TruthEvent): void {
    this.#parts.truth.add(this.name, event);
  }
}
