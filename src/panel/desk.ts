import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { StationAnswer } from '../jig/station-view.ts';
import { type Answering, bytesOf, end, json } from './answers.ts';
import type { DeskChoice, DeskChoices } from './desk-choice.ts';
import { jsonOf, refusal } from './requests.ts';

/** A station with one slot and no jig.yaml: `bootctl ui`. */
export interface Desk {
  choices(): Promise<DeskChoices>;
  start(choice: DeskChoice): StationAnswer;
  /** Keeps a file that the browser has sent until the page is closed. Resolves with its path. */
  keepImage(name: string, bytes: Uint8Array): Promise<string>;
}

/** No STM32 has as much flash; an ELF file with all its debug information may be that large. */
const longestImage = 64 * 1024 * 1024;
const longestChoice = 16_384;

const path = z.string().min(1).max(4_096);
const deskChoice = z.strictObject({ profile: path, port: path.optional(), images: z.array(path).max(16) });

/** What the page of a desk asks for, beside what every page does. */
export const deskRoutes = (desk: Desk): Readonly<Record<string, Answering>> => ({
  'GET /desk': async (_, response) => json(response, 200, await desk.choices()),
  'POST /desk/start': async (request, response) => {
    if (request.headers['content-type'] !== 'application/json') return end(response, 415, 'JSON is needed.');
    const body = await bytesOf(request, longestChoice);
    const { success, data } = deskChoice.safeParse(jsonOf(body?.toString('utf8') ?? ''));
    if (!success) return end(response, 400, 'That is no choice.');
    json(response, 200, desk.start({ ...data, port: data.port }));
  },
  'POST /desk/image': async (request, response) => {
    const bytes = await bytesOf(request, longestImage);
    if (!bytes)
      return json(
        response,
        200,
        refusal({ code: 'file-too-large' }, 'image-too-large', 'The file is too large', 'Is it the right one?'),
      );
    json(response, 200, { ok: true, path: await desk.keepImage(nameIn(request), bytes) });
  },
});

/** Of a path nothing but its last part, and of that nothing but what is a name everywhere. */
function nameIn({ url = '' }: IncomingMessage): string {
  const name = new URL(url, 'http://localhost').searchParams.get('name') ?? '';
  const plain = name
    .split(/[/\\]/)
    .at(-1)!
    .replace(/[^\w.-]/g, '_');
  return /^[.]*$/.test(plain) ? 'image' : plain.slice(-100);
}
