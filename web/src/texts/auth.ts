/** What a call says when there is nobody, or no token, to make it for; and a way to the realm that leads nowhere. */
export const words = {
  sessionEnded: 'Your session has ended.',
  serverAway: 'The server of this app did not answer.',
  databaseAway: 'The server of this app cannot reach its database.',
  realmAway: 'The server of this app cannot reach Keycloak.',
  away: (keycloak: string) => `Keycloak did not answer at ${keycloak}.`,
  tokenExpired: (keycloak: string) => `Keycloak did not answer at ${keycloak}, and your access token has expired.`,
  answeredWith: (status: number) => `Keycloak answered with ${status}.`,
};
