/** Which page is open. The path is all that a page's address tells. */
class Route {
  path = $state(location.pathname);

  go(path: string): void {
    if (path !== this.path) history.pushState(null, '', path);
    this.path = path;
  }

  /** The same without a way back to where nobody may be. */
  replace(path: string): void {
    history.replaceState(null, '', path);
    this.path = path;
  }
}

export const route = new Route();

/** Follows links within the page and the browser's own steps back and forth. */
export function followLinks(): () => void {
  const stepped = () => (route.path = location.pathname);
  window.addEventListener('popstate', stepped);
  document.addEventListener('click', clicked);
  return () => {
    window.removeEventListener('popstate', stepped);
    document.removeEventListener('click', clicked);
  };
}

function clicked(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || link.origin !== location.origin) return;
  // A file, a part of this page or another window is the browser's business.
  if (link.hasAttribute('download') || link.hash !== '' || link.target !== '') return;
  event.preventDefault();
  route.go(link.pathname);
}
