// Where on the page somebody is, as the part of the address behind the #.

export type Route = { readonly view: 'missions' } | { readonly view: 'mission'; readonly namespace: string; readonly name: string } | { readonly view: 'pools' } | { readonly view: 'stats'; readonly namespace: string };

/** The place that an address names; the list of missions for one that names none. */
export function routeOf(hash: string): Route {
  const [view = '', namespace = '', name = ''] = hash.replace(/^#\/?/, '').split('/').map(decoded);
  if (view === 'missions' && namespace !== '' && name !== '') return { view: 'mission', namespace, name };
  if (view === 'pools') return { view };
  return view === 'stats' ? { view, namespace } : { view: 'missions' };
}

/** The address of a place. */
export function hashOf(route: Route): string {
  if (route.view === 'mission') return `#/missions/${encodeURIComponent(route.namespace)}/${encodeURIComponent(route.name)}`;
  return route.view === 'stats' && route.namespace !== '' ? `#/stats/${encodeURIComponent(route.namespace)}` : `#/${route.view}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
