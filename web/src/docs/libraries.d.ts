// The parts of the documentation libraries that we use: their bundles come without types.

declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  interface Options {
    url: string;
    dom_id: string;
    oauth2RedirectUrl: string;
    validatorUrl: string;
    persistAuthorization: boolean;
    deepLinking: boolean;
    displayRequestDuration: boolean;
    filter: boolean;
    syntaxHighlight: { theme: string };
  }
  interface UI {
    initOAuth: (options: { clientId: string; scopes: string; usePkceWithAuthorizationCodeGrant: boolean }) => void;
  }
  export default function SwaggerUI(options: Options): UI;
}

declare module 'redoc/bundles/redoc.standalone.js' {
  export function init(url: string, options: object, element: HTMLElement | null): void;
}
