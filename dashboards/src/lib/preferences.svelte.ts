import { isLanguage, speak, type Language } from '../i18n/index.svelte';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'linka';

/** What somebody chose for this browser. It says nothing of anybody. */
class Preferences {
  language = $state<Language>('cs');
  theme = $state<Theme>('system');

  /** Takes in what was chosen before. */
  async restore(): Promise<void> {
    const kept = read();
    if (kept.theme === 'light' || kept.theme === 'dark') this.theme = kept.theme;
    await this.#speak(isLanguage(kept.language) ? kept.language : 'cs');
  }

  async setLanguage(language: Language): Promise<void> {
    await this.#speak(language);
    this.#keep();
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    this.#keep();
  }

  async #speak(language: Language): Promise<void> {
    await speak(language);
    this.language = language;
    document.documentElement.lang = language;
  }

  #keep(): void {
    try {
      localStorage.setItem(KEY, JSON.stringify({ language: this.language, theme: this.theme }));
    } catch {
      // A browser without storage asks again next time.
    }
  }
}

function read(): { language?: unknown; theme?: unknown } {
  try {
    return (JSON.parse(localStorage.getItem(KEY) ?? '{}') ?? {}) as object;
  } catch {
    return {};
  }
}

export const preferences = new Preferences();
