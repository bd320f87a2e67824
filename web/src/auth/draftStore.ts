// Drafts live in the tab's own storage: they end with the tab, and no other tab sees them.
const prefix = 'keystead.draft:';

/** Where a person's draft of that name is kept. */
export function draftKey(subject: string, name: string): string {
  return `${prefix}${encodeURIComponent(subject)}:${name}`; // a subject may hold a colon
}

export function readDraft(key: string): string | undefined {
  return sessionStorage.getItem(key) ?? undefined;
}

/** Keeps the text; undefined removes it. */
export function writeDraft(key: string, text: string | undefined): void {
  if (text === undefined) {
    sessionStorage.removeItem(key);
    return;
  }
  try {
    sessionStorage.setItem(key, text);
  } catch {
    sessionStorage.removeItem(key); // too long for the browser: rather no draft than an old one
  }
}

/** Removes every draft of this tab, but those of the person who is to keep theirs. */
export function dropDrafts(exceptOf?: string): void {
  const theirs = exceptOf === undefined ? undefined : draftKey(exceptOf, '');
  drop((key) => theirs === undefined || !key.startsWith(theirs));
}

/** Removes a person's drafts in this tab. */
export function dropDraftsOf(subject: string): void {
  drop((key) => key.startsWith(draftKey(subject, '')));
}

function drop(fits: (key: string) => boolean): void {
  Object.keys(sessionStorage)
    .filter((key) => key.startsWith(prefix) && fits(key))
    .forEach((key) => { sessionStorage.removeItem(key); });
}
