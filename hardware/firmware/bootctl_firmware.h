/* bootctl firmware kit: an application that can be asked into its ROM bootloader. It needs <stdint.h> and the generated
 * bootctl_config.h, and nothing else. C99 or C++. MIT licence, as bootctl. */
#ifndef BOOTCTL_FIRMWARE_H
#define BOOTCTL_FIRMWARE_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

/* `bootctl firmware check` finds it in an image. */
#define BOOTCTL_KIT_VERSION "1"

/* The first line of SystemInit(), or the first call of Reset_Handler. It uses no global variable, so that .data and .bss
 * need not be there yet. Returns if no request has been left; otherwise the ROM's bootloader runs. */
void bootctl_start(void);

/* Leaves a request and resets the chip. Returns only if that is of no use on this chip, or if the request could not be
 * written. Call it from privileged code. */
void bootctl_enter_bootloader(void);

/* Bytes from a serial line, one by one; from an interrupt if you like. Nonzero once the whole command has come: then
 * bootctl_poll() enters the bootloader after its delay. */
int bootctl_command_received(uint8_t byte);

/* Line coding and line state of a USB serial port, at each change of either. Nonzero as DTR falls at 1200 baud: then
 * bootctl_poll() enters the bootloader after its delay. */
int bootctl_touched(uint32_t baud_rate, int dtr);

/* Call it in the main loop with a count of milliseconds, which may wrap. Nonzero while a request waits for its delay. */
int bootctl_poll(uint32_t now_ms);

/* Yours, if you want it: called before the reset, with interrupts still on. A board with an external pull-up on D+ drives
 * that line low here for 10 ms, so that the host sees the device go. */
void bootctl_before_reset(void);

#ifdef __cplusplus
}
#endif
#endif
