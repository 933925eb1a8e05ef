import type { Alarm, StationEvent, StationView } from '../jig/station-view.ts';
import type { ProgressEvent } from '../ops/job/events.ts';

/** Something that a job reported, `t` ms after an arbitrary start of its own. */
export interface TimedProgress {
  readonly t: number;
  readonly progress: ProgressEvent;
}

/** What the last run of a slot has reported, the oldest first. */
export interface SlotLog {
  readonly run: string;
  readonly events: readonly TimedProgress[];
}

/** All that a page shows. The server keeps it, and a page that connects gets it whole. */
export interface PageState {
  readonly view: StationView;
  readonly logs: Readonly<Record<string, SlotLog>>;
  /** The newest first. */
  readonly alarms: readonly Alarm[];
}

/** A station's event as it goes to the page. */
export type PageEvent = StationEvent & { readonly t: number };

/** `life`: of the server; a page that has been loaded from another loads again. `desk`: what is done is chosen at the page. */
export type PageMessage =
  | { readonly event: 'state'; readonly life: string; readonly desk: boolean; readonly state: PageState }
  | PageEvent;

/** More of a run is not kept: the oldest entries go first. */
const longestLog = 300;
const mostRuns = 20;
const mostAlarms = 5;

export const firstState = (view: StationView): PageState => ({ view, logs: {}, alarms: [] });

/** The state after a message; the same everywhere, so that a reload changes nothing. */
export function after(state: PageState, message: PageMessage): PageState {
  switch (message.event) {
    case 'state':
      return message.state;
    case 'station':
      return { ...state, view: message.view };
    case 'slot': {
      const slots = state.view.slots.map((slot) => (slot.name === message.slot.name ? message.slot : slot));
      return { ...state, view: { ...state.view, slots } };
    }
    case 'run': {
      const others = state.view.lastRuns.filter(({ run }) => run !== message.run.run);
      const lastRuns = [message.run, ...others].slice(0, mostRuns);
      return { ...state, view: { ...state.view, lastRuns, counts: message.counts } };
    }
    case 'progress':
      if (message.progress.event === 'phase.progress') return state;
      return { ...state, logs: { ...state.logs, [message.slot]: logAfter(state.logs[message.slot], message) } };
    case 'cleared':
      return {
        ...state,
        alarms: state.alarms.filter(({ slot }) => message.slot !== undefined && slot !== message.slot),
      };
    case 'alarm': {
      const { slot, message: text, hint, reason } = message;
      return { ...state, alarms: [{ slot, message: text, hint, reason }, ...state.alarms].slice(0, mostAlarms) };
    }
  }
}

function logAfter(
  log: SlotLog | undefined,
  { run, t, at = t, progress }: PageEvent & { readonly event: 'progress' },
): SlotLog {
  const before = log?.run === run ? log.events : [];
  return { run, events: [...before, { t: at, progress }].slice(-longestLog) };
}
