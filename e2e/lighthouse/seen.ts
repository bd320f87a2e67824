import { Audit, Gatherer, type Artifacts } from 'lighthouse';

/**
 * What Lighthouse has measured must be the signed-in page, and not the realm's login or a notice of ours. It closes the
 * page when it is done, so it is asked itself: a gatherer reads the heading, and an audit brings that into the report.
 */
declare module 'lighthouse/types/artifacts.js' {
  interface GathererArtifacts {
    Heading: string;
  }
}

const expression = `document.querySelector('[aria-busy="true"]') ? 'still loading' : document.querySelector('h1')?.textContent ?? ''`;

class HeadingGatherer extends Gatherer {
  override meta = { supportedModes: ['navigation' as const] };

  override async getArtifact({ driver }: Parameters<Gatherer['getArtifact']>[0]): Promise<string> {
    const { result } = await driver.defaultSession.sendCommand('Runtime.evaluate', { expression });
    return String(result.value);
  }
}

class HeadingAudit extends Audit {
  static override get meta() {
    return {
      id: 'heading',
      title: 'Heading of the page that was measured',
      description: 'The first heading, once nothing on the page is loading any more.',
      scoreDisplayMode: Audit.SCORING_MODES.INFORMATIVE,
      requiredArtifacts: ['Heading' as const],
    };
  }

  static override audit({ Heading }: Artifacts) {
    return { score: null, displayValue: Heading };
  }
}

/** Adds a category `seen` to a configuration of Lighthouse; its one audit holds the heading. */
export const seen = {
  artifacts: [{ id: 'Heading', gatherer: { instance: new HeadingGatherer() } }],
  audits: [{ implementation: HeadingAudit }],
  categories: { seen: { title: 'What was seen', auditRefs: [{ id: 'heading', weight: 0 }] } },
};
