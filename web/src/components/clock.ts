import { words } from '../texts/times';

/** A time left as minutes and seconds: "4:12". Never below "0:00". */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** A past time, relative up to a day ("3 m ago"), absolute after. */
export function ago(then: Date, now: number): string {
  const minutes = Math.floor((now - then.getTime()) / 60_000);
  if (minutes < 1) return words.justNow;
  if (minutes < 60) return words.minutesAgo(minutes);
  if (minutes < 24 * 60) return words.hoursAgo(Math.floor(minutes / 60));
  return then.toLocaleString();
}

/** A length of time in its largest unit, rounded: "45 s", "27 m", "10 h". */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return words.seconds(seconds);
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? words.minutes(minutes) : words.hours(Math.round(minutes / 60));
}

/** "Good morning", "Good afternoon" or "Good evening". */
export function greeting(now: Date): string {
  const hour = now.getHours();
  if (hour >= 4 && hour < 12) return words.morning;
  return hour >= 12 && hour < 18 ? words.afternoon : words.evening;
}
