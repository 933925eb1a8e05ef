import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BootctlError } from '../base/errors.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Clock } from '../bench/clock.ts';
import { isLoopback } from '../jig/plan/page-address.ts';
import { type Access, createPass, isOwnHost, isOwnOrigin, isSecret, mayEnter, passCookie } from './access.ts';
import { type Answering, end, longestBody, textOf } from './answers.ts';
import { type PageFiles, type PageName, pageFiles } from './page-files.ts';
import { limitRate, type Rate } from './requests.ts';
import type { Streams } from './streams.ts';

/** Where a page is, and who may see it. */
export interface PageServer extends Access {
  readonly clock: Clock;
  /** An address of this computer; any other than loopback needs a token. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Names under which this computer is reached over the network, in lower case. */
  readonly ownNames: readonly string[];
}

/** What is on it. */
export interface PageContent {
  readonly name: PageName;
  /** `life`: of the server, another one after each start. */
  readonly streams: (life: string) => Streams;
  /** What it answers beside its files and its stream; `guesses` counts wrong secrets of anybody. */
  readonly routes: (guesses: Rate) => Routes;
}

/** By method and path. */
export type Routes = Readonly<Record<string, Answering>>;

/** A page that is being served. */
export interface Panel extends AsyncDisposable {
  /** Where a browser finds it. */
  readonly address: string;
}

/** Wrong tokens, PINs and badges of anybody. */
const mostGuesses = 10;
const guessWindow: Milliseconds = 60_000;

const headers: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; " +
    "require-trusted-types-for 'script'; trusted-types lit-html",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=()',
  'cache-control': 'no-store',
};

/**
 * Serves a page until it is disposed of.
 * @throws BootctlError `usage` for an open address without a token, `page-unreachable` where nobody can listen there
 */
export async function servePage(options: PageServer, content: PageContent): Promise<Panel> {
  const { host, port, token } = options;
  if (!isLoopback(host) && token === undefined)
    throw new BootctlError('usage', `A page at ${host} is open to the whole network`, {
      hint: 'Give it a token, or let it listen on 127.0.0.1.',
    });
  const pass = createPass();
  const streams = content.streams(pass.slice(0, 8).replaceAll('-', '_'));
  const routes = routesOf(options, content, pass, streams.add);
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    Promise.resolve(answer(options, routes, pass, request, response)).catch(() => response.destroy());
  });
  await listen(server, host, port);
  const { port: taken } = server.address() as AddressInfo;
  return {
    address: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/`,
    async [Symbol.asyncDispose]() {
      streams[Symbol.dispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(
  { host, ownNames, token }: PageServer,
  routes: Routes,
  pass: string,
  request: IncomingMessage,
  response: ServerResponse,
): void | Promise<void> {
  const path = (request.url ?? '').split('?')[0]!;
  if (!isOwnHost(request, host, ownNames)) return end(response, 421, 'This server has another name.');
  if (!isOwnOrigin(request)) return end(response, 403, 'Another page has asked.');
  const route = Object.hasOwn(routes, `${request.method} ${path}`) ? routes[`${request.method} ${path}`]! : undefined;
  const isPublic = path === '/enter' || path === '/page.css' || path === '/icon.svg';
  if (!isPublic && !mayEnter(request, token, pass)) {
    if (path !== '/') return end(response, 401, 'A token is needed.');
    return routes['GET /enter']!(request, response);
  }
  return route ? route(request, response) : end(response, 404, 'There is nothing here.');
}

function routesOf(options: PageServer, { name, routes }: PageContent, pass: string, addStream: Streams['add']): Routes {
  const files = pageFiles(name);
  const guesses = limitRate(mostGuesses, guessWindow, options.clock.now);
  const file =
    (name: keyof PageFiles, status = 200): Answering =>
    (_, response) => {
      const { type, bytes } = files[name];
      response.setHeader('content-type', type).writeHead(status).end(bytes);
    };
  return {
    'GET /': file('index.html'),
    'GET /page.js': file('page.js'),
    'GET /page.css': file('page.css'),
    'GET /icon.svg': file('icon.svg'),
    'GET /enter': file('enter.html', 401),
    'GET /events': ({ headers }, response) => addStream(response, headers['last-event-id']?.toString()),
    'POST /enter': async (request, response) => {
      const body = await textOf(request, longestBody);
      if (guesses.isFull()) return end(response, 429, 'Too many guesses: wait a minute.');
      const given = new URLSearchParams(body).get('token') ?? '';
      if (options.token !== undefined && isSecret(given, options.token))
        response.setHeader('set-cookie', passCookie(pass));
      else guesses.count();
      response.setHeader('location', '/').writeHead(303).end();
    },
    ...routes(guesses),
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  }).catch((cause: NodeJS.ErrnoException) => {
    throw new BootctlError('page-unreachable', `No page at ${host}:${port}: ${cause.code}`, { cause });
  });
}
