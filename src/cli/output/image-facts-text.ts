import { BootctlError } from '../../base/errors.ts';
import { address32, amount } from '../../base/text.ts';
import { kitText } from '../../firmware/agree.ts';
import { type FirmwareImage, imageFormats, packagings, type SignedImage } from '../../image/firmware-image.ts';
import { familyText } from '../../image/formats/uf2-families.ts';
import type { VectorTable } from '../../image/vector-table.ts';
import { bytesWithin, type ImageErase, type ImageFacts } from '../../ops/image-facts.ts';
import { seriesOf } from '../../ops/likely-chips.ts';
import type { Colours } from './colours.ts';
import { drawSectors, drawSegments, eraseSummary } from './memory-map.ts';

/** The facts as a person reads them. */
export function factLines(
  { image, crc32: crc, vectors, through, likely, kits, notes: more, erase }: ImageFacts,
  colours: Colours,
): readonly string[] {
  const { segments, otherAlternates = [], notes = [] } = image;
  const packed = image.compression ? `, ${packagings[image.compression]}` : '';
  const runs = amount(segments.length, 'runs');
  return [
    `${image.name}: ${imageFormats[image.format]}${packed}, ${amount(image.bytes, 'bytes')} in ${runs}`,
    row('sha256', image.sha256),
    row('crc32', crc),
    ...(image.entry === undefined ? [] : [row('entry', address32(image.entry))]),
    ...(vectors === undefined ? [] : [row('vectors', vectorText(vectors, through))]),
    ...(image.signed ?? []).flatMap(signedRows),
    ...(image.dfuSuffix ? [row('made for', suffixText(image.dfuSuffix))] : []),
    ...(image.uf2Family === undefined ? [] : [row('family', familyText(image.uf2Family))]),
    ...(likely.length > 0 ? [row(likelyText(likely), `firmware for ${likely.join(', ')}`)] : []),
    ...kits.map((kit) => row('can be asked', kitText(kit))),
    ...otherAlternates.map(({ alternate, name, segments: parts }) => {
      const bytes = parts.reduce((sum, { data }) => sum + data.length, 0);
      return row('also', `${amount(bytes, 'bytes')} for alternate setting ${alternate}${name ? ` "${name}"` : ''}`);
    }),
    ...[...notes, ...more].map((note) => row('note', note)),
    ...(segments.length > 0 ? ['', ...drawSegments(image)] : []),
    ...(erase ? ['', `On ${erase.layout}:`, ...drawSectors(image, erase.all, colours), '', eraseSummary(erase)] : []),
  ];
}

const signedRows = ({ kind, address, version, headerBytes, imageBytes, ...one }: SignedImage): readonly string[] => [
  row('signed', `${kind} image at ${address32(address)}, version ${version}${one.isEncrypted ? ', encrypted' : ''}`),
  row('', `header ${amount(headerBytes, 'bytes')}, image ${amount(imageBytes, 'bytes')}`),
  row('', `hash: ${one.hash}; signature: ${one.signature}`),
];

const row = (name: string, text: string): string => `  ${name.padEnd(11)} ${text}`;

/** Lines of more than two series share so much that the end of a RAM proves little. */
const likelyText = (likely: readonly string[]): string =>
  new Set(likely.map(seriesOf)).size > 2 ? 'may be' : 'looks like';

function vectorText(vectors: VectorTable | BootctlError, through: ImageFacts['through']): string {
  if (vectors instanceof BootctlError) return `will not start: ${vectors.message}`;
  const seen = through ? ` (${through.alias.name}: ${address32(through.address)})` : '';
  return `stack ${address32(vectors.stackPointer)}, reset ${address32(vectors.resetVector)}${seen}`;
}

function suffixText({ vendorId, productId, release }: NonNullable<FirmwareImage['dfuSuffix']>): string {
  const hex = (value: number | undefined) => (value === undefined ? '*' : value.toString(16).padStart(4, '0'));
  return `USB device ${hex(vendorId)}:${hex(productId)}${release === undefined ? '' : `, release ${hex(release)}`}`;
}

/** The facts as values of `--json`. */
export function factValues({
  image,
  crc32: crc,
  vectors,
  through,
  likely,
  kits,
  notes: more,
  erase,
}: ImageFacts): object {
  const { name, format, bytes, sha256, entry, compression, dfuSuffix, uf2Family, notes = [] } = image;
  const table = vectors instanceof BootctlError ? { error: vectors.code, message: vectors.message } : vectors;
  return {
    name,
    format,
    compression,
    bytes,
    sha256,
    crc32: crc,
    entry,
    vectorTable: table,
    ...(through ? { flashAlias: { name: through.alias.name, address: through.alias.start } } : {}),
    signed: image.signed,
    dfuSuffix,
    uf2Family,
    likely,
    kits,
    notes: [...notes, ...more],
    segments: image.segments.map(({ address, data, origin }) => ({ address, bytes: data.length, origin })),
    alternates: image.otherAlternates?.map(({ alternate, name: title, segments }) => ({
      alternate,
      name: title,
      segments: segments.map(({ address, data }) => ({ address, bytes: data.length })),
    })),
    ...(erase ? eraseValues(image, erase) : {}),
  };
}

const eraseValues = ({ segments }: FirmwareImage, { layout, all, erased, besideBytes }: ImageErase): object => ({
  layout,
  sectors: erased.map(({ address, size }) => ({
    address,
    bytes: size,
    imageBytes: bytesWithin(segments, address, size),
  })),
  besideBytes,
  sectorsLeft: all.length - erased.length,
});
