interface ChipsProps {
  label: string;
  of: readonly string[];
}

/** Short words in a row, in alphabetical order. */
export function Chips({ label, of }: ChipsProps) {
  return (
    <ul className="chips" aria-label={label}>
      {of.toSorted().map((word) => <li key={word}>{word}</li>)}
    </ul>
  );
}
