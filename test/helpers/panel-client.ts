import { type IncomingMessage, request } from 'node:http';
import type { PageMessage } from '../../src/panel/page-state.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const send = (
  address: string,
  path: string,
  { method = 'GET', headers = {}, body }: Asking,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    // Not fetch: that sets Host and Origin itself.
    request(new URL(path, address), { method, headers, agent: false }, resolve).on('error', reject).end(body);
  });

/** One request, with the headers as given. */
export async function ask(address: string, path: string, asking: Asking = {}): Promise<Reply> {
  const response = await send(address, path, asking);
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

/** A request of the page itself. */
export const post = (address: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Reply> =>
  ask(address, '/request', {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(address).origin, ...headers },
    body: JSON.stringify(body),
  });

export interface ServerEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** The stream of a page, as a browser reads it. */
export interface OpenStream {
  /** The next event that is no beat, or with `beats` any; undefined at the end of the stream. */
  next(beats?: 'beats'): Promise<ServerEvent | undefined>;
  message(): Promise<PageMessage>;
  close(): void;
}

export async function openStream(address: string, headers: Readonly<Record<string, string>> = {}): Promise<OpenStream> {
  const response = await send(address, '/events', { headers });
  const blocks = blocksOf(response.setEncoding('utf8'));
  const stream: OpenStream = {
    async next(beats) {
      for (;;) {
        const { value, done } = await blocks.next();
        if (done) return undefined;
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(value)?.[1];
        const [event, data] = [field('event') ?? 'message', field('data')];
        if (data !== undefined && (event !== 'beat' || beats)) return { id: field('id'), event, data };
      }
    },
    message: async () => JSON.parse((await stream.next())!.data),
    close: () => response.destroy(),
  };
  return stream;
}

async function* blocksOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of chunks) {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop()!;
    yield* blocks;
  }
}
