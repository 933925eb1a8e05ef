import { expect, test, vi } from 'vitest';
import { BusChanges } from '../../src/host/usb/changes.ts';

/** libusb's emitter, as far as it is used: who listens now. */
function emitter() {
  const attached = new Set<() => void>();
  const subscribe = vi.fn(async (onAttach: () => void) => {
    attached.add(onAttach);
    return () => void attached.delete(onAttach);
  });
  return { attached, subscribe };
}

test('the listeners of eight jobs share one subscription, which ends with the last of them', async () => {
  const { attached, subscribe } = emitter();
  const changes = new BusChanges(subscribe, () => {});
  const listeners = Array.from({ length: 16 }, () => vi.fn());
  const stops = listeners.map((listener) => changes.listen(listener));
  await vi.waitFor(() => expect(attached.size).toBe(1));
  for (const hint of attached) hint();
  stops[0]!();
  for (const hint of attached) hint();
  expect(listeners.map(({ mock }) => mock.calls.length)).toEqual([1, ...Array(15).fill(2)]);
  for (const stop of stops) stop();
  await vi.waitFor(() => expect(attached.size).toBe(0));
  expect(subscribe).toHaveBeenCalledTimes(1);
  changes.listen(() => {});
  await vi.waitFor(() => expect(subscribe).toHaveBeenCalledTimes(2));
});

test('a listener that another one takes away is not called any more', async () => {
  const { attached, subscribe } = emitter();
  const changes = new BusChanges(subscribe, () => {});
  const second = vi.fn();
  changes.listen(() => stop());
  const stop = changes.listen(second);
  await vi.waitFor(() => expect(attached.size).toBe(1));
  for (const hint of attached) hint();
  expect(second).not.toHaveBeenCalled();
});
