/* A "ROM" of the test: it tells in which state it was entered, and is then at work for a while with its own vectors. */
#include <stdint.h>
#define REG(a) (*(volatile uint32_t *)(uintptr_t)(a))
static void put(char c) {
  REG(UART + 8u) = 1;
  REG(UART + 16u) = 16;
  while (REG(UART + 4u) & 1u) {}
  REG(UART) = (uint32_t)c;
}
static void say(const char *text) {
  while (*text) put(*text++);
}
static void hex(const char *name, uint32_t value) {
  say(name);
  for (int bit = 28; bit >= 0; bit -= 4) put("0123456789abcdef"[value >> bit & 15u]);
}
void rom_reset(void) {
  uint32_t msp, primask, control, basepri;
  __asm__ volatile("mrs %0, msp\n mrs %1, primask\n mrs %2, control\n mrs %3, basepri" : "=r"(msp), "=r"(primask), "=r"(control), "=r"(basepri));
  say("ROM");
  hex(" primask=", primask);
  hex(" control=", control);
  hex(" basepri=", basepri);
  hex(" systick=", REG(0xE000E010));
  hex(" icsr=", REG(0xE000ED04));
  hex(" iser=", REG(0xE000E100));
  hex(" ispr=", REG(0xE000E200));
  hex(" vtor=", REG(0xE000ED08));
  hex(" request=", REG(RAM + 0x100000u));
#ifdef __ARM_ARCH_8M_MAIN__
  uint32_t msplim;
  __asm__ volatile("mrs %0, msplim" : "=r"(msplim));
  hex(" msplim=", msplim);
#endif
  say(msp > ROM + 0x7F00u && msp <= ROM + 0x8000u ? " own stack" : " another stack");
  for (volatile int n = 0; n < 300000; n++) {}
  say(" waits for a host\n");
  for (;;) {}
}
void rom_default(void) {
  say(" stuck in its default handler\n");
  for (;;) {}
}
__attribute__((section(".vectors"), used)) void (*const vectors[48])(void) = {
    (void (*)(void))(ROM + 0x8000u), rom_reset, [2 ... 47] = rom_default};
