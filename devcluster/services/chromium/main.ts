// Installs a browser for tests of the page, unless there is one, and prints where it is.
import { ensureChromium } from './chromium.ts';

console.log(await ensureChromium({ env: process.env, say: (text) => console.error(text) }));
