import { describe, expect, test } from 'vitest';
import {
  afterUsart,
  type BootEntryContext,
  canConfirm,
  canProve,
  canRepeat,
  canTryNextMethod,
  canTryNextRung,
  canTryUsart,
  hasToProveApplication,
  hasTurnLeft,
  isAtNamedPlace,
  isAtShownPlace,
  nextMethodIndex,
  placesOnTheLines,
  rungOf,
  startOf,
  windowMissed,
  withAttempt,
} from '../../machines/boot-entry.policy.ts';
import type { Bootloader } from '../../machines/bootloader.ts';
import { BootctlError, type ErrorCode } from '../../src/base/errors.ts';
import type { Rung } from '../../src/board/circuit/plan.ts';
import { device } from '../helpers/machines.ts';

const plan = { steps: [], margin: 1, clear: 0 };
const byLines: Rung = { method: 'lines', change: 'nominal', plan };
const byHand: Rung = { method: 'manual', change: 'nominal' };
const asked: Rung = {
  method: 'soft-jump',
  change: 'nominal',
  softJump: { via: 'adapter' } as NonNullable<Rung['softJump']>,
};

const contextOf = (rung: Rung | undefined, more: Partial<BootEntryContext> = {}): BootEntryContext => ({
  ...startOf({
    rungs: rung ? [rung] : [],
    repeats: 3,
    tries: { flaky: 4, silent: 1 },
    usart: true,
    turnsByHand: 3,
    callsPresent: false,
    named: null,
    canReset: false,
    isPlaced: false,
  }),
  index: rung ? 0 : -1,
  ...more,
});
const driven = { known: [], left: [] };
const errorWith = (code: ErrorCode, details: Record<string, string | number> = {}) =>
  new BootctlError(code, 'seen', { details });
const silence = errorWith('dfu-not-seen');
const noAnswer = errorWith('usart-no-sync');

describe('a person has their turns', () => {
  test.each([
    ['while nothing has shown, on USB', byHand, 0, silence, true],
    ['or on the USART', byHand, 0, noAnswer, true],
    ['until they are used up', byHand, 2, silence, false],
    ['with one left', byHand, 1, silence, true],
    ['not where the bootloader has answered', byHand, 0, errorWith('dfu-status'), false],
    ['and nobody else', byLines, 0, silence, false],
    ['nor where no rung is under way', undefined, 0, silence, false],
  ] as const)('%s', (_name, rung, turn, error, expected) => {
    expect(hasTurnLeft(contextOf(rung, { turn }), error)).toBe(expected);
  });
});

describe('the USART is called', () => {
  test.each([
    ['after silence on USB', { driven }, silence, true],
    ['not after another error', { driven }, errorWith('dfu-status'), false],
    ['not where nothing was driven', { driven: null }, silence, false],
    ['not without the adapter', { driven: { ...driven, withoutAdapter: true } }, silence, false],
    ['not where it is not connected', { driven, usart: false }, silence, false],
  ] as const)('%s', (_name, more, error, expected) => {
    expect(canTryUsart(contextOf(byLines, more), error)).toBe(expected);
  });
});

describe('what is reported after the call of the USART', () => {
  const outcomeOf = (error: BootctlError, before: BootctlError | null) =>
    afterUsart(contextOf(byLines, { usartCalled: true, error: before, driven }), error);

  test('silence adds nothing to the silence on USB', () => {
    expect(outcomeOf(noAnswer, silence)).toMatchObject({
      error: silence,
      attempts: [{ usart: 'silent', error: silence }],
    });
  });
  test('but is news where nobody listened to USB, or nothing was said before', () => {
    const unawaited = errorWith('dfu-not-seen', { unawaited: 'no DFU in this ROM' });
    expect(outcomeOf(noAnswer, unawaited)).toMatchObject({ error: noAnswer, attempts: [{ usart: 'silent' }] });
    expect(outcomeOf(noAnswer, null)).toMatchObject({ error: noAnswer });
  });
  test('what is heard and is no ROM is not silence, and a refusal is an answer', () => {
    const heard = errorWith('usart-no-sync', { heard: '55' });
    expect(outcomeOf(heard, silence)).toMatchObject({ error: heard, attempts: [{ usart: 'foreign' }] });
    const refused = errorWith('usart-nack');
    expect(outcomeOf(refused, silence)).toMatchObject({ error: refused, attempts: [{ usart: 'answered' }] });
  });
});

