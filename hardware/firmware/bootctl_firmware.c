/* bootctl firmware kit: see bootctl_firmware.h. This file is the same on every chip; bootctl_config.h has its registers. */
#include "bootctl_firmware.h"
#include "bootctl_config.h"

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define REG16(address) (*(volatile uint16_t *)(uintptr_t)(address))
#define REG8(address) (*(volatile uint8_t *)(uintptr_t)(address))

#define SYST_CSR REG(0xE000E010u)
#define NVIC_ICER 0xE000E180u
#define NVIC_ICPR 0xE000E280u
#define SCB_ICSR REG(0xE000ED04u)
#define SCB_VTOR REG(0xE000ED08u)
#define SCB_AIRCR REG(0xE000ED0Cu)
#define SCB_DCCMVAC REG(0xE000EF68u)
#define GPIO_MODER(port) REG((port) + 0x00u)
#define GPIO_IDR(port) REG((port) + 0x10u)
#define GPIO_BSRR(port) REG((port) + 0x18u)
#define GPIO_F1_CR(port, pin) REG((port) + ((pin) < 8u ? 0u : 4u))
#define GPIO_F1_BSRR(port) REG((port) + 0x10u)

#ifndef BOOTCTL_DELAY_MS
#define BOOTCTL_DELAY_MS 250u
#endif
#ifndef BOOTCTL_TRIES
#define BOOTCTL_TRIES 1u
#endif
#ifdef BOOTCTL_SELF_CHARGE_GPIO
#define METHOD "self-charge"
#define POLL_MS (BOOTCTL_DELAY_MS > BOOTCTL_SELF_CHARGE_MS ? BOOTCTL_DELAY_MS : BOOTCTL_SELF_CHARGE_MS)
#else
#define METHOD "jump"
#define POLL_MS BOOTCTL_DELAY_MS
#endif
#ifdef BOOTCTL_TOUCH
#define TOUCH "t"
#else
#define TOUCH ""
#endif
#ifndef BOOTCTL_COMMAND
#define BOOTCTL_COMMAND ""
#define BOOTCTL_COMMANDS "0"
#endif
#ifndef BOOTCTL_COMMANDS
#define BOOTCTL_COMMANDS "1"
#endif
#define HEAD "bootctl-kit/" BOOTCTL_KIT_VERSION ";" METHOD ";" BOOTCTL_TARGET ";" BOOTCTL_COMMANDS TOUCH ";"
/* What is compared is what stands in the signature: the commands, with a 0 between them. */
static const uint8_t signature[] = HEAD BOOTCTL_COMMAND;
#define LENGTH (sizeof signature - sizeof HEAD)
typedef char bootctl_commands_have_32_bytes_at_most[LENGTH <= 32u ? 1 : -1];
/* Bits of the first and of the last byte of each command. */
#ifndef BOOTCTL_COMMAND_STARTS
#define BOOTCTL_COMMAND_STARTS 1u
#define BOOTCTL_COMMAND_ENDS (1u << (LENGTH - 1u) % 32u)
#endif

static struct {
  uint32_t state; /* bit n: what has come ends with the first n + 1 bytes of the commands */
  uint32_t since;
  int open;
  volatile uint8_t asked; /* 1: asked. 2: its delay runs. */
} kit;

__attribute__((weak)) void bootctl_before_reset(void) {}

/* The compiler forgets what it knows of a variable: it would make larger code of it. */
#define OPAQUE(variable) __asm__ volatile("" : "+r"(variable))
/* The linker keeps a part that nothing refers to. Position-independent code has no constant for its address. */
#ifdef __PIC__
#define KEEP(name) __asm__ volatile("" ::"r"(name))
#else
#define KEEP(name) __asm__ volatile(".reloc ., R_ARM_NONE, %c0" ::"i"(name))
#endif
static inline void barrier(void) { __asm__ volatile("dsb 0xF" ::: "memory"); }
static void __attribute__((noreturn, noinline)) system_reset(void) {
  barrier();
  SCB_AIRCR = 0x05FA0004u; /* SYSRESETREQ */
  for (;;) {}
}

#ifdef BOOTCTL_ROM

/* A request, or what is left of one: in its lowest byte how often a ROM that resets the chip is entered again. */
#define MAGIC 0xB0070000u
#define READ 0u
#define WRITE 250u

