/**
 * Calls back whenever the page may have slept: timers stand still in a hidden tab and in a laptop that is shut. Returns what
 * ends it.
 */
export function onWake(wake: () => void): () => void {
  const seen = () => { if (document.visibilityState === 'visible') wake(); };
  document.addEventListener('visibilitychange', seen);
  for (const event of ['focus', 'online', 'pageshow']) window.addEventListener(event, wake);
  return () => {
    document.removeEventListener('visibilitychange', seen);
    for (const event of ['focus', 'online', 'pageshow']) window.removeEventListener(event, wake);
  };
}
