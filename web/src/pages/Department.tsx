import { Button } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { useBrief } from '../api/departments';
import { usePermissions } from '../api/permissions';
import { BriefCard } from '../components/BriefCard';
import { ResourcePage } from '../components/ResourcePage';
import { words } from '../texts/department';

/** The brief of the department in the address. People of other departments get the API's own reason. */
export default function Department() {
  const { department = '' } = useParams();
  const brief = useBrief(department);
  return (
    <ResourcePage heading={words.heading(department)} lead={words.lead} asked={words.asked(department)} of={brief} instead={<Own />}>
      {(value) => <BriefCard brief={value} />}
    </ResourcePage>
  );
}

function Own() {
  const [own] = usePermissions().where('showBrief', 'department');
  return own !== undefined && <Button component={Link} to={`/departments/${encodeURIComponent(own)}`}>{words.own(own)}</Button>;
}
