import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { BootctlError } from '../base/errors.ts';
import { newOwnFile, readOwnFile } from '../store/own-files.ts';

/** The key by which this office signs lots (Ed25519, PKCS #8 in PEM). @throws BootctlError `key-unusable` */
export function readOfficeKey(path: string): string {
  const pem = ownText(path);
  if (pem === undefined) throw new BootctlError('key-unusable', `There is no key at ${path}`);
  return checked(path, pem);
}

/** The same, made where there is none. @throws BootctlError `key-unusable` */
export async function makeOfficeKey(path: string): Promise<{ readonly key: string; readonly isNew: boolean }> {
  const known = ownText(path);
  if (known !== undefined) return { key: checked(path, known), isNew: false };
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  await newOwnFile(path, key).catch((cause: Error) => {
    throw new BootctlError('key-unusable', `${path} cannot be written: ${cause.message}`, { cause });
  });
  return { key, isNew: true };
}

function ownText(path: string): string | undefined {
  try {
    return readOwnFile(path);
  } catch (cause) {
    throw new BootctlError('key-unusable', `The key cannot be used: ${(cause as Error).message}`, { cause });
  }
}

function checked(path: string, pem: string): string {
  const type = keyType(pem);
  if (type === 'ed25519') return pem;
  throw new BootctlError(
    'key-unusable',
    `${path} is ${type === undefined ? 'no private key in PEM' : `a key of type ${type}`}`,
  );
}

function keyType(pem: string): string | undefined {
  try {
    return createPrivateKey(pem).asymmetricKeyType;
  } catch {
    return undefined;
  }
}
