import { Mark } from './Mark';

interface StartingProps {
  label: string;
}

/** The moment before it is known who is there. index.html shows the same, so that nothing jumps. */
export function Starting({ label }: StartingProps) {
  return <main className="notice starting"><p role="status"><Mark />{label}</p></main>;
}
