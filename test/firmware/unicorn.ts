import { createRequire } from 'node:module';

// The package has no types that NodeNext finds for `require`; what is used of it is named here.
interface Library {
  func(prototype: string): (...args: unknown[]) => unknown;
}
interface Koffi {
  load(name: string): Library;
  proto(prototype: string): unknown;
  pointer(type: unknown): unknown;
  register(callback: (...args: never[]) => unknown, type: unknown): unknown;
  unregister(callback: unknown): void;
}

/** Of Unicorn 2.0.1: include/unicorn/unicorn.h and arm.h. */
const constants = {
  archArm: 1,
  modeThumb: 16,
  hookInterrupt: 1,
  hookCode: 4,
  hookMemRead: 1024,
  hookMemWrite: 2048,
  allowAll: 7,
} as const;
/** UC_CTL_CPU_MODEL, to be written, with one argument. */
const writeCpuModel = 7 | (1 << 26) | (1 << 30);
const models = { 'cortex-m0': 7, 'cortex-m3': 8, 'cortex-m4': 9, 'cortex-m7': 10, 'cortex-m33': 11 } as const;
/** There is no Cortex-M0+ in Unicorn: both are ARMv6-M. */
export type Core = keyof typeof models | 'cortex-m0plus';
const registers = {
  SP: 12,
  PC: 11,
  MSP: 115,
  PSP: 116,
  CONTROL: 117,
  PRIMASK: 123,
  BASEPRI: 124,
  FAULTMASK: 126,
} as const;
/** R0 to R12. */
const generalRegisters = Array.from({ length: 13 }, (_, n) => 66 + n);
export type Register = keyof typeof registers;

function bind(koffi: Koffi) {
  const library = koffi.load('libunicorn.so.2');
  return {
    koffi,
    read: koffi.proto('uint64_t UcRead(void *uc, uint64_t offset, unsigned int size, void *user)'),
    write: koffi.proto('void UcWrite(void *uc, uint64_t offset, unsigned int size, uint64_t value, void *user)'),
    code: koffi.proto('void UcCode(void *uc, uint64_t address, uint32_t size, void *user)'),
    interrupt: koffi.proto('void UcInterrupt(void *uc, uint32_t number, void *user)'),
    memory: koffi.proto('void UcMemory(void *uc, int type, uint64_t address, int size, int64_t value, void *user)'),
    open: library.func('int uc_open(int arch, int mode, _Out_ void **uc)'),
    close: library.func('int uc_close(void *uc)'),
    control: library.func('int uc_ctl(void *uc, int control, ...)'),
    map: library.func('int uc_mem_map(void *uc, uint64_t address, size_t size, uint32_t permissions)'),
    memWrite: library.func('int uc_mem_write(void *uc, uint64_t address, const uint8_t *bytes, size_t size)'),
    memRead: library.func('int uc_mem_read(void *uc, uint64_t address, _Out_ uint8_t *bytes, size_t size)'),
    mmio: library.func(
      'int uc_mmio_map(void *uc, uint64_t address, size_t size, UcRead *read, void *ru, UcWrite *write, void *wu)',
    ),
    hook: library.func(
      'int uc_hook_add(void *uc, _Out_ size_t *hook, int type, void *callback, void *user, uint64_t begin, uint64_t end)',
    ),
    start: library.func('int uc_emu_start(void *uc, uint64_t begin, uint64_t until, uint64_t timeout, size_t count)'),
    stop: library.func('int uc_emu_stop(void *uc)'),
    regWrite: library.func('int uc_reg_write(void *uc, int id, const uint32_t *value)'),
    regRead: library.func('int uc_reg_read(void *uc, int id, _Out_ uint32_t *value)'),
    error: library.func('const char *uc_strerror(int code)'),
  };
}

let bound: ReturnType<typeof bind> | undefined;
const unicorn = () => {
  bound ??= bind(createRequire(import.meta.url)('koffi') as Koffi);
  return bound;
};

/** Why Unicorn cannot be used here, or undefined. */
export function unicornMissing(): string | undefined {
  try {
    unicorn();
    return undefined;
  } catch {
    return 'libunicorn.so.2 is not installed (Debian: libunicorn2)';
  }
}

/**
 * A Cortex-M of Unicorn. It has no system control space, NVIC or SysTick, and no exception entry: what is mapped there is
 * ours. UC_MODE_MCLASS is not used: with it, 2.0.1 is a Cortex-M33 whatever the model says.
 */
