import type { Milliseconds } from '../base/units.ts';
import type { StationHandle } from '../jig/station-view.ts';
import { isLead } from './access.ts';
import { type Answering, end, json, longestBody, textOf } from './answers.ts';
import { type Desk, deskRoutes } from './desk.ts';
import { limitRate, needsLead, type Rate, readRequest, refusal, rememberAnswers } from './requests.ts';
import { type PageServer, type Panel, servePage } from './serve-page.ts';
import { createStationStreams } from './station-streams.ts';

export type { Panel } from './serve-page.ts';

/** What a page is shown of, and to whom. */
export interface PanelOptions extends PageServer {
  readonly station: StationHandle;
  /** Without a jig.yaml: what is done is chosen at the page. */
  readonly desk?: Desk;
}

/** Of one server: a scanner with a stuck key must not fill the records. */
const mostRequests = 40;
const requestWindow: Milliseconds = 1_000;

/** Serves the page of a station until it is disposed of. @throws BootctlError those of `servePage` */
export function servePanel(options: PanelOptions): Promise<Panel> {
  const { station, clock, desk } = options;
  return servePage(options, {
    name: 'page',
    streams: (life) => createStationStreams(station, clock, { life, desk: desk !== undefined }),
    routes: (guesses) => ({
      'POST /request': takeRequest(options, guesses),
      ...(desk ? deskRoutes(desk) : {}),
    }),
  });
}

function takeRequest(options: PanelOptions, guesses: Rate): Answering {
  const { station, host, clock } = options;
  const rate = limitRate(mostRequests, requestWindow, clock.now);
  const remembered = rememberAnswers();
  return async (request, response) => {
    if (request.headers['content-type'] !== 'application/json') return end(response, 415, 'JSON is needed.');
    if (rate.isFull()) return end(response, 429, 'Too many requests.');
    rate.count();
    const asked = readRequest(await textOf(request, longestBody));
    if (!asked) return end(response, 400, 'That is no request.');
    if (needsLead(asked.request)) {
      if (guesses.isFull()) return end(response, 429, 'Too many guesses: wait a minute.');
      if (!isLead(asked.lead, options, host)) {
        guesses.count();
        return json(
          response,
          200,
          refusal({ code: 'lead-needed' }, 'lead-needed', 'Only the lead may do that', "Scan the lead's badge."),
        );
      }
    }
    json(
      response,
      200,
      remembered(asked.request.id, () => station.request(asked.request)),
    );
  };
}
