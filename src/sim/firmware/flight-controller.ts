import type { Milliseconds } from '../../base/units.ts';
import type { FirmwarePort, Listener } from './firmware-port.ts';
import { MspFrames, mspReply } from './msp-frames.ts';

/** The only simulated command of msp_protocol.h. Its modes are those of Betaflight's msp.c. */
const MSP_REBOOT = 68;
const rebootModes = { firmware: 0, rom: 1, count: 5 } as const;
/** `#` and the reboot character count when nothing follows them for so long (msp_serial.c). */
const guardTime: Milliseconds = 100;
const rebootCharacter = 'R';

const banner = "\r\nEntering CLI Mode, type 'exit' or 'save' to return, or 'help'\r\n";
const prompt = '\r\n# ';
const unknownCommand = "###ERROR IN input: UNKNOWN COMMAND, TRY 'HELP'###\r\n";

/** How INAV differs: MSP_REBOOT restarts it in every mode, and its CLI command for `bl` is `dfu`. */
export type FlightFirmware = 'betaflight' | 'inav';

export interface FlightControllerOptions {
  readonly firmware?: FlightFirmware;
  /** Its CLI is open already, as a configurator has left it. */
  readonly inCli?: boolean;
  /** Its motors may run: only MSP frames are listened to, and INAV does not reboot (msp.c, fc_core.c). */
  readonly armed?: boolean;
}

/** Betaflight or INAV at one of its ports: MSP and the reboot character, or the CLI (msp_serial.c, cli.c). */
export class FlightController implements Listener {
  readonly #port: FirmwarePort;
  readonly #firmware: FlightFirmware;
  readonly #msp = new MspFrames((command, payload) => this.#answer(command, payload));
  readonly #armed: boolean;
  #inCli: boolean;
  #line = '';
  /** Counts received input. A guard time has passed if the count has not changed. */
  #activity = 0;

  constructor(
    port: FirmwarePort,
    { firmware = 'betaflight', inCli = false, armed = false }: FlightControllerOptions = {},
  ) {
    this.#port = port;
    this.#firmware = firmware;
    this.#inCli = inCli;
    this.#armed = armed;
  }

  push(bytes: Uint8Array): void {
    const activity = ++this.#activity;
    for (const byte of bytes) {
      const character = String.fromCharCode(byte);
      if (this.#inCli) this.#type(character);
      else if (!this.#msp.push(byte)) this.#awaitSilence(character, activity);
    }
  }

  #awaitSilence(character: string, activity: number): void {
    if (this.#armed || (character !== '#' && character !== rebootCharacter)) return;
    this.#port.after(guardTime, () => {
      if (activity !== this.#activity) return;
      if (character === rebootCharacter) this.#port.toRomByReset();
      else this.#openCli();
    });
  }

  #answer(command: number, [mode = rebootModes.firmware]: readonly number[]): void {
    const isInav = this.#firmware === 'inav';
    const isRefused = command !== MSP_REBOOT || (!isInav && mode >= rebootModes.count);
    this.#port.send(mspReply(command, isRefused || isInav ? [] : [mode], isRefused));
    if (isRefused || (isInav && this.#armed)) return;
    if (!isInav && mode === rebootModes.rom) this.#port.toRomByReset();
    else this.#port.restart();
  }

  #openCli(): void {
    this.#inCli = true;
    this.#port.send(banner + prompt);
  }

  /** Printable characters are echoed and kept, others dropped. An empty line is ignored. */
  #type(character: string): void {
    if (character === '\r' || character === '\n') {
      if (this.#line !== '') this.#endLine();
    } else if (character >= ' ' && character <= '~') {
      this.#line += character;
      this.#port.send(character);
    }
  }

  #endLine(): void {
    const command = this.#line.replace(/#.*/, '').trim().toLowerCase();
    this.#line = '';
    this.#port.send('\r\n');
    if (!this.#run(command)) this.#port.send(prompt);
  }

  /** False if the CLI continues. */
  #run(command: string): boolean {
    const isInav = this.#firmware === 'inav';
    if (command === 'exit') return this.#reboot('# leaving CLI mode, unsaved changes lost', () => this.#port.restart());
    if (isInav && command === 'dfu') return this.#reboot('Restarting in DFU mode', () => this.#port.toRomByReset());
    if (!isInav && /^bl( +rom)?$/.test(command))
      return this.#reboot('# restarting in ROM bootloader mode', () => this.#port.toRomByReset());
    if (!isInav && /^bl /.test(command)) this.#port.send('###ERROR IN bl: Invalid option###\r\n');
    else if (command !== '') this.#port.send(unknownCommand);
    return false;
  }

  #reboot(goodbye: string, go: () => void): true {
    this.#port.send(`\r\n${goodbye}\r\nRebooting`);
    go();
    return true;
  }
}
