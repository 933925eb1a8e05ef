import { createPublicKey, sign, verify } from 'node:crypto';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { canonicalJson } from '../../base/canonical-json.ts';
import { BootctlError } from '../../base/errors.ts';
import { sha256Hex } from '../../base/sha256.ts';
import { ofTheLot } from '../../jig/plan/station-file.ts';
import { definitionSchema } from './schema.ts';

/**
 * What a lot is, with all that is made of a unit. Its canonical JSON is signed, and is the text that stations get. `unit`, `gate`,
 * `before`, `after`, `limits`, `retests` and `hold` are as in a jig.yaml. Images and programs (those of steps and gate that were named
 * with a path) are named by their SHA-256, and lie in the folder of the jig.yaml that `mergedJig` makes.
 */
export type LotDefinition = z.output<typeof definitionSchema>;

/** What `bootctl fleet lot create` stores of a lot. */
export interface SignedDefinition {
  readonly text: string;
  /** Base64. */
  readonly signature: string;
  /** Id of the key. */
  readonly signer: string;
}

/** Whoever may sign lots. */
export interface Signer {
  readonly id: string;
  /** PEM. */
  readonly publicKey: string;
}

/** The signer of a private or public key in PEM: its id is the SHA-256 of the public key's DER (SubjectPublicKeyInfo). */
export function signerOf(pem: string): Signer {
  const key = createPublicKey(pem);
  const der = key.export({ type: 'spki', format: 'der' });
  return {
    id: sha256Hex(der),
    publicKey: key.export({ type: 'spki', format: 'pem' }) as string,
  };
}

/** What a person compares, as OpenSSH shows keys: `SHA256:` and base64 without its padding. */
export const fingerprint = ({ id }: Pick<Signer, 'id'>): string =>
  `SHA256:${Buffer.from(id, 'hex').toString('base64').replace(/=+$/, '')}`;

/** Ed25519 (RFC 8032) over the canonical JSON. */
export function signDefinition(definition: LotDefinition, privateKey: string): SignedDefinition {
  const text = canonicalJson(definition);
  const signature = sign(null, Buffer.from(text), privateKey).toString('base64');
  return { text, signature, signer: signerOf(privateKey).id };
}

/**
 * The definition of lot `id` as the database gave it, if one of the signers that were pinned has signed it.
 * @throws BootctlError `lot-unverified`; `fleet-newer` where a newer bootctl has made it
 */
export function verifiedDefinition(
  id: string,
  { text, signature, signer }: SignedDefinition,
  pinned: readonly Signer[],
): LotDefinition {
  const known = pinned.find((one) => one.id === signer);
  if (!known) {
    const whose = pinned.map(fingerprint).join(', ') || 'none';
    throw unverified(id, `it is signed by ${fingerprint({ id: signer })}, and this station trusts ${whose}`);
  }
  if (!verify(null, Buffer.from(text), known.publicKey, Buffer.from(signature, 'base64')))
    throw unverified(id, `the signature of ${fingerprint(known)} does not fit it`);
  const definition = parsed(id, text);
  if (definition.id !== id) throw unverified(id, `it is the definition of lot ${definition.id}`);
  return definition;
}

function parsed(id: string, text: string): LotDefinition {
  const value: unknown = JSON.parse(text);
  const { format } = value as { readonly format?: unknown };
  if (format !== 1)
    throw new BootctlError('fleet-newer', `Lot ${id} has a definition of format ${format}, and this bootctl knows 1`);
  return definitionSchema.parse(value);
}

const unverified = (id: string, why: string): BootctlError =>
  new BootctlError('lot-unverified', `Lot ${id} is not run: ${why}`);

/**
 * The text of a jig.yaml that makes this lot at this station, in JSON, which is YAML. `station` is the station's own jig.yaml, parsed
 * and not checked, and `folder` where that lies. Its profile is the file `<name>.yaml` of `definition.profile`.
 */
export function mergedJig(
  station: Readonly<Record<string, unknown>>,
  definition: LotDefinition,
  folder: string,
): string {
  const { fleet: _, records = 'records.db', slots, hold, ...own } = station;
  const {
    format: _format,
    id,
    quantity,
    leaseSeconds: _lease,
    profile,
    images,
    programs: _programs,
    ...made
  } = definition;
  const kept = Object.entries(own).filter(([key]) => !ofTheLot.includes(key));
  const merged = {
    ...Object.fromEntries(kept),
    ...(typeof records === 'string' ? { records: resolve(folder, records) } : { records }),
    ...(slots === undefined ? {} : { slots: withoutProfiles(slots) }),
    ...{ lot: id, quantity, profile: `./${profile.name}.yaml` },
    image: images.map(({ name, address }) => (address === undefined ? name : `${name}@${address}`)),
    ...made,
    ...(hold === undefined && made.hold === undefined ? {} : { hold: { ...(hold as object), ...made.hold } }),
  };
  return `${JSON.stringify(merged, null, 2)}\n`;
}

/** A slot may have a profile of its own in a jig.yaml; in a lot there is one. What is no mapping is left for the schema to refuse. */
const withoutProfiles = (slots: unknown): unknown =>
  isMapping(slots)
    ? Object.fromEntries(
        Object.entries(slots).map(([name, slot]) => {
          if (!isMapping(slot)) return [name, slot];
          const { profile: _, ...places } = slot;
          return [name, places];
        }),
      )
    : slots;

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
