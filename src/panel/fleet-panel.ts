import type { FleetHandle } from '../fleet/live/fleet-view.ts';
import type { FleetMessage } from './fleet-message.ts';
import { type PageServer, type Panel, servePage } from './serve-page.ts';
import { createStory, createStreams, type Streams } from './streams.ts';

export interface FleetPanelOptions extends PageServer {
  readonly fleet: FleetHandle;
}

/** Serves the page of a fleet, which only shows, until it is disposed of. @throws BootctlError those of `servePage` */
export function serveFleet(options: FleetPanelOptions): Promise<Panel> {
  return servePage(options, {
    name: 'fleet-page',
    streams: (life) => createFleetStreams(options, life),
    routes: () => ({}),
  });
}

function createFleetStreams({ fleet, clock }: FleetPanelOptions, life: string): Streams {
  const story = createStory<FleetMessage>(life, () => ({ event: 'state', life, view: fleet.view() }));
  const streams = createStreams(clock, story);
  const unsubscribe = fleet.subscribe((change) => streams.write(story.add({ event: 'change', change })));
  return {
    add: streams.add,
    [Symbol.dispose]() {
      unsubscribe();
      streams[Symbol.dispose]();
    },
  };
}
