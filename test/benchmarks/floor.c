/*
 * The least that a host can do: 256 KiB erased, written and read back over DfuSe (AN3156) by the kernel's own file, one
 * request after the other, with nothing loaded and nothing decided. What is above its time is the command's own.
 *
 *   floor /dev/bus/usb/BBB/DDD IMAGE BLOCK SECTOR…
 *
 * BLOCK: bytes a transfer. SECTOR: where each sector starts that is erased, from 0x08000000 on. Prints the milliseconds
 * from open to the last byte compared.
 */
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

enum { size = 256 * 1024, dfuDNBUSY = 4, dfuIDLE = 2, dfuDNLOAD_IDLE = 5 };
enum { DNLOAD = 1, UPLOAD = 2, GETSTATUS = 3, CLRSTATUS = 4, ABORT = 6, out = 0x21, in = 0xa1 };

static int device;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void request(int type, int code, int value, int length, void *data) {
  struct usbdevfs_ctrltransfer transfer = {type, code, value, 0, length, 5000, data};
  if (ioctl(device, USBDEVFS_CONTROL, &transfer) != length) fail("control transfer");
}

static int state(void) {
  unsigned char status[6];
  request(in, GETSTATUS, 0, sizeof status, status);
  if (status[0] != 0) fail("bStatus");
  return status[4];
}

static void execute(int number, int length, void *data) {
  int now;
  request(out, DNLOAD, number, length, data);
  do now = state();
  while (now == dfuDNBUSY);
  if (now != dfuDNLOAD_IDLE) fail("bState");
}

static void command(unsigned char code, unsigned address) {
  unsigned char bytes[5] = {code, address, address >> 8, address >> 16, address >> 24};
  execute(0, sizeof bytes, bytes);
}

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

int main(int count, char **arguments) {
  static unsigned char image[size], read_back[size];
  const unsigned start_of_flash = 0x08000000, interface = 0;
  if (count < 5) return 2;
  const int block = atoi(arguments[3]), blocks = size / block;
  FILE *file = fopen(arguments[2], "rb");
  if (!file || fread(image, 1, sizeof image, file) != sizeof image) fail("image");
  const double start = milliseconds();
  if ((device = open(arguments[1], O_RDWR)) < 0) fail("open");
  if (ioctl(device, USBDEVFS_CLAIMINTERFACE, &interface) < 0) fail("claim");
  if (state() != dfuIDLE) request(out, ABORT, 0, 0, NULL);
  for (int index = 4; index < count; index++) command(0x41, start_of_flash + atoi(arguments[index]));
  command(0x21, start_of_flash);
  for (int index = 0; index < blocks; index++) execute(index + 2, block, image + index * block);
  command(0x21, start_of_flash);
  request(out, ABORT, 0, 0, NULL);
  for (int index = 0; index < blocks; index++) {
    request(in, UPLOAD, index + 2, block, read_back);
    if (memcmp(read_back, image + index * block, block)) fail("compare");
  }
  printf("%.1f\n", milliseconds() - start);
  return 0;
}
