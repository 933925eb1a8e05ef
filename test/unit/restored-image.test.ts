import { expect, test } from 'vitest';
import type { FirmwareImage } from '../../src/image/firmware-image.ts';
import { makeImage } from '../../src/image/make-image.ts';
import { withRestored } from '../../src/ops/engine/restored-image.ts';

const image = (name: string, ...segments: readonly (readonly [address: number, ...bytes: number[]])[]): FirmwareImage =>
  makeImage(name, 'intel-hex', {
    segments: segments.map(([address, ...bytes]) => ({ address, data: Uint8Array.from(bytes), origin: name })),
  });

test('the image goes before the file that is restored beside it, whatever the order of its segments', () => {
  const own = image('app.hex', [0x0800_0010, 5, 6], [0x0800_0000, 1, 2], [0x0800_0008, 3, 4]);
  const saved = image('saved.hex', [0x0800_0000, ...Array(0x14).fill(9)]);
  const { segments, ...rest } = withRestored(own, saved);
  expect(rest).toMatchObject({ name: 'app.hex', format: 'intel-hex' });
  expect(segments.map(({ address, data, origin }) => [address - 0x0800_0000, [...data], origin])).toEqual([
    [0x00, [1, 2], 'app.hex'],
    [0x08, [3, 4], 'app.hex'],
    [0x10, [5, 6], 'app.hex'],
    [0x02, Array(6).fill(9), 'saved.hex'],
    [0x0a, Array(6).fill(9), 'saved.hex'],
    [0x12, [9, 9], 'saved.hex'],
  ]);
});

test('a file that the image covers leaves nothing beside it', () => {
  const own = image('app.hex', [0x0800_0000, 1, 2, 3, 4]);
  expect(withRestored(own, image('saved.hex', [0x0800_0001, 9, 9])).segments).toHaveLength(1);
});
