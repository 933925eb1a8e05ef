/** One fault put into the kit: the first place of `from` becomes `to`. */
export interface Mutant {
  readonly fault: string;
  readonly from: string;
  readonly to: string;
  /** A line on which it shows, for the few that are in every run. */
  readonly onEveryRun?: string;
}

export const mutants: readonly Mutant[] = [
  { fault: 'SysTick stays on', from: '  SYST_CSR = 0;\n', to: '' },
  { fault: 'interrupts stay enabled', from: '    nvic[n] = 0xFFFFFFFFu;\n', to: '' },
  { fault: 'interrupts stay pending', from: '    nvic[n + (NVIC_ICPR - NVIC_ICER) / 4u] = 0xFFFFFFFFu;\n', to: '' },
  { fault: 'pending exceptions stay', from: '  SCB_ICSR = 1u << 27 | 1u << 25;', to: '' },
  { fault: 'PendSV stays pending', from: '1u << 27 | 1u << 25', to: '1u << 25' },
  { fault: 'SYSCFG without its clock', from: 'syscfg | BOOTCTL_SYSCFG_EN_MASK', to: 'syscfg', onEveryRun: 'F072' },
  { fault: 'SYSCFG keeps its clock', from: '  REG(BOOTCTL_SYSCFG_EN_REG) = syscfg;\n', to: '  (void)syscfg;\n' },
  { fault: 'no remap', from: '& ~BOOTCTL_REMAP_MASK) | 1u;', to: '& ~BOOTCTL_REMAP_MASK);' },
  { fault: 'VTOR is not set', from: '  SCB_VTOR = BOOTCTL_VTOR;\n', to: '' },
  { fault: 'interrupts stay masked', from: '      "cpsie i\\n"\n', to: '', onEveryRun: 'F072' },
  { fault: 'BASEPRI stays', from: '      "msr basepri, r2\\n"\n', to: '' },
  { fault: 'the stack stays', from: '      "msr msp, r2\\n"\n', to: '' },
  { fault: 'PSP stays in use', from: '      "msr control, r2\\n"\n', to: '' },
  { fault: 'the jump goes to the table', from: 'ldr r2, [%0, #4]', to: 'mov r2, %0' },
  { fault: 'the entry is the stack', from: 'ldr r2, [%0]', to: 'ldr r2, [%0, #4]' },
  { fault: 'PWR without its clock', from: 'pwr | BOOTCTL_PWR_EN_MASK | BOTH_EN_MASK', to: 'pwr | BOTH_EN_MASK' },
  { fault: 'PWR keeps its clock', from: '  REG(BOOTCTL_PWR_EN_REG) = pwr;\n', to: '' },
  { fault: 'one register, one clock', from: ' | BOTH_EN_MASK;', to: ';' },
  { fault: 'RTC without its clock', from: 'rtc | BOOTCTL_RTCAPB_EN_MASK', to: 'rtc' },
  { fault: 'RTC keeps its clock', from: '  REG(OTHER_EN_REG) = rtc;\n', to: '' },
  {
    fault: 'RTC loses its clock',
    from: '  REG(OTHER_EN_REG) = rtc;\n',
    to: '  REG(OTHER_EN_REG) = rtc & ~BOOTCTL_RTCAPB_EN_MASK;\n',
  },
  { fault: 'backup registers stay protected', from: 'dbp | BOOTCTL_DBP_MASK', to: 'dbp', onEveryRun: 'F405' },
  { fault: 'DBP stays', from: '  REG(BOOTCTL_DBP_REG) = dbp;\n', to: '' },
  { fault: 'DBP is not waited for', from: '#define WRITE 250u', to: '#define WRITE 1u' },
  { fault: 'DBP is waited for without end', from: '#define WRITE 250u', to: '#define WRITE 0xFFFFFFFFu' },
  {
    fault: 'the reset flags stay',
    from: 'flags | BOOTCTL_RESET_CLEAR;',
    to: 'flags;',
    onEveryRun: 'F405',
  },
  { fault: 'RMVF stays', from: '    REG(BOOTCTL_RESET_REG) = flags & ~BOOTCTL_RESET_CLEAR;\n', to: '' },
  { fault: 'any reset counts', from: 'is_software && tries', to: '(is_software | 1u) && tries' },
  { fault: 'tries never end', from: '? left - 1u', to: '? MAGIC + 1u + (left & 1u)' },
  { fault: 'tries beyond what was asked', from: 'tries > BOOTCTL_TRIES', to: 'tries > 0xFFu' },
  { fault: 'tries end at once', from: '? left - 1u', to: '? MAGIC' },
  { fault: 'what cannot be taken back is entered', from: '== left) return;', to: '== left && !next) return;' },
  {
    fault: 'a leave is not cleaned up',
    from: 'if (is_leave) system_reset();',
    to: '(void)is_leave;',
    onEveryRun: 'G474',
  },
  { fault: 'every reset is answered by one', from: 'if (is_leave) system', to: 'if (is_leave | 1) system' },
  { fault: 'a leave resets without end', from: '== left) return;', to: '== left && next) return;' },
  { fault: 'no magic', from: '  if (tries > BOOTCTL_TRIES) return;\n', to: '' },
  {
    fault: 'no request',
    from: 'if (request(WRITE, MAGIC + BOOTCTL_TRIES) == MAGIC + BOOTCTL_TRIES) system_reset();',
    to: 'system_reset();',
  },
  {
    fault: 'a request that was not kept',
    from: 'if (request(WRITE, MAGIC + BOOTCTL_TRIES) == MAGIC + BOOTCTL_TRIES)',
    to: 'request(WRITE, MAGIC + BOOTCTL_TRIES);',
  },
  { fault: 'AIRCR without its key', from: '0x05FA0004u', to: '0x00000004u' },
  { fault: 'VECTRESET', from: '0x05FA0004u', to: '0x05FA0001u', onEveryRun: 'F103' },
  {
    fault: 'the cache is not written back',
    from: '    SCB_DCCMVAC = BOOTCTL_RAM_TOKEN;\n',
    to: '',
    onEveryRun: 'H743 RAM',
  },
  { fault: 'half a word of RAM', from: '    REG(BOOTCTL_RAM_TOKEN + 4u) = ~value;\n', to: '' },
  {
    fault: 'the complement is not compared',
    from: 'return REG(BOOTCTL_RAM_TOKEN + 4u) == ~value ? value : 0u;',
    to: 'return value;',
  },
  { fault: 'RAM keeps the request over a pin reset', from: 'uint32_t left = MAGIC;', to: 'uint32_t left = 0u;' },
  {
    fault: 'RAM is read before it is written',
    from: 'if (is_software || is_leave) /*',
    to: 'if (1) /*',
  },
  {
    fault: 'the command without its end',
    from: 'kit.state & BOOTCTL_COMMAND_ENDS',
    to: 'kit.state & BOOTCTL_COMMAND_ENDS >> 1',
    onEveryRun: 'F072',
  },
  {
    fault: 'the command anywhere in a word',
    from: '(kit.state << 1 | BOOTCTL_COMMAND_STARTS) & same;',
    to: 'kit.state << 1 | same;',
  },
  {
    fault: 'a beginning within the command is forgotten',
    from: '(kit.state << 1 | BOOTCTL_COMMAND_STARTS)',
    to: '(kit.state ? kit.state << 1 : BOOTCTL_COMMAND_STARTS)',
  },
  { fault: 'a second command does not begin', from: '<< 1 | BOOTCTL_COMMAND_STARTS', to: '<< 1 | 1u' },
  { fault: 'one command after the other', from: 'BOOTCTL_COMMAND_ENDS ?', to: '(1u << (LENGTH - 1u)) ?' },
  { fault: 'the touch at any rate', from: 'baud_rate == 1200u', to: 'baud_rate' },
  { fault: 'the touch as DTR rises', from: 'was_open && !dtr', to: '!was_open && dtr' },
  { fault: 'the touch without an open port', from: 'was_open && !dtr', to: '(was_open || !dtr) && !dtr' },
  { fault: 'no delay', from: 'now_ms - kit.since > POLL_MS', to: 'now_ms - kit.since > POLL_MS % 2u' },
  { fault: 'a delay without a beginning', from: '    kit.since = now_ms;\n', to: '' },
  {
    fault: 'other interrupts stay masked after a failure',
    from: '  __asm__ volatile("msr primask, %0" ::"r"(masked) : "memory");\n',
    to: '',
  },
];
