import { BootctlError } from '../../src/base/errors.ts';
import type { ControlRequest, UsbDevice, UsbDeviceInfo } from '../../src/bench/usb-bus.ts';

export type ScriptedAnswer = Uint8Array | readonly number[] | 'stall' | 'gone' | 'timeout';

/** A USB device that answers IN requests from a list, in order, and remembers every request as text. */
export class ScriptedUsb implements UsbDevice {
  readonly info: UsbDeviceInfo = {
    path: '1-1',
    instance: '1-1#5',
    vendorId: '0483',
    productId: 'df11',
    bcdDevice: '2200',
  };
  readonly keepsOrder: boolean = true;
  readonly requests: string[] = [];
  /** How long the host would have waited for each of them, ms. */
  readonly timeouts: number[] = [];
  /** Request text of an OUT transfer -> how it fails. */
  readonly outFailures = new Map<string, ScriptedAnswer>();
  readonly #answers: ScriptedAnswer[];
  constructor(answers: readonly ScriptedAnswer[]) {
    this.#answers = [...answers];
  }
  async claimInterface(): Promise<void> {}
  async selectAlternate(): Promise<void> {}
  async controlIn(request: ControlRequest, length: number, timeout = 0): Promise<Uint8Array> {
    this.timeouts.push(timeout);
    const text = textOf(request);
    this.requests.push(`${text} ?${length}`);
    const answer = this.#answers.shift();
    if (answer === undefined) throw new Error(`no answer is left for ${text}`);
    return failOrReturn(answer, text);
  }
  async controlOut(request: ControlRequest, data: Uint8Array, timeout = 0): Promise<void> {
    this.timeouts.push(timeout);
    const text = `${textOf(request)} ${Buffer.from(data.subarray(0, 5)).toString('hex')}`.trim();
    this.requests.push(text);
    failOrReturn(this.outFailures.get(text) ?? [], text);
  }
  async [Symbol.asyncDispose](): Promise<void> {}
}

const failures = { stall: 'usb-stall', gone: 'target-lost', timeout: 'usb-timeout' } as const;

function failOrReturn(answer: ScriptedAnswer, text: string): Uint8Array {
  if (typeof answer === 'string') throw new BootctlError(failures[answer], `${text}: ${answer}`);
  return Uint8Array.from(answer);
}

/** `a1 03 0000 0000`: bmRequestType, bRequest, wValue, wIndex. */
const textOf = ({ requestType, request, value, index }: ControlRequest): string =>
  [hex(requestType, 2), hex(request, 2), hex(value, 4), hex(index, 4)].join(' ');

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
