let isFirstPage = true;

/** Takes a screen reader to the heading of a page that was opened by a link. The first page begins at its top. */
export function arrive(heading: HTMLElement): void {
  if (!isFirstPage) {
    heading.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }
  isFirstPage = false;
}
