/* The request of an L072 of which people tell that it "lands in the bootloader, no DFU appears" (Stack Overflow 42020893,
 * restated). FIX: how many of its faults are mended. */
static uint32_t seed_request
#if FIX >= 1
    __attribute__((section(".noinit")))
#endif
    ;
static inline void seed_ask(void) {
  seed_request = 0xCAFEBABEu;
  __asm__ volatile("dsb 0xF");
  REG(0xE000ED0C) = 0x05FA0004u;
  for (;;) {}
}
static inline void seed_check(void) {
  if (seed_request != 0xCAFEBABEu) return;
  seed_request = 0;
#if FIX >= 2
  REG(0x40021034) |= 1u; /* SYSCFGEN */
#endif
#ifdef HAL_TICK /* HAL_RCC_DeInit() of the L0 driver ends with HAL_InitTick() since 1.10.0 */
  REG(0xE000E014) = 2096;
  REG(0xE000E010) = 7;
#endif
  REG(0x40010000) = (REG(0x40010000) & ~3u) | 1u;
#if FIX >= 2
  REG(0x40021034) &= ~1u;
#endif
  REG(0x40021050) |= 1u << 23; /* RMVF */
  REG(0x40021050) &= ~(1u << 23);
  __asm__ volatile("movs r3, #0\n ldr r3, [r3, #0]\n msr msp, r3" ::: "r3");
  __asm__ volatile("movs r3, #0\n ldr r3, [r3, #4]\n bx r3" ::: "r3");
}
