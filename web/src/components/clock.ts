/** A time left as minutes and seconds: "4:12". Never below "0:00". */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** A past time, relative up to a day ("3 m ago"), absolute after. */
export function ago(then: Date, now: number): string {
  const minutes = Math.floor((now - then.getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} m ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return then.toLocaleString();
}

/** "Good morning", "Good afternoon" or "Good evening". */
export function greeting(now: Date): string {
  const hour = now.getHours();
  if (hour >= 4 && hour < 12) return 'Good morning';
  return hour >= 12 && hour < 18 ? 'Good afternoon' : 'Good evening';
}
