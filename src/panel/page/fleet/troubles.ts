import { html, nothing, type TemplateResult } from 'lit';
import type { FleetView, SlotDrift } from '../../../fleet/live/fleet-view.ts';
import { PageElement } from '../page-element.ts';

/** What a person has to look at: alarms, records that were put aside, and hold margins that move. */
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
      ${list(
        say('alarms.title'),
        view.alarms.map(({ at: time, station, lot, why }) =>
          [at.format(time), station, lot, why].filter((one) => one !== undefined).join(' · '),
        ),
      )}
      ${list(
        say('fleet.quarantine', { count }),
        newest.map(({ at: time, station, seq, why }) => [at.format(time), `${station} ${seq}`, why].join(' · ')),
      )}
      ${view.drifts.length === 0 ? nothing : this.drifts()}`;
  }

  private drifts(): TemplateResult {
    const { say } = this;
    const heads = ['fleet.station', 'lead.slot', 'fleet.margin', 'fleet.drift', 'fleet.crosses'] as const;
    const rows = [...this.view.drifts].sort((one, other) => Number(other.isAlarm) - Number(one.isAlarm));
    return html`<section aria-labelledby="drifts">
      <h2 id="drifts">${say('fleet.drifts')}</h2>
      <div class="scroll" tabindex="0" role="group" aria-labelledby="drifts"><table>
        <thead><tr>${heads.map((head) => html`<th scope="col">${say(head)}</th>`)}</tr></thead>
        <tbody>${rows.map((row) => this.driftOf(row))}</tbody>
      </table></div>
    </section>`;
  }

  private driftOf({ station, slot, mean, perHundredRuns, crossesIn, isAlarm }: SlotDrift): TemplateResult {
    const number = new Intl.NumberFormat(this.locale, { maximumFractionDigits: 2 });
    const shown = (value: number | undefined) => (value === undefined ? '–' : number.format(value));
    return html`<tr class=${isAlarm ? 'bad' : ''}>
      <td>${station}</td><td>${slot}</td><td>${shown(mean)}</td><td>${shown(perHundredRuns)}</td><td>${shown(crossesIn)}</td>
    </tr>`;
  }
}

const list = (title: string, lines: readonly string[]): TemplateResult | typeof nothing =>
  lines.length === 0
    ? nothing
    : html`<section class="notes"><h2>${title}</h2><ul>${lines.map((line) => html`<li>${line}</li>`)}</ul></section>`;
