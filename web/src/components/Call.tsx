import { Fragment } from 'react';

interface CallProps {
  method: string;
  path: string;
}

/** A method and a path. Where they need more than one line, a line ends after a slash rather than inside a word. */
export function Call({ method, path }: CallProps) {
  const [first, ...rest] = path.split(/(?<=.\/)/);
  return (
    <code>
      {method}&nbsp;{first}
      {rest.map((segment, i) => <Fragment key={i}><wbr />{segment}</Fragment>)}
    </code>
  );
}
