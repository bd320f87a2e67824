import { words } from '../../texts/token';
import { ago, countdown } from '../clock';
import { useNow } from '../useNow';

interface TimeProps {
  at: number;
}

const day = 24 * 60 * 60 * 1000;

/** A past time, both ways: how long ago and exactly. After a day only exactly. */
export function When({ at }: TimeProps) {
  const now = useNow();
  const then = new Date(at);
  const said = now - at < day ? words.agoAt(ago(then, now), clock(then)) : words.on(then.toLocaleString());
  return <time dateTime={then.toISOString()} title={then.toLocaleString()}>{said}</time>;
}

/** A time to come, and what is left until then, counting down. */
export function Until({ at }: TimeProps) {
  const left = at - useNow();
  const then = new Date(at);
  return <time dateTime={then.toISOString()} title={then.toLocaleString()}>{left > 0 ? words.until(clock(then), countdown(left)) : words.over(clock(then))}</time>;
}

function clock(time: Date): string {
  return time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
