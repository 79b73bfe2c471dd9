/**
 * Keeps the focus of the keyboard in a part of the page: when what had it is gone, a heading has it, the one of what happens now before the page's own.
 * (WCAG 2.4.3)
 */
export function keepFocus(part: HTMLElement): () => void {
  let last: Element | undefined;
  const remember = (event: FocusEvent) => {
    last = event.target instanceof Element ? event.target : undefined;
  };
  // Who presses beside everything leaves the focus by herself.
  const forget = () => {
    last = undefined;
  };
  const observer = new MutationObserver(() => {
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    const heading = part.querySelector<HTMLElement>('#now-title') ?? part.querySelector<HTMLElement>('h1');
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  });
  part.addEventListener('focusin', remember);
  document.addEventListener('pointerdown', forget, { capture: true });
  observer.observe(part, { childList: true, subtree: true });
  return () => {
    part.removeEventListener('focusin', remember);
    document.removeEventListener('pointerdown', forget, { capture: true });
    observer.disconnect();
  };
}
