// Runs before the first paint, so that a dark room never sees a white flash and a screen reader hears the right language.
(() => {
  const root = document.documentElement;
  try {
    const { theme, language } = JSON.parse(localStorage.getItem('linka') ?? '{}');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    if (language === 'en' || language === 'uk') root.lang = language;
  } catch {
    // Without storage the page is Czech and as bright as the system.
  }
})();
