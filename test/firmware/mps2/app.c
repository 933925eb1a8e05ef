/* An application on Arm's MPS2, as QEMU has it, with real exceptions. DIRECT: it jumps into the ROM as it is. */
#include "bootctl_firmware.h"
#define REG(a) (*(volatile uint32_t *)(uintptr_t)(a))
/* CMSDK APB UART: data, state, control, divider at 16; UART, RAM and ROM are given */
static void put(char c) {
  REG(UART + 8u) = 1;
  REG(UART + 16u) = 16;
  while (REG(UART + 4u) & 1u) {}
  REG(UART) = (uint32_t)c;
}
static void say(const char *text) {
  while (*text) put(*text++);
}
static volatile uint32_t ticks;
static void tick(void) { ticks++; }
void reset(void);
static void stop(void) {
  say("fault in the application\n");
  for (;;) {}
}
__attribute__((section(".vectors"), used)) void (*const vectors[48])(void) = {
    (void (*)(void))(RAM + 0x80000u), reset, stop, stop, stop, stop, stop, [14] = stop, tick, [16 ... 47] = stop};
void reset(void) {
#ifdef __ARM_ARCH_8M_MAIN__
  __asm__ volatile("msr msplim, %0" ::"r"(RAM + 0x40000u)); /* as the start-up code of CMSIS does */
#endif
#ifndef DIRECT
  bootctl_start();
#endif
  say("application ");
  REG(0xE000E014) = 25000;
  REG(0xE000E018) = 0;
  REG(0xE000E010) = 7;
  while (ticks < 3u) {}
  REG(0xE000E100) = 1u << 28;
#ifdef DIRECT
  REG(0xE000ED08) = ROM; /* as the remap does where VTOR is 0 */
  __asm__ volatile("msr msp, %0\n bx %1" ::"r"(REG(ROM)), "r"(REG(ROM + 4u)));
#else
  while (!bootctl_command_received((uint8_t)"boot bootloader\r\n"[ticks % 17u])) {
    const uint32_t now = ticks;
    while (ticks == now) {}
  }
  for (;;) (void)bootctl_poll(ticks);
#endif
}
