import './app.css';

import { mount } from 'svelte';

import App from './App.svelte';
import { preferences } from './lib/preferences.svelte';

const target = document.getElementById('page');
if (target) {
  await preferences.restore();
  mount(App, { target });
}
