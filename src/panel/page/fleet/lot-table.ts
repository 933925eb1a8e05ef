import { html, nothing, type TemplateResult } from 'lit';
import type { FleetLot } from '../../../fleet/live/fleet-view.ts';
import { PageElement } from '../page-element.ts';

/** The lots: how many are made, and how well. */
export class LotTable extends PageElement {
  static override properties = {
    ...PageElement.properties,
    lots: { attribute: false },
    locale: { attribute: false },
  };
  declare lots: readonly FleetLot[];
  declare locale: string;

  protected override render(): TemplateResult {
    const { say, lots } = this;
    return html`<section aria-labelledby="lots">
      <h2 id="lots">${say('fleet.lots')}</h2>
      ${lots.length === 0 ? html`<p>${say('fleet.no-lots')}</p>` : html`<div class="lots">${lots.map((lot) => this.lotOf(lot))}</div>`}
    </section>`;
  }

  private lotOf(lot: FleetLot): TemplateResult {
    const { say } = this;
    const { id, state, heldBy, quantity, good, allotted, units, firstPass, stations } = lot;
    const number = new Intl.NumberFormat(this.locale);
    return html`<article class="lot" data-lot=${state}>
      <h3>${id}</h3>
      <p><strong>${say(`lot-is.${state}`)}</strong>${heldBy === undefined ? nothing : html` · ${say('station.why', { why: heldBy })}`}</p>
      <p class="counts"><b>${say('count.passed', { count: number.format(good) })}</b> ${say('count.of', { quantity: number.format(quantity) })}</p>
      <progress max=${quantity} .value=${good} aria-label=${say('fleet.progress', { lot: id })}></progress>
      <p>${units === 0 ? nothing : `${say('fleet.yield', { percent: this.percent(good / units) })} · ${say('count.first', { percent: this.percent(firstPass / units) })} · `}${say('fleet.allotted', { count: number.format(allotted) })}</p>
      <p class="detail">${stations.join(', ')}</p>
    </article>`;
  }

  private percent(value: number): string {
    return new Intl.NumberFormat(this.locale, { style: 'percent', maximumFractionDigits: 1 }).format(value);
  }
}
