import type { ServerResponse } from 'node:http';
import type { Milliseconds } from '../base/units.ts';
import type { Clock } from '../bench/clock.ts';

/** A page that misses three of these is grey. */
const beatInterval: Milliseconds = 500;
/** A page that was away for longer gets the whole state. */
const mostKept = 500;
/** A page that takes nothing for so long is let go; it connects again. */
const mostUnsent = 1_000_000;
const mostStreams = 32;
/** A browser opens six connections to one host: one is left for requests. */
const mostOfOneAddress = 5;

/** The pages that look at one thing. */
export interface Streams extends Disposable {
  /** Answers with a stream of server-sent events; where there are too many, with one that says so and ends. */
  add(response: ServerResponse, lastEventId: string | undefined): void;
}

/** What has happened, as messages with numbers. */
export interface Story<Message> {
  /** The text of this message, which is kept for pages that were away. */
  add(message: Message): string;
  /** What a page has missed, or all that there is. */
  since(lastEventId: string | undefined): string;
}

interface Kept {
  readonly id: number;
  readonly text: string;
}

/** `life`: of the server, another one after each start; `whole`: the message with all that there is. */
export function createStory<Message>(life: string, whole: () => Message): Story<Message> {
  const kept: Kept[] = [];
  let lastId = 0;
  /** Undefined where what this page has seen is too long ago, or of another life of the server. */
  const missed = (lastEventId: string): readonly Kept[] | undefined => {
    const [ofLife, id] = lastEventId.split('-');
    const seen = Number(id);
    const isKnown = ofLife === life && Number.isInteger(seen) && seen <= lastId && seen >= lastId - kept.length;
    return isKnown ? kept.filter((one) => one.id > seen) : undefined;
  };
  return {
    add(message) {
      lastId += 1;
      const text = messageText(`${life}-${lastId}`, message);
      kept.push({ id: lastId, text });
      if (kept.length > mostKept) kept.shift();
      return text;
    },
    since(lastEventId = '') {
      const messages = missed(lastEventId);
      return messages ? messages.map(({ text }) => text).join('') : messageText(`${life}-${lastId}`, whole());
    },
  };
}

const messageText = (id: string, message: unknown): string => `id: ${id}\ndata: ${JSON.stringify(message)}\n\n`;

/** Streams that `write` a text to each page, with beats between. */
export function createStreams(
  clock: Clock,
  story: Pick<Story<never>, 'since'>,
): Streams & { readonly write: (text: string) => void } {
  const pages = new Set<ServerResponse>();
  const write = (text: string) => {
    for (const page of pages) {
      if (page.writableLength > mostUnsent) page.destroy();
      else page.write(text);
    }
  };
  const beatAll = () => {
    write('event: beat\ndata: 1\n\n');
    beat = clock.setTimeout(beatAll, beatInterval);
  };
  let beat = clock.setTimeout(beatAll, beatInterval);

  return {
    write,
    add(response, lastEventId) {
      const address = response.req.socket.remoteAddress;
      const ofAddress = [...pages].filter((page) => page.req.socket.remoteAddress === address);
      response.setHeader('content-type', 'text/event-stream; charset=utf-8').writeHead(200);
      if (pages.size >= mostStreams || ofAddress.length >= mostOfOneAddress) return void response.end(fullText);
      response.write(`retry: 500\n\n${story.since(lastEventId)}`);
      pages.add(response);
      response.on('close', () => pages.delete(response));
    },
    [Symbol.dispose]() {
      clock.clearTimeout(beat);
      for (const page of pages) page.destroy();
    },
  };
}

const fullText = 'retry: 3000\nevent: full\ndata: 1\n\n';
