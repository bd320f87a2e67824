import { init } from 'redoc/bundles/redoc.standalone.js';
import { redocTheme } from './redocTheme';
import './redoc.css';

const options = {
  theme: redocTheme(getComputedStyle(document.documentElement)),
  downloadUrls: [{ title: 'JSON', url: '/openapi.json' }, { title: 'YAML', url: '/openapi.yaml' }],
  nativeScrollbars: true,
  sanitize: true,
};
init('/openapi.json', options, document.getElementById('redoc'));
