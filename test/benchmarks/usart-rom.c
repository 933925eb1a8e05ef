/*
 * The USART bootloader of an STM32F405 (AN3155) behind a pseudo-terminal, at the rate of a line: bytes arrive and leave one after
 * the other, 11 bits each. What it answers comes from the application note alone. Prints the name of its terminal, and at
 * SIGTERM the ms from the first Write Memory to the end of the last Write or Read Memory.
 *
 *   cc -O2 -o usart-rom usart-rom.c && ./usart-rom BAUD
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { ACK = 0x79, NACK = 0x1f, FLASH = 0x08000000, SIZE = 1 << 20, WORD_NS = 16000 };
static int line;
static int64_t byte_ns, received_until, sent_until, first_write, last_done;
static uint8_t flash[SIZE];

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Sleeps, and looks at the clock for the last 200 us, which a sleep may miss. */
static void until(int64_t moment) {
  int64_t early = moment - 200000;
  struct timespec t = {early / 1000000000LL, early % 1000000000LL};
  if (early > now()) clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
  while (now() < moment) continue;
}

/* The next byte, when its stop bit has arrived. */
static uint8_t take(void) {
  static uint8_t buffer[4096];
  static int at, end;
  if (at == end) {
    int64_t came;
    at = 0;
    while ((end = (int)read(line, buffer, sizeof buffer)) <= 0) usleep(200);
    came = now();
    if (received_until < came) received_until = came;
  }
  received_until += byte_ns;
  return buffer[at++];
}

/* What has left is handed over each millisecond, as an adapter does. */
static void give(const uint8_t *bytes, int count) {
  int64_t start = now();
  int each = (int)(1000000 / byte_ns) + 1;
  if (sent_until > start) start = sent_until;
  for (int at = 0; at < count; at += each) {
    int part = count - at < each ? count - at : each;
    until(start + (at + part) * byte_ns);
    if (write(line, bytes + at, part) != part) exit(1);
  }
  sent_until = start + count * byte_ns;
}

static void answer(uint8_t byte) {
  until(received_until);
  give(&byte, 1);
}

/* Address and its checksum (AN3155, Read Memory). */
static uint32_t take_address(void) {
  uint32_t address = 0;
  uint8_t sum = 0;
  for (int n = 0; n < 4; n++) {
    uint8_t byte = take();
    address = address << 8 | byte;
    sum ^= byte;
  }
  answer(take() == sum ? ACK : NACK);
  return address;
}

static uint8_t read_memory(uint32_t address) {
  static const uint8_t flash_size[] = {SIZE >> 10 & 0xff, SIZE >> 18};
  if (address - FLASH < SIZE) return flash[address - FLASH];
  if (address - 0x1fff7a22 < 2) return flash_size[address - 0x1fff7a22]; /* RM0090, flash size */
  return address == 0x1fff77de ? 0x31 : 0xff;                          /* AN2606, bootloader ID */
}

static void send_memory(void) {
  uint8_t bytes[256];
  uint32_t address = take_address();
  int count = take() + 1;
  take();
  answer(ACK);
  for (int n = 0; n < count; n++) bytes[n] = read_memory(address + n);
  give(bytes, count);
}

static void write_memory(void) {
  uint32_t address = take_address();
  int count = take() + 1;
  for (int n = 0; n < count; n++) {
    uint8_t byte = take();
    if (address - FLASH + n < SIZE) flash[address - FLASH + n] &= byte;
  }
  take();
  until(received_until);
  until(now() + count / 4 * WORD_NS);
  answer(ACK);
}

static void extended_erase(void) {
  int pages = take() << 8;
  pages |= take();
  for (int n = 0; pages < 0xfff0 && n < 2 * (pages + 1); n++) take();
  take();
  memset(flash, 0xff, sizeof flash);
  answer(ACK);
}

static void end(int number) {
  (void)number;
  printf("%.1f\n", (last_done - first_write) / 1e6);
  exit(0);
}

static void run(uint8_t command) {
  static const uint8_t get[] = {11, 0x31, 0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x44, 0x63, 0x73, 0x82, 0x92};
  static const uint8_t version[] = {0x31, 0, 0}, id[] = {1, 0x04, 0x13};
  answer(ACK);
  if (command == 0x31 && !first_write) first_write = now();
  if (command == 0x00) give(get, sizeof get);
  if (command == 0x01) give(version, sizeof version);
  if (command == 0x02) give(id, sizeof id);
  if (command < 0x03) answer(ACK);
  if (command == 0x11) send_memory();
  if (command == 0x21) take_address();
  if (command == 0x31) write_memory();
  if (command == 0x44) extended_erase();
  if (command == 0x11 || command == 0x31) last_done = now();
}

int main(int count, char **arguments) {
  struct termios raw;
  byte_ns = count > 1 ? 11 * 1000000000LL / atoi(arguments[1]) : 0;
  line = posix_openpt(O_RDWR | O_NOCTTY);
  if (byte_ns <= 0 || line < 0 || grantpt(line) || unlockpt(line)) return 1;
  tcgetattr(line, &raw);
  cfmakeraw(&raw);
  tcsetattr(line, TCSANOW, &raw);
  memset(flash, 0xff, sizeof flash);
  signal(SIGTERM, end);
  puts(ptsname(line));
  fflush(stdout);
  for (;;) {
    uint8_t command = take();
    if (command == 0x7f) answer(ACK);
    else if (take() == (uint8_t)~command) run(command);
    else answer(NACK);
  }
}
