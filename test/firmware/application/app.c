/* An application of the worst kind: clocks on, SysTick and a timer interrupt running and pending, PSP in use, caches on
 * where there are some. Words at TEST come from the emulator. */
#include "bootctl_firmware.h"
#define REG(a) (*(volatile uint32_t *)(uintptr_t)(a))
#define TEST 0x4FFF0000u
#define NEXT_BYTE REG(TEST)       /* of the serial line, above 255: none */
#define NOW_MS REG(TEST + 4u)     /* runs on with each look */
#define NEXT_STATE REG(TEST + 8u) /* of a USB serial port: DTR in bit 31, baud rate below; 0: no change */
#define MANNER REG(TEST + 12u)    /* bit 0: calls bootctl_start() late; bit 1: resets itself; bit 2: does not wait for poll */
#define SEEN REG(TEST + 16u)      /* what it tells the emulator */
#define CLOCK_CONTROL REG(TEST + 20u) /* address of RCC_CR */

extern uint32_t _stack_top[], _bss_start[], _bss_end[], _data_load[], _data_start[], _data_end[];
static volatile uint32_t filler = 0x12345678u;
static uint32_t process_stack[64];
static uint32_t early_stack[64] __attribute__((section(".noinit")));
void reset(void);
static void stop(void) {
  for (;;) __asm__ volatile("nop");
}
#ifdef NO_STACK_WORD
void first(void);
#define FIRST (void (*)(void))0, first
__attribute__((naked)) void first(void) { __asm__ volatile("ldr r0, =_stack_top\n mov sp, r0\n ldr r0, =reset\n bx r0"); }
#else
#define FIRST (void (*)(void)) _stack_top, reset
#endif
__attribute__((section(".vectors"), used)) void (*const vectors[48])(void) = {FIRST, stop, stop, [14] = stop, stop, [16 ... 47] = stop};

static inline void dirty_core(void) {
  REG(0xE000E014) = 15999;
  REG(0xE000E018) = 0;
  REG(0xE000E010) = 7;
  REG(0xE000E100) = 1u << 28;
  REG(0xE000E200) = 1u << 28;
  REG(0xE000ED04) = 1u << 28 | 1u << 26;
}

#ifdef FAULTY
#include FAULTY
#endif
#ifndef START
#define START bootctl_start()
#endif
#ifndef ENTER
#define ENTER
#endif
#ifndef MAIN_FIRST
#define MAIN_FIRST
#endif

static void __attribute__((noinline)) application(void) {
  const uint32_t manner = MANNER;
  MAIN_FIRST;
  filler++;
  SEEN = 1;
  if (manner & 2u) REG(0xE000ED0C) = 0x05FA0004u;
  dirty_core();
  REG(CLOCK_CONTROL) |= 1u << 24;
#ifdef WITH_CACHE
  REG(0xE000ED14) |= 3u << 16;
#endif
  __asm__ volatile(".syntax unified\n msr psp, %0\n movs r0, #2\n msr control, r0\n isb 0xF" ::"r"(process_stack + 64) : "r0", "memory");
  for (;;) {
    const uint32_t byte = NEXT_BYTE, state = NEXT_STATE;
    int asked = byte < 256u && bootctl_command_received((uint8_t)byte);
    if (state && bootctl_touched(state & 0x7FFFFFFFu, (int)(state >> 31))) asked = 1;
    if (asked) {
      SEEN = 2;
      ENTER;
      if (manner & 4u) {
        bootctl_enter_bootloader();
        SEEN = 3;
      }
    }
    if (!(manner & 4u)) (void)bootctl_poll(NOW_MS);
  }
}

void reset(void) {
  if (MANNER & 1u) {
    dirty_core();
    __asm__ volatile("cpsid i");
    __asm__ volatile(".syntax unified\n msr psp, %0\n movs r0, #2\n msr control, r0\n isb 0xF" ::"r"(early_stack + 64) : "r0", "memory");
#if __ARM_ARCH_ISA_THUMB >= 2
    __asm__ volatile("msr basepri, %0" ::"r"(0x40));
#endif
  }
  START;
  for (uint32_t *f = _data_load, *t = _data_start; t < _data_end;) *t++ = *f++;
  for (uint32_t *t = _bss_start; t < _bss_end;) *t++ = 0;
  application();
  stop();
}
