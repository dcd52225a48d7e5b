// The page: which view is shown, the bar above it, and the keys that work everywhere.
import { render } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { hashOf, type Route, routeOf } from './model/route.ts';
import type { Listening } from './view/ask.tsx';
import { Help, useKeys } from './view/keys.tsx';
import { MissionView } from './view/mission.tsx';
import { type Chosen, MissionsView } from './view/missions.tsx';
import { PoolsView } from './view/pools.tsx';
import { StatsView } from './view/stats.tsx';

const listeningTexts: Readonly<Record<Listening, string>> = { opening: 'connecting', live: 'live', lost: 'connection lost, trying again' };

function Page() {
  const route = useRoute();
  const [chosen, setChosen] = useState<Chosen>({ text: '', namespace: '', group: 'all', at: '' });
  const [listening, setListening] = useState<Listening>('opening');
  const [isHelping, setIsHelping] = useState(false);
  const isGoing = useRef(false);
  const go = (to: Route) => (location.hash = hashOf(to));
  const going = (to: Route) => () => {
    if (!isGoing.current) return false;
    isGoing.current = false;
    go(to);
    return true;
  };
  useKeys({
    '?': () => setIsHelping(true),
    g: () => void (isGoing.current = true),
    m: going({ view: 'missions' }),
    p: going({ view: 'pools' }),
    s: going({ view: 'stats', namespace: '' }),
  });
  useEffect(() => {
    document.title = route.view === 'mission' ? `${route.name} · Coditect` : `${route.view} · Coditect`;
  }, [route]);
  return (
    <>
      <Bar route={route} listening={listening} onHelp={() => setIsHelping(true)} />
      {route.view === 'missions' && <MissionsView chosen={chosen} setChosen={setChosen} onListening={setListening} />}
      {route.view === 'mission' && <MissionView key={`${route.namespace}/${route.name}`} namespace={route.namespace} name={route.name} onListening={setListening} />}
      {route.view === 'pools' && <PoolsView />}
      {route.view === 'stats' && <StatsView namespace={route.namespace} />}
      {isHelping && <Help onClose={() => setIsHelping(false)} />}
    </>
  );
}

function Bar({ route, listening, onHelp }: { readonly route: Route; readonly listening: Listening; readonly onHelp: () => void }) {
  const link = (view: 'missions' | 'pools' | 'stats', text: string) => (
    <a href={`#/${view}`} aria-current={route.view === view ? 'page' : undefined}>
      {text}
    </a>
  );
  return (
    <header class="top">
      <a class="brand" href="#/missions" aria-label="Coditect, missions">
        <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" />
          <path d="M9 10h6l7 6M9 22h6l7-6" />
          <circle cx="9" cy="10" r="3" />
          <circle cx="9" cy="22" r="3" />
          <circle cx="23" cy="16" r="3.5" />
        </svg>
        <span>Coditect</span>
      </a>
      <nav aria-label="Views">
        {link('missions', 'Missions')}
        {link('pools', 'Pools')}
        {link('stats', 'Statistics')}
      </nav>
      <span class="grow" />
      {(route.view === 'missions' || route.view === 'mission') && (
        <span class={`listening ${listening}`} role="status">
          {listeningTexts[listening]}
        </span>
      )}
      <button type="button" class="quiet" aria-label="Keys and help" aria-keyshortcuts="?" onClick={onHelp}>
        ?
      </button>
    </header>
  );
}

function useRoute(): Route {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  // Before the browser does anything else: an address that changes in between would be lost.
  useLayoutEffect(() => {
    const look = () => {
      setRoute(routeOf(location.hash));
      window.scrollTo(0, 0);
    };
    window.addEventListener('hashchange', look);
    return () => window.removeEventListener('hashchange', look);
  }, []);
  return route;
}

const root = document.querySelector('#page');
if (root !== null) render(<Page />, root);
