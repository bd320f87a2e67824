import { claimedTimes, isLightweight, type ReadToken } from '../../api/claims';
import { useAuth } from '../../auth/useAuth';
import { words } from '../../texts/token';
import { JSONText } from '../JSONText';
import { TokenCard } from '../TokenCard';
import { Elsewhere } from './Elsewhere';
import { Letter } from './Letter';
import { RolesOpen } from './RolesOpen';

interface TokenReadProps {
  read: ReadToken;
}

/** The token explained, as far as it can be read. */
export function TokenRead({ read }: TokenReadProps) {
  const { state, settings } = useAuth();
  if (state.status !== 'signedIn') return null;
  const times = claimedTimes(read?.claims ?? {}, state);
  return (
    <div className="cards in-pairs">
      {read === undefined && <Remark heading={words.opaque} why={words.opaqueWhy} />}
      {read !== undefined && isLightweight(read.claims) && <Remark heading={words.lightweight} why={words.lightweightWhy} />}
      <TokenCard times={times} />
      <Elsewhere />
      {read !== undefined && (
        <>
          <Letter header={read.header ?? {}} claims={read.claims} context={{ realm: settings.realm, times }} />
          <RolesOpen claims={read.claims} />
          <div className="card wide raw-json">
            {read.header && <details><summary>{words.header}</summary><JSONText value={read.header} /></details>}
            <details><summary>{words.claims}</summary><JSONText value={read.claims} /></details>
          </div>
        </>
      )}
    </div>
  );
}

function Remark({ heading, why }: { heading: string; why: string }) {
  return (
    <section className="card attention wide" aria-label={heading}>
      <h2>{heading}</h2>
      <p>{why}</p>
    </section>
  );
}
