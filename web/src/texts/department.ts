/** The page of a department. */
export const words = {
  heading: (department: string) => `Department ${department}`,
  lead: 'The brief that only its own people may read.',
  asked: (department: string) => `the brief of ${department}`,
  brief: 'The brief',
  department: 'Department',
  preparedFor: 'Prepared for',
  prepared: 'Prepared',
  grantedBy: 'What lets you read it',
  own: (department: string) => `Your own department: ${department}`,
};
