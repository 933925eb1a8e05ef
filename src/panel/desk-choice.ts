/** What a person at a desk chooses instead of a jig.yaml. */
export interface DeskChoice {
  /** Id of a profile, or a file. */
  readonly profile: string;
  /** Of the adapter; found by the profile where none is chosen. */
  readonly port: string | undefined;
  /** `FILE` or `FILE@ADDRESS`; without one the target stays in its bootloader. */
  readonly images: readonly string[];
}

/** What there is to choose from, and what is chosen already. */
export interface DeskChoices {
  readonly profiles: readonly string[];
  readonly adapters: readonly { readonly port: string; readonly text: string }[];
  readonly chosen: Partial<DeskChoice>;
}
