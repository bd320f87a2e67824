import type { ReactNode } from 'react';

interface FactsProps {
  of: readonly (readonly [name: string, value: ReactNode])[];
}

/** A list of names and values. Values that are `false` or undefined are left out, with their names. */
export function Facts({ of }: FactsProps) {
  return (
    <dl className="facts">
      {of.filter(([, value]) => value !== false && value !== undefined).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
