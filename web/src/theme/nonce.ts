import { setNonce } from 'get-nonce';

/** The nonce that the page's policy allows styles with; empty on the Vite server, whose pages have no policy. */
export function styleNonce(): string {
  return document.querySelector('script')?.nonce ?? '';
}

/** Hands the nonce to the library that keeps the page behind a dialog from scrolling, by a style element of its own. */
export function allowScrollLock(): void {
  const nonce = styleNonce();
  if (nonce !== '') setNonce(nonce);
}
