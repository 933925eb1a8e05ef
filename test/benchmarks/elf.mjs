/** A linked executable for ARM: ELF header, one PT_LOAD a segment, one section each, the bytes. */
export function elfOf(segments) {
  const headers = 52 + 32 * segments.length;
  const bytes = segments.reduce((sum, { data }) => sum + data.length, 0);
  const file = Buffer.alloc(headers + bytes);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const fields = { 16: 2, 18: 40, 40: 52, 42: 32, 44: segments.length, 46: 40 };
  for (const [at, value] of Object.entries(fields)) file.writeUInt16LE(value, Number(at));
  file.writeUInt32LE(52, 28);
  let at = headers;
  for (const [index, { address, data }] of segments.entries()) {
    const words = [1, at, address, address, data.length, data.length, 5, 4];
    for (const [word, value] of words.entries()) file.writeUInt32LE(value, 52 + index * 32 + word * 4);
    file.set(data, at);
    at += data.length;
  }
  return file;
}
