import { useId, type ReactNode } from 'react';
import { Call } from './Call';
import { MayHint } from './MayHint';

interface CallCardProps {
  operation: string;
  path: string;
  given?: Record<string, string>; // values of the path's parameters
  label?: string; // of the button, where the path would be too long for one
  onCall: () => Promise<void>;
  children: ReactNode; // what the operation does, and fields for what it takes
}

/** One operation to be called. Its button works for everybody, with a word on what to expect: refusals are there to be tried. */
export function CallCard({ operation, path, given, label = path, onCall, children }: CallCardProps) {
  const hint = useId();
  return (
    <form className="card" aria-label={`GET ${path}`} onSubmit={(event) => { event.preventDefault(); void onCall(); }}>
      <h2><Call method="GET" path={path} /></h2>
      {children}
      <MayHint id={hint} operation={operation} given={given} />
      <button type="submit" className="button primary" aria-describedby={hint}>Call {label}</button>
    </form>
  );
}
