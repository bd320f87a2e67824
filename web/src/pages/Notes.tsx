import { Skeleton } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { useGone } from '../api/DeletionsProvider';
import { useMe } from '../api/me';
import { useNotes } from '../api/notes';
import { ApiError } from '../api/problem';
import { NoteList } from '../components/notes/NoteList';
import { NoNotes } from '../components/notes/NoNotes';
import { NotesBar } from '../components/notes/NotesBar';
import { Page } from '../components/Page';
import { Refusal } from '../components/Refusal';
import { Resource } from '../components/Resource';
import '../styles/notes.css';
import { words } from '../texts/notes';

/** One's own notes, and everybody's for those to whom the API gives them. */
export default function Notes() {
  const everybodys = useSearchParams()[0].get('of') === 'everybody';
  const me = useMe();
  const mine = useNotes('mine', !everybodys);
  // Whether the caller may read others' notes shows in what the API gives when it is asked for all.
  const all = useNotes('everybody', everybodys || mine.isSuccess);
  const seesOthers = all.data?.pages.some(({ notes }) => notes.some(({ owner }) => me.data !== undefined && owner !== me.data.sub)) ?? false;
  const gone = useGone();
  const list = everybodys ? all : mine;
  const notes = (list.data?.pages ?? []).flatMap((page) => page.notes).filter(({ id }) => !gone.has(id));
  const none = list.data !== undefined && notes.length === 0 && !list.hasNextPage;

  if (list.error instanceof ApiError && list.error.problem.status === 403) return <Refusal asked={words.askedList} error={list.error} onAskAgain={() => void list.refetch()} />;
  return (
    <Page
      key={String(everybodys)} // another list is another page: the focus goes to its heading
      heading={everybodys ? words.everybodysHeading : words.heading} lead={everybodys ? words.everybodysLead : words.lead}
    >
      <div className="stack">
        <NotesBar write={!none} {...((seesOthers || everybodys) && { shown: everybodys ? 'everybody' : 'mine' })} />
        <Resource of={me} loading={<Loading />}>
          {({ sub }) => <Resource of={list} loading={<Loading />}>{() => (none ? <NoNotes /> : <NoteList of={list} notes={notes} subject={sub} sayWhose={everybodys} />)}</Resource>}
        </Resource>
      </div>
    </Page>
  );
}

function Loading() {
  return (
    <div className="notes" role="status" aria-label={words.loading}>
      {Array.from({ length: 6 }, (_, card) => (
        <div key={card} className="card note">
          <Skeleton height={24} width="60%" radius={4} />
          <Skeleton height={72} radius={4} />
          <Skeleton height={16} width="40%" radius={4} />
        </div>
      ))}
    </div>
  );
}
