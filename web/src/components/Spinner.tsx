interface SpinnerProps {
  label: string;
}

/** Says that something is on its way. It stays invisible for a moment: most things are faster than that. */
export function Spinner({ label }: SpinnerProps) {
  return <p className="spinner muted" role="status">{label}</p>;
}
