import { expect, test } from 'vitest';
import { type ApiClient, ApiError, type WatchEvent } from './api-client.ts';
import { type WatchedObject, watchCollection } from './watch.ts';

const anObject = (name: string, resourceVersion: string): WatchedObject => ({ metadata: { uid: name, name, resourceVersion } });
type Turn = (deliver: (event: WatchEvent<WatchedObject>) => void) => void;

/** Plays one turn per watch and aborts after the last; gives what the handler saw and what was asked. */
async function play(...turns: readonly Turn[]) {
  const seen: string[] = [];
  const asked: string[] = [];
  const end = new AbortController();
  let lists = 0;
  const client: ApiClient = {
    send: <T>() => {
      lists += 1;
      return Promise.resolve({ metadata: { resourceVersion: `${lists}00` }, items: [anObject(`listed${lists}`, '1')] } as T);
    },
    watch: async <T>(path: string, onEvent: (event: WatchEvent<T>) => void) => {
      const turn = turns[asked.length];
      asked.push(/resourceVersion=(\d+)/.exec(path)?.[1] ?? '');
      if (asked.length >= turns.length) end.abort();
      turn?.(onEvent as (event: WatchEvent<WatchedObject>) => void);
    },
    close: () => {},
  };
  await watchCollection<WatchedObject>(client, '/api/v1/pods', {
    replaced: (items) => seen.push(`=${items.map(({ metadata }) => metadata.name).join()}`),
    changed: ({ metadata }) => seen.push(`+${metadata.name}`),
    deleted: ({ metadata }) => seen.push(`-${metadata.name}`),
  }, end.signal);
  return { seen, asked };
}

test('a watch that ends goes on after the last version it saw', async () => {
  const { seen, asked } = await play(
    (deliver) => {
      deliver({ type: 'ADDED', object: anObject('a', '101') });
      deliver({ type: 'BOOKMARK', object: anObject('', '150') });
    },
    (deliver) => deliver({ type: 'DELETED', object: anObject('a', '151') }),
  );
  expect(seen).toEqual(['=listed1', '+a', '-a']);
  expect(asked).toEqual(['100', '150']);
});

test('a lost connection does not list again', async () => {
  const { seen, asked } = await play(
    () => {
      throw new ApiError('gone', 0);
    },
    () => {},
  );
  expect(seen).toEqual(['=listed1']);
  expect(asked).toEqual(['100', '100']);
});

test('an expired version lists again, told by status or by event', async () => {
  const { seen, asked } = await play(
    () => {
      throw new ApiError('too old', 410);
    },
    (deliver) => deliver({ type: 'ERROR', object: { code: 410 } as unknown as WatchedObject }),
    () => {},
  );
  expect(seen).toEqual(['=listed1', '=listed2', '=listed3']);
  expect(asked).toEqual(['100', '200', '300']);
});
