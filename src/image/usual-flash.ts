/** Where the flash of every line but STM32WB0 begins, and where that of the largest one ends (4 MiB: U595 to U5G, RM0456). */
export const usualFlash = { start: 0x0800_0000, end: 0x0840_0000 } as const;