test('an attempt tells its hold where one was measured, and its error where there is one', () => {
  const held = withAttempt(contextOf(byLines, { driven: { ...driven, held: 12 } }));
  expect(held).toStrictEqual({ error: null, attempts: [{ rung: byLines, held: 12 }] });
  expect(withAttempt(contextOf(byLines, { driven }), silence)).toStrictEqual({
    error: silence,
    attempts: [{ rung: byLines, error: silence }],
  });
  expect(withAttempt(contextOf(undefined), silence)).toEqual({ error: silence, attempts: [] });
});

describe('one more reset shows whose a device is', () => {
  test.each([
    ['by the lines of the rung', byLines, {}, true],
    ['at most four times', byLines, { proofs: 4 }, false],
    ['three are fewer', byLines, { proofs: 3 }, true],
    ['not where nothing resets', asked, {}, false],
    ['by a reset into the application, where the lines can', asked, { canReset: true }, true],
    ['not by a person, who would press again', byHand, { canReset: true }, false],
    ['before any rung, where the lines can reset', undefined, { canReset: true }, true],
  ] as const)('%s', (_name, rung, more, expected) => {
    expect(canProve(contextOf(rung, more))).toBe(expected);
  });
});

test('a bootloader is no part of the start', () => {
  const start = startOf(contextOf(byLines, { bootloader: { place: 'left over' } as Bootloader, error: silence }));
  expect(start).toMatchObject({
    index: -1,
    repeated: 0,
    hasMissedWindow: false,
    bootloader: null,
    error: null,
    attempts: [],
    candidates: [],
    leftInResets: [],
    strangers: [],
  });
});

describe('before any rung', () => {
  const before = contextOf(byLines, { index: -1 });
  const nowhere = contextOf(undefined);
  const dfu = device('1-2', '1-2#1');

  test('none is under way, whatever was missed', () => {
    expect(rungOf(contextOf(undefined, { hasMissedWindow: true }))).toBeUndefined();
    expect(windowMissed(undefined, { held: 5 })).toBeUndefined();
    expect(windowMissed(byLines, { held: 5 })).toBeUndefined();
  });

  test('nobody is asked, and no place is known', () => {
    expect(canConfirm(nowhere, [dfu])).toBe(false);
    expect(isAtNamedPlace(nowhere, [dfu])).toBe(false);
    expect(isAtShownPlace(nowhere, [dfu])).toBe(false);
    expect(hasToProveApplication(nowhere, -1)).toBe(false);
  });

  test('the first one may be the next method', () => {
    expect(nextMethodIndex(before)).toBe(0);
    expect(canTryNextMethod({ ...before, error: errorWith('method-unavailable') })).toBe(true);
    expect(canTryNextMethod(before)).toBe(false);
    expect(canTryNextRung(before)).toBe(false);
  });
});

test('a rung whose enumeration failed is tried again, as often as the profile says', () => {
  const flaky = errorWith('dfu-not-seen', { enumeration: 'error -71' });
  expect(canRepeat(contextOf(byLines, { error: flaky, repeated: 2 }))).toBe(true);
  expect(canRepeat(contextOf(byLines, { error: flaky, repeated: 3 }))).toBe(false);
});

describe('places of what hangs on the lines of this adapter', () => {
  const application = device('1-9', '1-9#1', '0483:5740');
  const proof = { left: [device('1-2', '1-2#1')], driven };
  const before = [device('1-2', '1-2#0'), application];

  test('are those of the proof and of the resets before, each once', () => {
    expect(placesOnTheLines(contextOf(byLines, { leftInResets: before }), proof)).toEqual(['1-2', '1-9']);
  });
  test('are none where nothing has left the bus in the proof', () => {
    expect(placesOnTheLines(contextOf(byLines, { leftInResets: before }), { ...proof, left: [] })).toEqual([]);
  });
  test('without the application of this board at another connector', () => {
    const apart = { vendorId: '0483', productId: '5740' };
    expect(placesOnTheLines(contextOf(byLines, { leftInResets: before, apart }), proof)).toEqual(['1-2']);
    const elsewhere = { ...apart, productId: '5741' };
    expect(placesOnTheLines(contextOf(byLines, { leftInResets: before, apart: elsewhere }), proof)).toHaveLength(2);
  });
});