#ifdef BOOTCTL_BACKUP_REG
/* The clock of the backup registers may be in the register of PWR's clock. */
#if defined(BOOTCTL_RTCAPB_EN_REG) && defined(BOOTCTL_PWR_EN_REG) && BOOTCTL_RTCAPB_EN_REG == BOOTCTL_PWR_EN_REG
#define BOTH_EN_MASK BOOTCTL_RTCAPB_EN_MASK
#else
#define BOTH_EN_MASK 0u
#ifdef BOOTCTL_RTCAPB_EN_REG
#define OTHER_EN_REG BOOTCTL_RTCAPB_EN_REG
#endif
#endif

static uint32_t backup_word(void) {
#ifdef BOOTCTL_BACKUP_16BIT
  return (uint32_t)REG16(BOOTCTL_BACKUP_REG) << 16 | REG16(BOOTCTL_BACKUP_REG + 4u);
#else
  return REG(BOOTCTL_BACKUP_REG);
#endif
}

/* Reads the request, or tries to write it up to `tries` times: what it then is. Without their clock these registers read 0,
 * and without DBP they keep their value; that takes a few cycles on some lines. All clocks and DBP are as before afterwards. */
static uint32_t request(uint32_t tries, uint32_t value) {
#ifdef BOOTCTL_PWR_EN_REG
  const uint32_t pwr = REG(BOOTCTL_PWR_EN_REG);
  REG(BOOTCTL_PWR_EN_REG) = pwr | BOOTCTL_PWR_EN_MASK | BOTH_EN_MASK;
  (void)REG(BOOTCTL_PWR_EN_REG);
#endif
#ifdef OTHER_EN_REG
  const uint32_t rtc = REG(OTHER_EN_REG);
  REG(OTHER_EN_REG) = rtc | BOOTCTL_RTCAPB_EN_MASK;
  (void)REG(OTHER_EN_REG);
#endif
#ifdef BOOTCTL_DBP_REG
  const uint32_t dbp = REG(BOOTCTL_DBP_REG);
  REG(BOOTCTL_DBP_REG) = dbp | BOOTCTL_DBP_MASK;
#endif
  for (; tries > 0u && backup_word() != value; tries--) {
#ifdef BOOTCTL_BACKUP_16BIT
    REG16(BOOTCTL_BACKUP_REG) = (uint16_t)(value >> 16);
    REG16(BOOTCTL_BACKUP_REG + 4u) = (uint16_t)value;
#else
    REG(BOOTCTL_BACKUP_REG) = value;
#endif
    barrier();
  }
  value = backup_word();
#ifdef BOOTCTL_DBP_REG
  REG(BOOTCTL_DBP_REG) = dbp;
#endif
#ifdef OTHER_EN_REG
  REG(OTHER_EN_REG) = rtc;
#endif
#ifdef BOOTCTL_PWR_EN_REG
  REG(BOOTCTL_PWR_EN_REG) = pwr;
#endif
  return value;
}
#else
/* Both words, always: RAM with ECC keeps whole 64-bit words only, and a data cache must be written back. */
static uint32_t request(uint32_t tries, uint32_t value) {
  if (tries > 0u) {
    REG(BOOTCTL_RAM_TOKEN) = value;
    REG(BOOTCTL_RAM_TOKEN + 4u) = ~value;
    barrier();
#ifdef BOOTCTL_DCACHE
    SCB_DCCMVAC = BOOTCTL_RAM_TOKEN;
    barrier();
#endif
  }
  value = REG(BOOTCTL_RAM_TOKEN);
  return REG(BOOTCTL_RAM_TOKEN + 4u) == ~value ? value : 0u;
}
#endif

/* As after a reset, with the ROM's table in place of the application's. One block loads SP and branches: a pointer in a
 * local variable would be lost with the old stack. Interrupts are on after a reset, and the ROM needs them. */
