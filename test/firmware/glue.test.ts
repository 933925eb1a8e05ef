import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { chipKeys, findChip } from '../../src/chips/find-chip.ts';
import { withTable } from '../../src/firmware/table.ts';
import { emulatorMissing, kitFolder } from './compile.ts';

const page = readFileSync(join(kitFolder, 'README.md'), 'utf8');

test('the table of the page is that of the targets', () => {
  const lines = chipKeys().map((key) => findChip(key)!);
  expect(withTable(page, lines), 'stale: run `npm run build`').toBe(page);
  expect(page.match(/^\| `\w+` \|/gm)).toHaveLength(88);
  expect(page).toMatch(
    /^\| `F405_407` \| STM32F405\/407\/415\/417 \| jump \| field \| 0x1FFF0000 \| 0x40013800 \| 0x40002850 \|/m,
  );
});

/** What each piece of code finds around it: names and types as its library declares them. */
const around: Readonly<Record<string, string>> = {
  // STM32CubeF4 stm32f4xx_hal_uart.h
  uart: `typedef struct { int id; } UART_HandleTypeDef;
int HAL_UART_Receive_IT(UART_HandleTypeDef *uart, uint8_t *data, uint16_t size);
void HAL_UART_RxCpltCallback(UART_HandleTypeDef *uart);
static uint8_t received;`,
  // STM32CubeF4 usbd_def.h, usbd_cdc.h; the two functions are in a table of the library
  cube: `typedef struct { uint8_t bmRequest, bRequest; uint16_t wValue, wIndex, wLength; } USBD_SetupReqTypedef;
typedef struct { int id; } USBD_HandleTypeDef;
extern USBD_HandleTypeDef hUsbDeviceFS;
uint8_t USBD_CDC_ReceivePacket(USBD_HandleTypeDef *device);
#define CDC_SET_LINE_CODING 0x20U
#define CDC_SET_CONTROL_LINE_STATE 0x22U
#define USBD_OK 0
#pragma GCC diagnostic ignored "-Wunused-function"`,
  // hathach/tinyusb cdc.h, cdc_device.h
  tinyusb: `#include <stdbool.h>
typedef struct { uint32_t bit_rate; uint8_t stop_bits, parity, data_bits; } cdc_line_coding_t;
void tud_cdc_get_line_coding(cdc_line_coding_t *coding);
uint32_t tud_cdc_available(void);
int32_t tud_cdc_read_char(void);`,
  // stm32duino/Arduino_Core_STM32 HardwareSerial.h
  arduino: 'struct { int available(); int read(); } Serial; uint32_t millis();',
  // zephyrproject-rtos/zephyr init.h, kernel.h
  zephyr: `#define SYS_INIT(function, level, priority) int (*const init_##level##_##priority)(void) = function
uint32_t k_uptime_get_32(void);`,
};
/** `i32` is `c_int` on all 32-bit targets. */
const cTypes: Readonly<Record<string, string>> = { u8: 'uint8_t', u32: 'uint32_t', i32: 'int' };
const pieces = [...page.matchAll(/^```c (\w+)\n([\s\S]*?)^```/gm)].map(([, name, code]) => [name!, code!] as const);

const folder = mkdtempSync(join(tmpdir(), 'bootctl-glue-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(emulatorMissing())('code that people paste compiles', () => {
  test('each piece is known', () => expect(pieces.map(([name]) => name)).toEqual(Object.keys(around)));

  const check = (name: string, code: string) => {
    const file = join(folder, name);
    writeFileSync(file, `#include "bootctl_firmware.h"\n${code}`);
    const flags = ['-mcpu=cortex-m4', '-mthumb', '-ffreestanding', '-Wall', '-Wextra', '-Werror', '-fsyntax-only'];
    execFileSync('arm-none-eabi-gcc', [...flags, `-I${kitFolder}`, file], { stdio: 'pipe' });
  };

  test.each(pieces)('%s', (name, code) => {
    check(`${name}.${name === 'arduino' ? 'cpp' : 'c'}`, `${around[name]}\n${code}`);
  });

  /** Debian's rustc is 400 MB, and has no core library for these chips: what Rust declares is declared in C once more. */
  test('what Rust declares is what the header declares', () => {
    const [, block = ''] = /^unsafe extern "C" \{\n([\s\S]*?)^\}/m.exec(page) ?? [];
    const declared = [...block.matchAll(/^ {4}fn (\w+)\((?:\w+: (\w+)(?:, \w+: (\w+))?)?\)(?: -> (\w+))?;$/gm)];
    expect(declared).toHaveLength(block.trim().split('\n').length);
    expect(declared.map(([, name]) => name)).toContain('bootctl_touched');
    const inC = declared.map(([, name, first, second, result]) => {
      const taken = [first, second].filter((type) => type !== undefined).map((type) => cTypes[type]);
      return `${result ? cTypes[result] : 'void'} ${name}(${taken.join(', ') || 'void'});\n`;
    });
    check('rust.c', inC.join(''));
    expect(() => check('wrong.c', inC.join('').replace('uint8_t', 'uint16_t'))).toThrow(/conflicting types/);
  });
});
