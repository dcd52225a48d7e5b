// What is answered to whom: the read API and the page. Every path passes the gate first; nothing but GET is known.
import { type Context, Hono } from 'hono';
import { messageOf } from '#platform/errors.ts';
import type { App, AppOptions, Variables } from './parts.ts';
import { listRoutes } from './routes/lists.ts';
import { missionRoutes } from './routes/mission.ts';
import { statsRoutes } from './routes/stats.ts';

const longestUrl = 2048;

/** Nothing of another place, nothing inline, in nobody's frame. */
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const headers: Readonly<Record<string, string>> = {
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** The application; its `fetch` is what a server calls. */
export function createApp(options: AppOptions): App {
  const app: App = new Hono<Variables>();
  app.use(async (c, next) => {
    await enter(c, next, options);
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store');
    options.onAnswer(c.res.status);
  });
  listRoutes(app, options);
  missionRoutes(app, options);
  statsRoutes(app, options);
  pageRoutes(app, options);
  app.notFound((c) => c.json({ error: 'there is nothing here', next: 'open the page at /' }, 404));
  app.onError((error, c) => {
    options.log.error('a request failed', { path: c.req.routePath, error: messageOf(error) });
    return c.json({ error: 'the console failed at this request', next: 'try again; if it goes on, read the log of the console' }, 500);
  });
  return app;
}

async function enter(c: Context<Variables>, next: () => Promise<void>, { gate, world }: AppOptions): Promise<void> {
  if (c.req.method !== 'GET') {
    c.res = c.json({ error: 'the console only reads', next: 'use GET' }, 405, { Allow: 'GET' });
  } else if (c.req.url.length > longestUrl) {
    c.res = c.json({ error: 'the address is too long', next: 'leave something out' }, 414);
  } else {
    const entry = await gate.enter(c.req.header('authorization'));
    if (entry.kind === 'refused') {
      c.res = c.json({ error: entry.error, next: entry.next }, entry.status);
    } else if (c.req.path.startsWith('/api/') && !world.isKnown()) {
      c.res = c.json({ error: 'the console does not know all objects yet', next: 'try again in a moment' }, 503);
    } else {
      c.set('caller', entry.caller);
      await next();
    }
  }
}

function pageRoutes(app: App, { assets }: AppOptions): void {
  for (const [path, { body, type, isFixed }] of assets) {
    app.get(path, (c) => c.body(body, 200, { 'Content-Type': type, 'Cache-Control': isFixed ? 'private, max-age=31536000, immutable' : 'no-cache' }));
  }
}
