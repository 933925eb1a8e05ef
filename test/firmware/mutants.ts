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
  { fault: 'interrupts stay enabled', from: '    NVIC_ICER(n) = 0xFFFFFFFFu;\n', to: '' },
  { fault: 'interrupts stay pending', from: '    NVIC_ICPR(n) = 0xFFFFFFFFu;\n', to: '' },
  { fault: 'pending exceptions stay', from: '  SCB_ICSR = 1u << 27 | 1u << 25;', to: '' },
  { fault: 'PendSV stays pending', from: '1u << 27 | 1u << 25', to: '1u << 25' },
  { fault: 'SYSCFG without its clock', from: 'syscfg | BOOTCTL_SYSCFG_EN_MASK', to: 'syscfg', onEveryRun: 'F072' },
  { fault: 'SYSCFG keeps its clock', from: '  REG(BOOTCTL_SYSCFG_EN_REG) = syscfg;\n', to: '  (void)syscfg;\n' },
  { fault: 'no remap', from: '& ~BOOTCTL_REMAP_MASK) | 1u;', to: '& ~BOOTCTL_REMAP_MASK);' },
  { fault: 'VTOR is not set', from: '  SCB_VTOR = BOOTCTL_VTOR;\n', to: '' },
  { fault: 'interrupts stay masked', from: '      "cpsie i\\n"\n', to: '', onEveryRun: 'F072' },
  { fault: 'BASEPRI stays', from: '      "msr basepri, r2\\n"\n', to: '' },
  { fault: 'the stack stays', from: '      "msr msp, %0\\n"\n', to: '' },
  { fault: 'PSP stays in use', from: '      "msr control, r2\\n"\n', to: '' },
  { fault: 'the jump goes to the table', from: '"l"(table[1])', to: '"l"(table)' },
  { fault: 'stack and entry exchanged', from: '"l"(table[0]), "l"(table[1])', to: '"l"(table[1]), "l"(table[0])' },
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
  { fault: 'DBP is not waited for', from: 'n < 1000u', to: 'n < 1u' },
  { fault: 'DBP is waited for without end', from: 'n < 1000u', to: 'n < 0xFFFFFFFFu' },
  {
    fault: 'the reset flags stay',
    from: '  REG(BOOTCTL_RESET_REG) |= BOOTCTL_RESET_CLEAR;\n',
    to: '',
    onEveryRun: 'F405',
  },
  { fault: 'RMVF stays', from: '  REG(BOOTCTL_RESET_REG) &= ~BOOTCTL_RESET_CLEAR;\n', to: '' },
  {
    fault: 'any reset counts',
    from: '  if (!(cause & BOOTCTL_RESET_SOFTWARE) || tries == 0u',
    to: '  if (tries == 0u',
  },
  { fault: 'tries never end', from: 'MAGIC | (tries - 1u)', to: 'MAGIC | tries' },
  { fault: 'tries beyond what was asked', from: ' || tries > BOOTCTL_TRIES', to: '' },
  { fault: 'tries end at once', from: 'MAGIC | (tries - 1u)', to: 'MAGIC' },
  {
    fault: 'what cannot be taken back is entered',
    from: 'if (request(1, MAGIC | (tries - 1u)) == left) return;',
    to: '(void)request(1, MAGIC | (tries - 1u));',
  },
  {
    fault: 'a leave is not cleaned up',
    from: '&& !cause) system_reset();',
    to: '&& 0) system_reset();',
    onEveryRun: 'G474',
  },
  { fault: 'every reset is answered by one', from: '&& !cause) system_reset();', to: ') system_reset();' },
  {
    fault: 'a leave resets without end',
    from: 'if (request(1, 0u) == 0u && !cause)',
    to: 'request(1, 0u); if (!cause)',
  },
  { fault: 'no magic', from: '  if ((left & ~TRIES_MASK) != MAGIC) return;\n', to: '' },
  {
    fault: 'no request',
    from: 'if (request(1, MAGIC | BOOTCTL_TRIES) == (MAGIC | BOOTCTL_TRIES)) system_reset();',
    to: 'system_reset();',
  },
  {
    fault: 'a request that was not kept',
    from: 'if (request(1, MAGIC | BOOTCTL_TRIES) == (MAGIC | BOOTCTL_TRIES))',
    to: 'request(1, MAGIC | BOOTCTL_TRIES);',
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
  { fault: 'RAM keeps the request over a pin reset', from: '    (void)request(1, 0u);\n', to: '' },
  {
    fault: 'RAM is read before it is written',
    from: 'if (cause && !(cause & BOOTCTL_RESET_SOFTWARE)) { /*',
    to: 'if (0) { /*',
  },
  {
    fault: 'the command without its end',
    from: '(COMMAND_LENGTH - 1u) % 32u',
    to: '(COMMAND_LENGTH - 2u) % 32u',
    onEveryRun: 'F072',
  },
  {
    fault: 'the command anywhere in a word',
    from: 'state = (state << 1 | 1u) & same;',
    to: 'state = state << 1 | same;',
  },
  { fault: 'a beginning within the command is forgotten', from: '(state << 1 | 1u)', to: '(state ? state << 1 : 1u)' },
  { fault: 'the touch at any rate', from: 'baud_rate == 1200u', to: 'baud_rate' },
  { fault: 'the touch as DTR rises', from: 'was_open && !dtr', to: '!was_open && dtr' },
  { fault: 'the touch without an open port', from: 'was_open && !dtr', to: '(was_open || !dtr) && !dtr' },
  { fault: 'no delay', from: 'now_ms - since > POLL_MS', to: 'now_ms - since > POLL_MS % 2u' },
  { fault: 'a delay without a beginning', from: '    since = now_ms;\n', to: '' },
  {
    fault: 'other interrupts stay masked after a failure',
    from: '  __asm__ volatile("msr primask, %0" ::"r"(masked) : "memory");\n',
    to: '',
  },
];
