import type { ReactNode } from 'react';

/** For addresses that no page lives at. */
export const words = {
  heading: 'Nothing here',
  why: (path: ReactNode) => <>No page lives at {path}. The address may be misspelt, or the page has moved.</>,
  apiHeading: 'An address of the API',
  apiWhy: (path: ReactNode) => <>{path} answers programs, which send an access token. In the documents you can try it with yours.</>,
  openDocuments: 'Open the API’s documents',
};
