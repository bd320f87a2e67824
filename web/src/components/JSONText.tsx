interface JSONTextProps {
  value: unknown;
}

/** Any JSON, laid out to be read. */
export function JSONText({ value }: JSONTextProps) {
  return <pre className="json"><code>{JSON.stringify(value, undefined, 2)}</code></pre>;
}
