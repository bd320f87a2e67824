import { span } from './clock';
import { useNow } from './useNow';

interface UntilProps {
  time: Date;
}

/** How long it is until then, in few words; the exact time on hover. */
export function Until({ time }: UntilProps) {
  return <time dateTime={time.toISOString()} title={time.toLocaleString()}>{span(time.getTime() - useNow())}</time>;
}
