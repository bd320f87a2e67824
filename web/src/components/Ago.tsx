import { ago } from './clock';
import { useNow } from './useNow';

interface AgoProps {
  time: Date;
}

/** A past time in few words; the exact one on hover. */
export function Ago({ time }: AgoProps) {
  return <time dateTime={time.toISOString()} title={time.toLocaleString()}>{ago(time, useNow())}</time>;
}
