/** Bytes without a pattern, behind two words that look like vectors. */
export function imageOf(size, seed = 1) {
  const data = Buffer.alloc(size);
  let state = seed * 0x2545_f491;
  for (let index = 0; index < size; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[index] = state & 0xff;
  }
  data.writeUInt32LE(0x2002_0000, 0);
  data.writeUInt32LE(0x0800_0201, 4);
  return data;
}
