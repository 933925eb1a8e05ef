import type { Core } from './unicorn.ts';

const base = 0xe000e000;
const word = (address: number, first: number) => (address - base - first) >> 2;
const within = (address: number, first: number) => address >= base + first && address < base + first + 0x40;

/** SysTick, NVIC and SCB (ARMv6-M, ARMv7-M, ARMv8-M architecture manuals), without exception entry. */
export class CoreRegisters {
  readonly enabled = new Uint32Array(16);
  readonly pending = new Uint32Array(16);
  readonly #others = new Map<number, number>();
  readonly #core: Core;
  vtor = 0;
  /** SysTick and PendSV, as in ICSR. */
  pendingExceptions = 0;
  onReset: (kind: 'SYSRESETREQ' | 'VECTRESET') => void = () => {};
  onClean: (address: number) => void = () => {};

  constructor(core: Core) {
    this.#core = core;
  }

  get hasBasepri(): boolean {
    return this.#core !== 'cortex-m0' && this.#core !== 'cortex-m0plus';
  }

  get isTicking(): boolean {
    return ((this.#others.get(base + 0x10) ?? 0) & 1) !== 0;
  }

  get hasDataCache(): boolean {
    return ((this.#others.get(base + 0xd14) ?? 0) & (1 << 16)) !== 0;
  }

  read(address: number): number {
    if (within(address, 0x100)) return this.enabled[word(address, 0x100)]!;
    if (within(address, 0x180)) return this.enabled[word(address, 0x180)]!;
    if (within(address, 0x200)) return this.pending[word(address, 0x200)]!;
    if (within(address, 0x280)) return this.pending[word(address, 0x280)]!;
    if (address === base + 0xd04) return this.pendingExceptions;
    if (address === base + 0xd08) return this.vtor;
    return this.#others.get(address) ?? 0;
  }

  write(address: number, value: number): void {
    if (within(address, 0x100)) this.enabled[word(address, 0x100)]! |= value;
    else if (within(address, 0x180)) this.enabled[word(address, 0x180)]! &= ~value;
    else if (within(address, 0x200)) this.pending[word(address, 0x200)]! |= value;
    else if (within(address, 0x280)) this.pending[word(address, 0x280)]! &= ~value;
    else if (address === base + 0xd04) this.#pend(value);
    else if (address === base + 0xd08) this.vtor = this.#core === 'cortex-m0' ? 0 : (value & ~0x7f) >>> 0;
    else if (address === base + 0xd0c) this.#resetBy(value);
    else if (address === base + 0xf68) this.onClean(value);
    else this.#others.set(address, value);
  }

  #pend(value: number): void {
    for (const [set, clear] of [
      [1 << 28, 1 << 27],
      [1 << 26, 1 << 25],
    ] as const) {
      if (value & clear) this.pendingExceptions &= ~set;
      else if (value & set) this.pendingExceptions |= set;
    }
  }

  /** VECTRESET is there in ARMv7-M only. */
  #resetBy(value: number): void {
    if (value >>> 16 !== 0x05fa) return;
    if (value & 4) this.onReset('SYSRESETREQ');
    else if (value & 1 && ['cortex-m3', 'cortex-m4', 'cortex-m7'].includes(this.#core)) this.onReset('VECTRESET');
  }
}
