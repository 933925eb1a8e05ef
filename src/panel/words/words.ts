import { de } from './de.ts';
import { en, type WordKey, type Words } from './en.ts';
import { zh } from './zh.ts';

export type { WordKey, Words } from './en.ts';

export const languages = { en, de, zh } as const satisfies Record<string, Words>;

export type Language = keyof typeof languages;

export const isLanguage = (name: string): name is Language => Object.hasOwn(languages, name);

/** The first of these languages (`de-AT`, `zh-CN`, …) that the page speaks. */
export const languageOf = (wanted: readonly string[]): Language =>
  wanted.map((one) => one.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'en';

/** A text with its `{names}` filled in. */
export type Say = (key: WordKey, values?: Readonly<Record<string, string | number>>) => string;

export const sayIn =
  (language: Language): Say =>
  (key, values = {}) =>
    languages[language][key].replace(/\{([\w-]+)\}/g, (whole, name: string) => String(values[name] ?? whole));
