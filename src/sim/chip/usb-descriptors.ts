/** An endpoint as USB 2.0 §9.6.6 describes it; `address` carries the direction in bit 7. */
export interface EndpointDescription {
  readonly address: number;
  readonly type: 'bulk' | 'interrupt';
  readonly maxPacketSize: number;
  readonly interval: number;
}

/** One alternate setting of an interface, with the class descriptors that follow it. */
export interface InterfaceDescription {
  readonly interfaceNumber: number;
  readonly alternateSetting: number;
  readonly interfaceClass: number;
  readonly interfaceSubClass: number;
  readonly interfaceProtocol: number;
  readonly name?: string;
  readonly classDescriptors?: readonly Uint8Array[];
  readonly endpoints?: readonly EndpointDescription[];
}

/** A full-speed USB device with one configuration. */
export interface DeviceDescription {
  readonly bcdUsb: number;
  readonly deviceClass: number;
  readonly vendorId: number;
  readonly productId: number;
  readonly bcdDevice: number;
  readonly manufacturer: string;
  readonly product: string;
  readonly serialNumber: string;
  readonly selfPowered: boolean;
  readonly maxPower: number; // mA
  readonly interfaces: readonly InterfaceDescription[];
}

/** The encoded descriptors of a device. */
export interface DescriptorSet {
  readonly device: Uint8Array;
  readonly configuration: Uint8Array;
  /** Complete string descriptors by index; 0 is the list of languages. */
  readonly strings: readonly Uint8Array[];
}

/** bDescriptorType (USB 2.0 table 9-5). */
export const descriptorType = { device: 1, configuration: 2, string: 3, interface: 4, endpoint: 5 } as const;

const usEnglish = 0x0409;
const word = (value: number): readonly [number, number] => [value & 0xff, value >> 8];

/** UTF-16LE with a two-byte head (USB 2.0 §9.6.7). */
function stringDescriptor(text: string): Uint8Array {
  const units = Array.from({ length: text.length }, (_, index) => word(text.charCodeAt(index))).flat();
  return Uint8Array.of(2 + units.length, descriptorType.string, ...units);
}

/** Collects strings under their indices; index 0 in a descriptor means "none" (USB 2.0 §9.6.7). */
function stringTable() {
  const texts: string[] = [];
  return {
    indexOf: (text: string | undefined): number => (text === undefined ? 0 : texts.push(text)),
    encode: (): Uint8Array[] => [
      Uint8Array.of(4, descriptorType.string, ...word(usEnglish)),
      ...texts.map(stringDescriptor),
    ],
  };
}

function endpointDescriptor({ address, type, maxPacketSize, interval }: EndpointDescription): number[] {
  return [7, descriptorType.endpoint, address, type === 'bulk' ? 2 : 3, ...word(maxPacketSize), interval];
}

function interfaceDescriptor(description: InterfaceDescription, nameIndex: number): number[] {
  const endpoints = description.endpoints ?? [];
  return [
    9,
    descriptorType.interface,
    description.interfaceNumber,
    description.alternateSetting,
    endpoints.length,
    description.interfaceClass,
    description.interfaceSubClass,
    description.interfaceProtocol,
    nameIndex,
    ...(description.classDescriptors ?? []).flatMap((bytes) => [...bytes]),
    ...endpoints.flatMap(endpointDescriptor),
  ];
}

/**
 * Encodes the descriptors of `description` (USB 2.0 §9.6); strings are numbered manufacturer, product, serial,
 * interfaces.
 */
export function encodeDescriptors(description: DeviceDescription): DescriptorSet {
  const strings = stringTable();
  const device = Uint8Array.of(
    18,
    descriptorType.device,
    ...word(description.bcdUsb),
    description.deviceClass,
    0,
    0,
    64,
    ...word(description.vendorId),
    ...word(description.productId),
    ...word(description.bcdDevice),
    strings.indexOf(description.manufacturer),
    strings.indexOf(description.product),
    strings.indexOf(description.serialNumber),
    1,
  );
  const body = description.interfaces.flatMap((one) => interfaceDescriptor(one, strings.indexOf(one.name)));
  const configuration = Uint8Array.of(
    9,
    descriptorType.configuration,
    ...word(9 + body.length),
    new Set(description.interfaces.map((one) => one.interfaceNumber)).size,
    1,
    0,
    description.selfPowered ? 0xc0 : 0x80,
    description.maxPower / 2,
    ...body,
  );
  return { device, configuration, strings: strings.encode() };
}