static void jump_to_rom(void) {
  SYST_CSR = 0;
  volatile uint32_t *nvic = (volatile uint32_t *)(uintptr_t)NVIC_ICER;
  OPAQUE(nvic);
  for (uint32_t n = 0; n < BOOTCTL_NVIC_WORDS; n++) {
    nvic[n] = 0xFFFFFFFFu;
    nvic[n + (NVIC_ICPR - NVIC_ICER) / 4u] = 0xFFFFFFFFu;
  }
  SCB_ICSR = 1u << 27 | 1u << 25; /* PENDSVCLR, PENDSTCLR */
#ifdef BOOTCTL_REMAP_REG
#ifdef BOOTCTL_SYSCFG_EN_REG
  const uint32_t syscfg = REG(BOOTCTL_SYSCFG_EN_REG);
  REG(BOOTCTL_SYSCFG_EN_REG) = syscfg | BOOTCTL_SYSCFG_EN_MASK; /* without its clock the remap is lost */
  (void)REG(BOOTCTL_SYSCFG_EN_REG);
#endif
  REG(BOOTCTL_REMAP_REG) = (REG(BOOTCTL_REMAP_REG) & ~BOOTCTL_REMAP_MASK) | 1u;
  (void)REG(BOOTCTL_REMAP_REG);
#ifdef BOOTCTL_SYSCFG_EN_REG
  REG(BOOTCTL_SYSCFG_EN_REG) = syscfg;
#endif
#endif
#ifdef BOOTCTL_VTOR
  SCB_VTOR = BOOTCTL_VTOR;
#endif
  barrier();
  __asm__ volatile(
      ".syntax unified\n"
      "movs r2, #0\n"
      "msr control, r2\n"
      "isb 0xF\n"
#if defined(__ARM_ARCH_8M_MAIN__)
      "msr msplim, r2\n"
#endif
#if __ARM_ARCH_ISA_THUMB >= 2
      "msr basepri, r2\n"
      "cpsie f\n"
#endif
      "ldr r2, [%0]\n"
      "msr msp, r2\n"
      "ldr r2, [%0, #4]\n"
      "cpsie i\n"
      "bx r2\n"
      : : "l"(BOOTCTL_ROM) : "r2", "memory");
}

void bootctl_start(void) {
  const uint32_t flags = REG(BOOTCTL_RESET_REG);
  const uint32_t is_software = flags & BOOTCTL_RESET_SOFTWARE;
  const int is_leave = flags < 2u * BOOTCTL_RESET_CLEAR; /* no reset at all: the flags lie above RMVF */
  uint32_t left = MAGIC;
#ifdef BOOTCTL_RAM_TOKEN
  if (is_software || is_leave) /* RAM may be anything, and unsafe to read before it is written */
#endif
    left = request(READ, 0u);
  const uint32_t tries = left - MAGIC;
  if (tries > BOOTCTL_TRIES) return;
  uint32_t next = is_software && tries > 0u ? left - 1u : 0u;
  OPAQUE(next);
  if (request(WRITE, next) == left) return; /* what cannot be taken back is not obeyed */
  if (next) {
    /* The ROM keeps the flags: what it starts would look reset, and asked once more. */
    REG(BOOTCTL_RESET_REG) = flags | BOOTCTL_RESET_CLEAR;
    REG(BOOTCTL_RESET_REG) = flags & ~BOOTCTL_RESET_CLEAR;
    jump_to_rom();
  }
  if (is_leave) system_reset(); /* the clocks, remap and VTOR of the ROM are still there */
}

/* Is there a way into this ROM? */
static int can_enter(void) {
#ifdef BOOTCTL_ROM_ID_ADDRESS
  if (REG8(BOOTCTL_ROM_ID_ADDRESS) != BOOTCTL_ROM_ID_VALUE) return 0;
#endif
#ifdef BOOTCTL_BOOT0_PIN_GPIO
  const uint32_t clock = REG(BOOTCTL_BOOT0_PIN_PORT_EN_REG);
  REG(BOOTCTL_BOOT0_PIN_PORT_EN_REG) = clock | BOOTCTL_BOOT0_PIN_PORT_EN_MASK;
  const uint32_t mode = GPIO_MODER(BOOTCTL_BOOT0_PIN_GPIO);
  GPIO_MODER(BOOTCTL_BOOT0_PIN_GPIO) = mode & ~(3u << (2u * BOOTCTL_BOOT0_PIN_NUMBER));
  barrier();
  const uint32_t is_high = GPIO_IDR(BOOTCTL_BOOT0_PIN_GPIO) >> BOOTCTL_BOOT0_PIN_NUMBER & 1u;
  GPIO_MODER(BOOTCTL_BOOT0_PIN_GPIO) = mode;
  REG(BOOTCTL_BOOT0_PIN_PORT_EN_REG) = clock;
  if (!is_high) return 0;
#endif
  return 1;
}

void bootctl_enter_bootloader(void) {
  uint32_t masked;
  KEEP(signature);
  if (!can_enter()) return;
  bootctl_before_reset();
  __asm__ volatile("mrs %0, primask\n cpsid i" : "=r"(masked)::"memory");
  if (request(WRITE, MAGIC + BOOTCTL_TRIES) == MAGIC + BOOTCTL_TRIES) system_reset();
  __asm__ volatile("msr primask, %0" ::"r"(masked) : "memory");
}

