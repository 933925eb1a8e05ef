import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers one request, after it was decided that it may be answered. */
export type Answering = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** The body; undefined for more than `longest` bytes, of which the rest is not read. */
export async function bytesOf(request: IncomingMessage, longest: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longest) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Of a request that is no file. */
export const longestBody = 16_384;

/** The same as text; empty for a body that is too long. */
export const textOf = async (request: IncomingMessage, longest: number): Promise<string> =>
  (await bytesOf(request, longest))?.toString('utf8') ?? '';

export const json = (response: ServerResponse, status: number, value: unknown): void => {
  response.setHeader('content-type', 'application/json').writeHead(status).end(JSON.stringify(value));
};

export const end = (response: ServerResponse, status: number, text: string): void => {
  response.setHeader('content-type', 'text/plain; charset=utf-8').writeHead(status).end(`${text}\n`);
};
