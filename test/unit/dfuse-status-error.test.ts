import { expect, test } from 'vitest';
import { statusError, stuckError } from '../../src/protocol/dfuse/status-error.ts';

const reply = { status: 'errPROG', pollTimeout: 0, state: 'dfuERROR', stringIndex: 0 } as const;

// Meanings: AN3156 §4 and DFU 1.1 §6.1.2.
test.each([
  ['errTARGET', 'dfuERROR, errTARGET: the address is not in a memory that this alternate setting reaches'],
  ['errWRITE', 'dfuERROR, errWRITE: the memory could not be written'],
  ['errERASE', 'dfuERROR, errERASE: the memory could not be erased'],
  ['errPROG', 'dfuERROR, errPROG: programming failed'],
  ['errSTALLEDPKT', 'dfuERROR, errSTALLEDPKT: a request came in the wrong state'],
  ['errUNKNOWN', 'dfuERROR, errUNKNOWN'],
] as const)('%s is told with its meaning', (status, text) => {
  expect(statusError('The erase', { ...reply, status })).toMatchObject({
    code: 'dfu-status',
    message: `The erase failed: ${text}`,
    details: { status, state: 'dfuERROR' },
  });
});

test('errVENDOR is readout protection', () => {
  expect(statusError('The erase', { ...reply, status: 'errVENDOR' })).toMatchObject({
    code: 'readout-protected',
    message: 'The erase was refused: dfuERROR, errVENDOR: the flash is readout-protected',
  });
});

test('a state that is not left is told with the last reply, where there was one', () => {
  const state = { ...reply, status: 'OK', state: 'dfuUPLOAD_IDLE' } as const;
  expect(stuckError('It stays', state as never)).toMatchObject({
    code: 'dfu-state',
    message: 'It stays (dfuUPLOAD-IDLE, OK)',
  });
  expect(stuckError('It stays', undefined).message).toBe('It stays');
});
