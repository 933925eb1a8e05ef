import { html, type TemplateResult } from 'lit';
import { isLanguage, type Language, languageOf, type Say, sayIn } from '../words/words.ts';

/** What a person has chosen at this address before, else what the browser asks for. */
export function firstLanguage(): Language {
  const kept = localStorage.getItem('language') ?? '';
  return isLanguage(kept) ? kept : languageOf(navigator.languages);
}

export const keepLanguage = (language: Language): void => localStorage.setItem('language', language);

/** A button for each language, in that language. */
export const languageButtons = (say: Say, chosen: Language, choose: (language: Language) => void): TemplateResult =>
  html`<span role="group" aria-label=${say('languages.title')}>${(['en', 'de', 'zh'] as const).map(
    (one) =>
      html`<button type="button" lang=${one} aria-pressed=${one === chosen} @click=${() => choose(one)}>${sayIn(one)('language')}</button>`,
  )}</span>`;

/** How dates and numbers are written: as this person's browser has it, where it speaks the language that was chosen. */
export const localeOf = (language: Language): string =>
  navigator.languages.find((one) => one.toLowerCase().startsWith(language)) ?? language;
