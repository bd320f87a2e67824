import { useReadToken } from '../api/claims';
import { CardSkeleton } from '../components/CardSkeleton';
import { Page } from '../components/Page';
import { Resource } from '../components/Resource';
import { TokenRead } from '../components/token/TokenRead';
import '../styles/token.css';
import { words } from '../texts/token';

/** The access token in plain words. It is read here for explaining only: what the person may do comes from the API. */
export default function Token() {
  const token = useReadToken();
  return (
    <Page heading={words.heading} lead={words.lead}>
      <Resource of={token} loading={<div className="card"><CardSkeleton label={words.reading} lines={12} /></div>}>
        {({ read }) => <TokenRead read={read} />}
      </Resource>
    </Page>
  );
}
