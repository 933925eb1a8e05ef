import type { Milliseconds } from '../../base/units.ts';
import type { StationAnswer, StationRequest } from '../../jig/station-view.ts';
import type { DeskChoice, DeskChoices } from '../desk-choice.ts';

/** `full`: the server shows as many pages as it does at once. */
export type Connection = 'live' | 'lost' | 'full';

/** The server is heard every 500 ms at least. */
const longestSilence: Milliseconds = 1_600;
const answerTimeout: Milliseconds = 3_000;
const reloadDelay: Milliseconds = 1_000;

export interface Listener<Message> {
  readonly onMessage: (message: Message) => void;
  readonly onConnection: (connection: Connection) => void;
}

/** Hears the server, for as long as the page lives: EventSource connects again by itself. */
export function listen<Message>({ onMessage, onConnection }: Listener<Message>): void {
  const source = new EventSource('/events');
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => onConnection('lost'), longestSilence);
    onConnection('live');
  };
  source.onmessage = ({ data }) => {
    heard();
    onMessage(JSON.parse(data));
  };
  source.addEventListener('beat', heard);
  source.addEventListener('full', () => {
    clearTimeout(timer);
    onConnection('full');
  });
  source.onerror = () => {
    clearTimeout(timer);
    onConnection('lost');
    // The server answers, and no longer lets this page in: it has another token.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), reloadDelay);
  };
}

type Given<R> = R extends unknown ? Omit<R, 'id'> & { readonly lead?: string } : never;

/** Asks the station; undefined where no answer came. Asked twice with one id, which is one request. */
export function ask(request: Given<StationRequest>): Promise<StationAnswer | undefined> {
  const send = post('/request', { ...request, id: newId() });
  return send()
    .catch(send)
    .catch(() => undefined);
}

const post =
  (path: string, body: object): (() => Promise<StationAnswer>) =>
  () =>
    answerOf(
      fetch(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(answerTimeout),
      }),
    );

async function answerOf<Answer extends object = StationAnswer>(
  answered: Promise<Response>,
): Promise<Answer | (StationAnswer & { readonly ok: false })> {
  const response = await answered;
  if (response.ok) return response.json();
  return { ok: false, code: String(response.status), message: (await response.text()).trim(), hint: '' };
}

/** What a desk has to choose from. */
export const deskChoices = async (): Promise<DeskChoices> => (await fetch('/desk')).json();

export const startDesk = (choice: DeskChoice): Promise<StationAnswer> => post('/desk/start', choice)();

/** Brings a file of this browser to the computer of the boards. */
export const sendImage = (file: File) =>
  answerOf<{ readonly ok: true; readonly path: string }>(
    fetch(`/desk/image?name=${encodeURIComponent(file.name)}`, { method: 'POST', body: file }),
  );

/** Unlike crypto.randomUUID, this is there on a page without TLS as well. */
const newId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
