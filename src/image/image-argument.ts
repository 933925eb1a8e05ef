/** An image file as a person names it, with the address that may stand behind it. */
export interface ImageArgument {
  readonly path: string;
  readonly address?: number;
}

/** `app.bin@0x08008000`: the address must look like one, so that a file name may have an `@` elsewhere. */
export function parseImageArgument(text: string): ImageArgument {
  const match = /^(.+)@(0x[0-9a-f_]+|\d[\d_]*)$/is.exec(text);
  const address = match ? Number(match[2]!.replaceAll('_', '')) : Number.NaN;
  return match && address <= 0xffff_ffff ? { path: match[1]!, address } : { path: text };
}
