import type { Found } from './check-fleet.ts';

export interface CampaignOptions {
  /** Good units that the lot has. */
  readonly units: number;
  readonly stations: number;
  readonly slots: number;
  readonly seed: number;
  /** So long the station with the wrong clock works without its network, and the two of one name beside each other. */
  readonly alone: number;
  /** Between two blows. */
  readonly calm: { readonly least: number; readonly most: number };
  readonly say: (line: string) => void;
  /** Aborted: what was made until then is looked at. */
  readonly enough?: AbortSignal;
  /** The folder stays. */
  readonly keep?: boolean;
}

export interface CampaignEnd extends Found {
  readonly folder: string;
  /** How often each kind of blow has hit. */
  readonly blows: Readonly<Record<string, number>>;
  /** Why stations were held, in their words. */
  readonly holds: readonly string[];
  readonly seconds: number;
}
