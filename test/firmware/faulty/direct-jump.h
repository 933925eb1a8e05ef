/* A jump out of the running application, as many answers have it, on F405. CLEAN: how much is cleaned up before. */
static inline void direct_jump(void) {
#if CLEAN >= 1
  REG(0xE000E010) = 0;
  REG(0xE000E180) = ~0u;
  REG(0xE000E280) = ~0u;
  REG(0xE000ED04) = 1u << 27 | 1u << 25;
  __asm__ volatile("movs r0, #0\n msr control, r0\n isb" ::: "r0");
#endif
#ifdef MASKED
  __asm__ volatile("cpsid i");
#endif
  REG(0x40023874) |= 1u << 24; /* RMVF */
  REG(0x40023874) &= ~(1u << 24);
  REG(0x40023844) |= 1u << 14; /* SYSCFGEN */
  REG(0x40013800) = 1;
  REG(0x40023844) &= ~(1u << 14);
  __asm__ volatile("ldr r3, =0x1FFF0000\n ldr r2, [r3]\n msr msp, r2\n ldr r3, [r3, #4]\n bx r3" ::: "r2", "r3");
}
