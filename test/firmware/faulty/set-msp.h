/* __set_MSP() as a C function, and the entry in a local variable: at -O0 its epilogue takes SP back. On F103. */
static void __attribute__((noinline)) set_msp(uint32_t value) { __asm__ volatile("msr msp, %0" ::"r"(value)); }
static void __attribute__((noinline)) classic_jump(void) {
  volatile uint32_t table = 0x1FFFF000u;
  void (*rom)(void) = (void (*)(void))REG(table + 4u);
  REG(0x40021024) |= 1u << 24; /* RMVF */
  REG(0x40021024) &= ~(1u << 24);
  REG(0xE000ED08) = table;
  set_msp(REG(table));
  rom();
}
