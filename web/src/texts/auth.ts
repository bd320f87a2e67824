/** What a call that needs a token says when there is none. */
export const words = {
  sessionEnded: 'Your session has ended.',
  away: (keycloak: string) => `Keycloak did not answer at ${keycloak}.`,
  tokenExpired: (keycloak: string) => `Keycloak did not answer at ${keycloak}, and your access token has expired.`,
  answeredWith: (status: number) => `Keycloak answered with ${status}.`,
};
