import { dropDrafts, dropDraftsOf } from './draftStore';
import { remember } from './memory';
import type { ActionOutcome, AuthState, Failure, SignedIn, SignedOutReason } from './state';
import type { TabMessage, Tabs } from './tabs';

/** Where a step of the way in has led; `leaving` is for a browser that is about to show another page. */
export type Step =
  | { to: 'leaving' }
  | { to: 'signedIn'; person: SignedIn; outcome?: ActionOutcome }
  | { to: 'nobody'; reason: SignedOutReason }
  | { to: 'failure'; failure: Failure };

/** What each kind of session does in its own way. */
interface Kind {
  /** What is the matter when a step throws. */
  explain: (thrown: unknown) => Failure | Promise<Failure>;
  /** Begins what runs while somebody is signed in, and gives what ends it. */
  attend: () => () => void;
  /** The session is over in this page: nothing that is still under way may bring it back. */
  ended: () => void;
}

/** Where the sign-in stands, in this tab and among the others, whoever holds the tokens. */
export class Standing {
  #state: AuthState = { status: 'starting' };
  #listeners = new Set<() => void>();
  #attempting: Promise<void> | undefined;
  #outcome: ActionOutcome | undefined;
  #rest: (() => void) | undefined; // ends what runs while somebody is signed in
  #gone: string | undefined; // who signed out in another tab since this page began

  readonly #tabs: Tabs;
  readonly #kind: Kind;

  constructor(tabs: Tabs, kind: Kind) {
    this.#tabs = tabs;
    this.#kind = kind;
  }

  readonly state = (): AuthState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly takeActionOutcome = (): ActionOutcome | undefined => {
    const outcome = this.#outcome;
    this.#outcome = undefined;
    return outcome;
  };

  /** Hears from now on what other tabs tell. */
  listen(): void {
    this.#tabs.listen(this.#hear);
  }

  /** Takes a step. One at a time: the countdown and an impatient click may both want one. */
  async attempt(step: () => Promise<Step>): Promise<void> {
    this.#attempting ??= step()
      .catch(async (thrown: unknown): Promise<Step> => ({ to: 'failure', failure: await this.#kind.explain(thrown) }))
      .then(this.#show)
      .finally(() => { this.#attempting = undefined; });
    await this.#attempting;
  }

  set(state: AuthState): void {
    this.#state = state;
    this.#listeners.forEach((listener) => { listener(); });
  }

  /** Nobody is signed in here any more. */
  end(reason: SignedOutReason): void {
    if (this.#state.status === 'signedOut') return;
    this.#stop();
    this.set({ status: 'signedOut', reason });
    this.#kind.ended();
  }

  /** The person signs out: nothing of theirs stays here, and the other tabs hear of it. */
  leave(subject: string): void {
    this.#stop();
    this.set({ status: 'starting' }); // nothing of the person stays on a screen that the browser may keep for "Back"
    dropDrafts();
    remember('signedOut');
    this.#tabs.tell({ kind: 'signedOut', subject });
  }

  readonly #show = (step: Step): void => {
    switch (step.to) {
      case 'leaving': this.set({ status: 'starting' }); break;
      case 'nobody': this.set({ status: 'signedOut', reason: step.reason }); break;
      case 'failure': this.set({ status: 'failed', failure: step.failure }); break;
      case 'signedIn': this.#enter(step.person, step.outcome);
    }
  };

  #enter(person: SignedIn, outcome: ActionOutcome | undefined): void {
    this.#outcome = outcome;
    const { subject } = person;
    dropDrafts(subject);
    this.set(person);
    this.#rest = this.#kind.attend();
    if (this.#gone === subject) this.#signedOutElsewhere(); // while this tab was still on its way in
    else this.#tabs.tell({ kind: 'signedIn', subject });
  }

  readonly #hear = ({ kind, subject }: TabMessage): void => {
    if (kind === 'signedOut') {
      dropDraftsOf(subject);
      this.#gone = subject;
    }
    if (this.#state.status !== 'signedIn') return;
    if (kind === 'signedIn' && subject !== this.#state.subject) this.end('otherAccount');
    if (kind === 'signedOut' && subject === this.#state.subject) this.#signedOutElsewhere();
  };

  #signedOutElsewhere(): void {
    remember('signedOut');
    this.end('elsewhere');
  }

  #stop(): void {
    this.#rest?.();
    this.#rest = undefined;
  }
}