#else /* self-charge: BOOT0 does the rest */

void bootctl_start(void) {}

static void charge_boot0(void) {
  REG(BOOTCTL_SELF_CHARGE_PORT_EN_REG) |= BOOTCTL_SELF_CHARGE_PORT_EN_MASK;
  (void)REG(BOOTCTL_SELF_CHARGE_PORT_EN_REG);
#define CHARGE_BIT (1u << (BOOTCTL_SELF_CHARGE_PIN + (BOOTCTL_SELF_CHARGE_LEVEL ? 0u : 16u)))
#ifdef BOOTCTL_SELF_CHARGE_F1
#define CHARGE_SHIFT (4u * (BOOTCTL_SELF_CHARGE_PIN & 7u))
  GPIO_F1_BSRR(BOOTCTL_SELF_CHARGE_GPIO) = CHARGE_BIT;
  GPIO_F1_CR(BOOTCTL_SELF_CHARGE_GPIO, BOOTCTL_SELF_CHARGE_PIN) =
      (GPIO_F1_CR(BOOTCTL_SELF_CHARGE_GPIO, BOOTCTL_SELF_CHARGE_PIN) & ~(15u << CHARGE_SHIFT)) | 2u << CHARGE_SHIFT;
#else
#define CHARGE_SHIFT (2u * BOOTCTL_SELF_CHARGE_PIN)
  GPIO_BSRR(BOOTCTL_SELF_CHARGE_GPIO) = CHARGE_BIT;
  GPIO_MODER(BOOTCTL_SELF_CHARGE_GPIO) =
      (GPIO_MODER(BOOTCTL_SELF_CHARGE_GPIO) & ~(3u << CHARGE_SHIFT)) | 1u << CHARGE_SHIFT;
#endif
}

/* Cycles of a turn of the loop, at least. A slower clock waits longer, which does no harm. */
#if defined(__ARM_ARCH_7EM__)
#define CYCLES_PER_TURN 1u /* M7; M4 takes 3 */
#elif defined(__ARM_ARCH_8M_MAIN__)
#define CYCLES_PER_TURN 2u
#else
#define CYCLES_PER_TURN 3u
#endif
static void wait_for_charge(void) {
  uint32_t turns = BOOTCTL_SELF_CHARGE_CORE_HZ / 1000u * BOOTCTL_SELF_CHARGE_MS / CYCLES_PER_TURN + 1u;
  __asm__ volatile(".syntax unified\n1: subs %0, #1\n bne 1b" : "+l"(turns)::"cc");
}

void bootctl_enter_bootloader(void) {
  KEEP(signature);
  bootctl_before_reset();
  __asm__ volatile("cpsid i" ::: "memory");
  charge_boot0();
  wait_for_charge();
  system_reset();
}

#endif

static int ask(void) {
  kit.asked = 1;
  return 1;
}

int bootctl_command_received(uint8_t byte) {
  uint32_t same = 0;
  for (uint32_t n = LENGTH; n > 0u; n--) same = same << 1 | (signature[sizeof HEAD - 2u + n] == byte);
  kit.state = (kit.state << 1 | BOOTCTL_COMMAND_STARTS) & same;
  return kit.state & BOOTCTL_COMMAND_ENDS ? ask() : 0;
}

int bootctl_touched(uint32_t baud_rate, int dtr) {
#ifdef BOOTCTL_TOUCH
  const int was_open = kit.open;
  kit.open = dtr;
  return was_open && !dtr && baud_rate == 1200u ? ask() : 0;
#else
  (void)baud_rate;
  (void)dtr;
  return 0;
#endif
}

int bootctl_poll(uint32_t now_ms) {
  if (kit.asked == 1u) {
    kit.asked = 2;
    kit.since = now_ms;
#ifdef BOOTCTL_SELF_CHARGE_GPIO
    charge_boot0();
#endif
  }
  if (kit.asked && now_ms - kit.since > POLL_MS) { /* the first millisecond may have been a short one */
    kit.asked = 0;
#ifdef BOOTCTL_SELF_CHARGE_GPIO
    bootctl_before_reset();
    system_reset();
#else
    bootctl_enter_bootloader();
#endif
  }
  return kit.asked;
}
