import { InvalidArgumentError, Option } from 'commander';
import { type PageAddress, pageAddress } from '../../jig/plan/page-address.ts';

export interface ListenOptions {
  readonly listen: PageAddress;
}

/** `--listen`: where a page is. */
export const listenOption = (usual: string): Option =>
  new Option('--listen <host:port>', 'where the page is').argParser(parse).default(parse(usual), usual);

function parse(text: string): PageAddress {
  const address = pageAddress(text);
  if (address) return address;
  throw new InvalidArgumentError('It is such as 127.0.0.1:8471.');
}
