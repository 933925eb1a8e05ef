/** A GPIO chip of the host, as its kernel lists it. */
export interface GpioChipInfo {
  /** Device node, such as `/dev/gpiochip0`. */
  readonly path: string;
  /** Such as `gpiochip0`. */
  readonly name: string;
  /** What its driver calls it, such as `pinctrl-bcm2711`; may be empty. */
  readonly label: string;
  /** How many lines it has. */
  readonly lines: number;
}

/** A line that is wanted as an output. */
export interface GpioOutput {
  readonly offset: number;
  /** Its level from the request on, and again before it is given back. */
  readonly idle: 0 | 1;
  /** It only pulls down; at 1 the line is let go. */
  readonly isOpenDrain: boolean;
}

/** The GPIO lines of a host. */
export interface GpioChips {
  /** Chips that this user can see. */
  list(): Promise<readonly GpioChipInfo[]>;
  /**
   * Takes lines of one chip, in one request, at their idle levels. `chip` is a name, a path or a label.
   * @throws BootctlError `gpio-missing`, `gpio-busy`, `gpio-denied`, `gpio-unavailable`, `gpio-failed`
   */
  open(chip: string, outputs: readonly GpioOutput[]): Promise<GpioLines>;
  /** Why `open` would be refused now, without taking or moving a line. @throws BootctlError as `open` */
  check(chip: string, outputs: readonly GpioOutput[]): Promise<void>;
}

/** Lines of one chip that this program holds. Disposing gives them back; what the pins do then is the chip's choice. */
export interface GpioLines extends AsyncDisposable {
  /** Puts all lines at these levels by one call, in the order in which they were taken. @throws BootctlError `gpio-failed` */
  set(levels: readonly (0 | 1)[]): Promise<void>;
}