export class Cpu {
  readonly #u = unicorn();
  readonly #uc: unknown;
  readonly #callbacks: unknown[] = [];

  constructor(core: Core) {
    const out: unknown[] = [null];
    this.#ok(this.#u.open(constants.archArm, constants.modeThumb, out));
    this.#uc = out[0];
    this.#ok(this.#u.control(this.#uc, writeCpuModel, 'int', models[core === 'cortex-m0plus' ? 'cortex-m0' : core]));
  }

  map(address: number, size: number, bytes?: Uint8Array): void {
    this.#ok(this.#u.map(this.#uc, address, size, constants.allowAll));
    if (bytes) this.#ok(this.#u.memWrite(this.#uc, address, bytes, bytes.length));
  }

  /** Addresses of `size` bytes that are read and written by functions. */
  io(
    start: number,
    size: number,
    read: (address: number, size: number) => number,
    write: (address: number, value: number, size: number) => void,
  ): void {
    const { mmio, read: reader, write: writer } = this.#u;
    const onRead = (_uc: unknown, offset: number, length: number) => read(start + Number(offset), length);
    const onWrite = (_uc: unknown, offset: number, length: number, value: number) =>
      write(start + Number(offset), Number(value), length);
    this.#ok(mmio(this.#uc, start, size, this.#keep(onRead, reader), null, this.#keep(onWrite, writer), null));
  }

  /** Calls `arrived` before the instruction at `address`. */
  at(address: number, arrived: () => void): void {
    this.#hook(constants.hookCode, this.#keep(arrived, this.#u.code), address, address + 1);
  }

  /** Calls `step` before each instruction. */
  onInstruction(step: () => void): void {
    this.#hook(constants.hookCode, this.#keep(step, this.#u.code), 1, 0);
  }

  onException(raised: (number: number) => void): void {
    this.#hook(
      constants.hookInterrupt,
      this.#keep((_uc: unknown, n: number) => raised(n), this.#u.interrupt),
      1,
      0,
    );
  }

  onRead(begin: number, end: number, look: () => void): void {
    this.#hook(constants.hookMemRead, this.#keep(look, this.#u.memory), begin, end);
  }

  onWrite(begin: number, end: number, wrote: (address: number, size: number) => void): void {
    const callback = (_uc: unknown, _type: number, address: number, size: number) => wrote(Number(address), size);
    this.#hook(constants.hookMemWrite, this.#keep(callback, this.#u.memory), begin, end);
  }

  bytes(address: number, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    this.#ok(this.#u.memRead(this.#uc, address, bytes, size));
    return bytes;
  }

  setBytes(address: number, bytes: Uint8Array): void {
    this.#ok(this.#u.memWrite(this.#uc, address, bytes, bytes.length));
  }

  /** Registers as a reset leaves them; the general ones are 0, and code finds no use of that. */
  reset(stack: number): void {
    for (const id of generalRegisters) this.#ok(this.#u.regWrite(this.#uc, id, [0]));
    for (const register of ['CONTROL', 'PSP', 'PRIMASK', 'BASEPRI', 'FAULTMASK'] as const) this.set(register, 0);
    this.set('MSP', stack);
    this.set('SP', stack);
  }

  get(register: Register): number {
    const value = [0];
    this.#ok(this.#u.regRead(this.#uc, registers[register], value));
    return value[0]! >>> 0;
  }

  set(register: Register, value: number): void {
    this.#ok(this.#u.regWrite(this.#uc, registers[register], [value >>> 0]));
  }

  /** Runs `count` instructions at most: the error, if it ends by one. */
  run(address: number, count: number): string | undefined {
    const code = this.#u.start(this.#uc, address | 1, 0xfffffffe, 0, count) as number;
    return code === 0 ? undefined : (this.#u.error(code) as string);
  }

  stop(): void {
    this.#u.stop(this.#uc);
  }

  close(): void {
    this.#u.close(this.#uc);
    for (const callback of this.#callbacks.splice(0)) this.#u.koffi.unregister(callback);
  }

  #keep(callback: (...args: never[]) => unknown, type: unknown): unknown {
    const kept = this.#u.koffi.register(callback, this.#u.koffi.pointer(type));
    this.#callbacks.push(kept);
    return kept;
  }

  #hook(type: number, callback: unknown, begin: number, end: number): void {
    this.#ok(this.#u.hook(this.#uc, [0], type, callback, null, begin, end));
  }

  #ok(code: unknown): void {
    if (code !== 0) throw new Error(`Unicorn: ${this.#u.error(code)}`);
  }
}
