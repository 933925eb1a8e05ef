import { html, type TemplateResult } from 'lit';
import { PageElement } from './page-element.ts';

export interface LeadRequest {
  readonly request: 'hold' | 'clear';
  readonly slot: string | undefined;
  readonly why: string;
  readonly lead: string;
}

/** Holds the station, or releases it or one slot: with the badge of the lead, which a scanner types. */
export class LeadForm extends PageElement {
  static override properties = { ...PageElement.properties, slots: { attribute: false } };
  declare slots: readonly string[];

  private readonly send = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const value = (name: string) => String(form.get(name) ?? '');
    const detail: LeadRequest = {
      request: value('request') === 'hold' ? 'hold' : 'clear',
      slot: value('slot') || undefined,
      why: value('why'),
      lead: value('lead'),
    };
    this.dispatchEvent(new CustomEvent('lead-request', { detail }));
  };

  private readonly close = (): void => {
    this.dispatchEvent(new CustomEvent('closed'));
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') this.close();
  };

  protected override firstUpdated(): void {
    this.querySelector('select')!.focus();
  }

  protected override render(): TemplateResult {
    const { say } = this;
    return html`<form class="lead" aria-label=${say('lead.title')} @submit=${this.send} @keydown=${this.onKey}>
      <label>${say('lead.title')}
        <select name="request">
          <option value="hold">${say('button.hold')}</option>
          <option value="clear">${say('button.clear')}</option>
        </select>
      </label>
      <label>${say('lead.slot')}
        <select name="slot">
          <option value="">${say('lead.all')}</option>
          ${this.slots.map((slot) => html`<option>${slot}</option>`)}
        </select>
      </label>
      <label>${say('lead.why')} <input name="why" autocomplete="off" required maxlength="200" /></label>
      <label>${say('lead.badge')} <input name="lead" type="password" autocomplete="off" maxlength="256" /></label>
      <button>${say('button.send')}</button>
      <button type="button" @click=${this.close}>${say('button.close')}</button>
    </form>`;
  }
}
