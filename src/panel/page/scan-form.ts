import { html, type TemplateResult } from 'lit';
import { PageElement } from './page-element.ts';

/**
 * The field for labels. A scanner is a keyboard that ends with Enter: letters go here wherever the focus is, at any speed, but
 * for the form of the lead.
 */
export class ScanForm extends PageElement {
  static override properties = {
    ...PageElement.properties,
    note: { attribute: false },
    isBad: { attribute: false },
  };
  /** What is said of the last code. */
  declare note: string;
  declare isBad: boolean;

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key.length !== 1 || event.ctrlKey || event.altKey || event.metaKey) return;
    const { activeElement } = document;
    if (activeElement?.closest('form.lead')) return;
    // A space presses what has the focus.
    if (event.key === ' ' && activeElement?.matches('button, select, summary')) return;
    this.field.focus();
  };

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('keydown', this.onKey, true);
  }

  override disconnectedCallback(): void {
    removeEventListener('keydown', this.onKey, true);
    super.disconnectedCallback();
  }

  protected override firstUpdated(): void {
    this.field.focus();
  }

  private get field(): HTMLInputElement {
    return this.querySelector('input')!;
  }

  private readonly take = (event: Event): void => {
    event.preventDefault();
    const code = this.field.value.trim();
    this.field.value = '';
    this.dispatchEvent(new CustomEvent('scanned', { detail: code }));
  };

  protected override render(): TemplateResult {
    return html`
      <form class="scan" @submit=${this.take}>
        <label>${this.say('scan.label')} <input name="code" autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="256" /></label>
        <output class=${this.isBad ? 'bad' : ''}>${this.note}</output>
      </form>`;
  }
}
