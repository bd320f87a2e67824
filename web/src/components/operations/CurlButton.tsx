import { Button } from '@mantine/core';
import type { Call } from '../../api/call';
import { curl } from '../../api/curl';
import { useAuth } from '../../auth/useAuth';
import { words } from '../../texts/operations';
import { useCopy } from '../useCopy';

interface CurlButtonProps {
  call: () => Call;
}

/** Copies a call as a command, without the token. Where the browser lets nothing be copied, shows it. */
export function CurlButton({ call }: CurlButtonProps) {
  const { freshToken } = useAuth();
  const { outcome, copy } = useCopy();
  const where = freshToken === undefined && ` ${words.noTokenHere}`;
  return (
    <>
      <Button onClick={() => void copy(() => curl(call()))}>{words.copyCurl}</Button>
      <div className="copy-outcome" role="status">
        {outcome === 'copied' && <p className="hint">{words.copied}{where}</p>}
        {outcome === 'refused' && <><p className="hint">{words.copyRefused}{where}</p><pre className="json"><code>{curl(call())}</code></pre></>}
      </div>
    </>
  );
}
