import { Activity, useEffect, useId, useRef, useState } from 'react';
import { useDocument } from '../../api/document';
import type { Permission } from '../../api/permissions';
import { words } from '../../texts/operations';
import { Call } from '../Call';
import { CardSkeleton } from '../CardSkeleton';
import { foresee } from '../foresee';
import { CallForm } from './CallForm';
import { Verdict } from './Verdict';

interface OperationProps {
  permission: Permission;
  open: boolean;
  onToggle: () => void;
}

/** One operation: what it is for, what it requires, may I, why not; and folded below, a form to try it with. */
export function Operation({ permission, open, onToggle }: OperationProps) {
  const { method, path, summary, open: toEverybody } = permission;
  const item = useRef<HTMLLIElement>(null);
  const [startsOpen] = useState(open);
  const [tried, setTried] = useState(open); // what was typed and answered stays while it is folded
  const [panel, about] = [useId(), useId()];

  useEffect(() => {
    if (!startsOpen) return;
    const frame = requestAnimationFrame(() => { item.current?.scrollIntoView(); }); // after the page has put the focus on its heading
    return () => { cancelAnimationFrame(frame); };
  }, [startsOpen]);

  return (
    <li ref={item} className="operation">
      <div className="head">
        <h3>
          <button
            type="button" aria-label={words.named(method, path)} aria-describedby={about} aria-expanded={open} aria-controls={tried ? panel : undefined}
            onClick={() => { setTried(true); onToggle(); }}
          >
            <Call method={method} path={path} />
          </button>
        </h3>
        <div id={about} className="about">
          {!toEverybody && <p className="verdict"><Verdict of={permission} /></p>}
          <p>{summary}</p>
          <p className="hint">{toEverybody ? words.requiresNothing : words.requires(permission.requires)}</p>
          <Condition of={permission} />
        </div>
      </div>
      {tried && (
        <Activity mode={open ? 'visible' : 'hidden'}>
          <div id={panel} className="panel"><Trial permission={permission} /></div>
        </Activity>
      )}
    </li>
  );
}

function Condition({ of: permission }: { of: Permission }) {
  const { allowed, words: condition } = foresee(permission);
  if (condition === undefined) return null;
  return <p className={allowed ? 'hint' : 'hint missing'}>{words.sentence(condition)}</p>;
}

function Trial({ permission }: { permission: Permission }) {
  const { data, isPending, isError } = useDocument();
  if (isPending) return <CardSkeleton label={words.loading} />;
  const described = data?.get(permission.operation);
  const description = described?.description?.replace(words.requires(permission.requires), '').trim(); // which stands above
  return (
    <>
      {isError && <p className="hint">{words.documentMissing}</p>}
      {described?.deprecated === true && <p className="depends"><span aria-hidden="true">! </span>{words.deprecated}</p>}
      {description !== undefined && description !== '' && <p>{description}</p>}
      <CallForm permission={permission} described={described} />
    </>
  );
}
