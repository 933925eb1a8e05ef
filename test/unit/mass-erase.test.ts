import { expect, test } from 'vitest';
import { chipsAgainstMassErase } from '../../src/chips/against-mass-erase.ts';
import { parseMemoryLayout } from '../../src/protocol/dfuse/memory-layout.ts';

const against = (layout: string) =>
  chipsAgainstMassErase(
    { interface: 'dfu', vendorId: '0483', bcdDevice: '2200', layout },
    parseMemoryLayout(layout).sectors.map(({ size }) => size),
  ).join(', ');

// Layout strings of hardware/targets; sectors of this kind are those of F2, F4 and F7 only.
test.each([
  '@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg',
  '@Internal Flash  /0x08000000/04*016Kg,01*64Kg,03*128Kg',
  '@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg,04*016Kg,01*064Kg,07*128Kg',
  '@Internal Flash  /0x08000000/04*032Kg,01*128Kg,03*256Kg',
])('%s: no line that it could be is harmed', (layout) => {
  expect(against(layout)).toBe('');
});

test.each([
  { layout: '@Internal Flash   /0x08000000/256*04Kg', line: /^STM32WB30/ },
  { layout: '@Internal Flash   /0x08000000/64*02Kg', line: /^STM32G0B0/ },
  { layout: '@Internal Flash   /0x08000000/16*128Kg', line: /^STM32H742/ },
  { layout: '@Internal Flash  /0x08000000/1536*128g', line: /^STM32L072/ },
  { layout: '@Internal Flash  /0x08000000/1024*256 g', line: /^STM32L1/ },
  { layout: '@Internal Flash  /0x08000000/0128*0002Kg', line: /./ },
])('$layout may be $line', ({ layout, line }) => {
  expect(against(layout)).toMatch(line);
});
