import { html, nothing, type TemplateResult } from 'lit';
import { isAlarmCode } from '../../../fleet/alarm-remedies.ts';
import type { FleetView } from '../../../fleet/live/fleet-view.ts';
import { PageElement } from '../page-element.ts';

/** What a person has to look at: alarms, hold margins that run towards their limits, and records that were put aside. */
export class FleetTroubles extends PageElement {
  static override properties = {
    ...PageElement.properties,
    view: { attribute: false },
    locale: { attribute: false },
  };
  declare view: FleetView;
  declare locale: string;

  protected override render(): TemplateResult {
    const { say, view } = this;
    const at = new Intl.DateTimeFormat(this.locale, { dateStyle: 'short', timeStyle: 'medium' });
    const { count, newest } = view.quarantine;
    return html`
      ${list(say('alarms.title'), [
        ...view.alarms.map(({ at: time, station, lot, code, why }) =>
          [at.format(time), station, lot, why, isAlarmCode(code) ? say(`alarm.${code}`) : undefined]
            .filter((one) => one !== undefined)
            .join(' · '),
        ),
        ...view.drifts
          .filter(({ isAlarm }) => isAlarm)
          .map(({ station, slot, crossesIn = 0 }) => say('fleet.drifts-away', { station, slot, runs: crossesIn })),
      ])}
      ${list(
        say('fleet.quarantine', { count }),
        newest.map(({ at: time, station, seq, why }) => [at.format(time), `${station} ${seq}`, why].join(' · ')),
      )}`;
  }
}

const list = (title: string, lines: readonly string[]): TemplateResult | typeof nothing =>
  lines.length === 0
    ? nothing
    : html`<section class="notes"><h2>${title}</h2><ul>${lines.map((line) => html`<li>${line}</li>`)}</ul></section>`;
