import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from '../jig/plan/page-address.ts';

/** Who may come in. */
export interface Access {
  /** Needed of everybody; undefined on the loopback address only. */
  readonly token: string | undefined;
  /** PIN or badge of the lead; without one, everybody at a loopback address is lead, and nobody elsewhere. */
  readonly lead: string | undefined;
}

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * True for a request that was addressed to this server by an address or by a name of its own: a name that somebody else has made
 * to point here (DNS rebinding) is refused.
 */
export function isOwnHost(request: IncomingMessage, listen: string, ownNames: readonly string[]): boolean {
  const name = /^(\[[\da-f:.]+\]|[^:]+)(?::\d+)?$/i.exec(request.headers.host ?? '')?.[1]?.toLowerCase();
  if (name === undefined) return false;
  if (loopbackNames.has(name)) return true;
  const isAddress = isIP(name.replace(/^\[|\]$/g, '')) !== 0;
  return !isLoopback(listen) && (isAddress || ownNames.includes(name));
}

/** A browser names the page that asks: it has to be this one. What is no browser, and changes nothing, names none. */
export function isOwnOrigin({ headers, method }: IncomingMessage): boolean {
  const { origin, host } = headers;
  if (origin !== undefined) return origin === `http://${host}`;
  const site = headers['sec-fetch-site'];
  return method === 'GET' && (site === undefined || site === 'same-origin' || site === 'none');
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares in the same time whatever differs. */
export const isSecret = (given: string, secret: string): boolean => timingSafeEqual(digest(given), digest(secret));

const cookieName = 'bootctl';

/** What a browser keeps of the token: nothing else knows it, and it ends with this server. */
export const createPass = (): string => randomBytes(24).toString('base64url');

export const passCookie = (pass: string): string => `${cookieName}=${pass}; HttpOnly; SameSite=Strict; Path=/`;

/** True where no token is needed, or the request shows it, or the pass that was given for it. */
export function mayEnter({ headers }: IncomingMessage, token: string | undefined, pass: string): boolean {
  if (token === undefined) return true;
  const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return isSecret(bearer, token);
  const cookies = (headers.cookie ?? '').split('; ').map((one) => one.split('='));
  return cookies.some(([name, value]) => name === cookieName && isSecret(value ?? '', pass));
}

/** True where this is the lead, at least as far as anybody can tell. */
export function isLead(given: string | undefined, { lead }: Access, listen: string): boolean {
  if (lead === undefined) return isLoopback(listen);
  return given !== undefined && isSecret(given, lead);
}
