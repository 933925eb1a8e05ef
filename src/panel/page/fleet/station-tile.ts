import { html, nothing, type TemplateResult } from 'lit';
import type { FleetSlot, FleetStation } from '../../../fleet/live/fleet-view.ts';
import { toldReasonIn } from '../../words/reasons.ts';
import { PageElement } from '../page-element.ts';
import { sign } from '../signs.ts';
import { shownSlot, shownStation, stationShapes } from './shown-station.ts';

/** A clock that is off by more is shown. */
const clockTolerance = 2_000;

/** One station: how it is by a sign, a word and a border, its slots, and what has not arrived. */
export class StationTile extends PageElement {
  static override properties = {
    ...PageElement.properties,
    station: { attribute: false },
    locale: { attribute: false },
  };
  declare station: FleetStation;
  declare locale: string;

  protected override render(): TemplateResult {
    const { station, say } = this;
    const shown = shownStation(station);
    return html`
      <article class="station" data-station=${shown}>
        <h3>${station.name}</h3>
        <p class="how">
          <svg class="sign" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${stationShapes[shown]}</svg>
          <strong>${say(`how.${shown}`)}</strong>
        </p>
        ${station.lot === undefined ? nothing : html`<p>${say('lot')} <b>${station.lot}</b></p>`}
        ${station.slots.length === 0 ? nothing : html`<ul class="slots">${station.slots.map((one) => this.slotOf(one))}</ul>`}
        ${this.notes().map((note) => html`<p class="note">${note}</p>`)}
        <p class="detail">${say('fleet.received', { count: this.number(station.received) })}${station.version === undefined ? nothing : ` · ${station.version}`}</p>
      </article>`;
  }

  private slotOf(slot: FleetSlot): TemplateResult {
    const shown = shownSlot(slot);
    const { name, code, serial } = slot;
    const more = [serial, code].filter((one) => one !== undefined).join(' · ');
    return html`<li data-shown=${shown}>${sign(shown)}<b>${name}</b> ${this.say(`word.${shown}`)}${more === '' ? nothing : html` <small>${more}</small>`}</li>`;
  }

  /** What somebody has to know. */
  private notes(): readonly string[] {
    const { say, station } = this;
    const heldBy = toldReasonIn(say, station.heldReason) ?? station.heldBy;
    const { isConnected, lastHeard, unsent, clockOffset } = station;
    const at = new Intl.DateTimeFormat(this.locale, { dateStyle: 'short', timeStyle: 'medium' });
    return [
      heldBy === undefined ? [] : say('station.why', { why: heldBy }),
      isConnected || lastHeard === undefined ? [] : say('fleet.since', { time: at.format(lastHeard) }),
      unsent === 0 ? [] : say('fleet.unsent', { count: this.number(unsent) }),
      clockOffset === undefined || Math.abs(clockOffset) <= clockTolerance
        ? []
        : say('fleet.clock', { seconds: this.number(clockOffset / 1_000) }),
    ].flat();
  }

  private number(value: number): string {
    return new Intl.NumberFormat(this.locale).format(value);
  }
}
