import type { Failure } from './state';

/** What is the matter when something was thrown that nobody had in mind, beside a browser that keeps the site from storing data. */
export function unforeseen(thrown: unknown): Failure {
  if (thrown instanceof DOMException && thrown.name === 'SecurityError') return { kind: 'storageBlocked' };
  return { kind: 'unexpected', message: thrown instanceof Error ? thrown.message : String(thrown) };
}
