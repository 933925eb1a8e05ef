import { html, nothing, type TemplateResult } from 'lit';
import type { SlotDrift } from '../../../fleet/live/fleet-view.ts';
import { PageElement } from '../page-element.ts';

/** The hold margins of all slots, those that run towards their limit first. */
export class DriftTable extends PageElement {
  static override properties = {
    ...PageElement.properties,
    drifts: { attribute: false },
    locale: { attribute: false },
  };
  declare drifts: readonly SlotDrift[];
  declare locale: string;

  protected override render(): TemplateResult | typeof nothing {
    const { say, drifts } = this;
    if (drifts.length === 0) return nothing;
    const heads = ['fleet.station', 'lead.slot', 'fleet.margin', 'fleet.drift', 'fleet.crosses'] as const;
    const rows = [...drifts].sort((one, other) => Number(other.isAlarm) - Number(one.isAlarm));
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
