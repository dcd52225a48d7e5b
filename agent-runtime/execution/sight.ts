// The way of one attempt to what the mirror knows of its mission. The mirror is another process: what it says is checked like any input.
import { Outlook } from '#api/world.ts';
import type { EventsClient } from '#platform/rpc/events-client.ts';
import type { ActionContext, Sight } from '#agent-runtime/roles/action.ts';

/** The part of the mirror's client that is used here. */
export type Surveyor = Pick<EventsClient, 'isThere' | 'look'>;

interface Asking {
  /** Asked for each look: grants are renewed. */
  readonly grant: () => string;
  readonly signal: AbortSignal;
}

/** A way to look around; undefined where nobody keeps a world. */
export async function sightOf(mirror: Surveyor, { grant, signal }: Asking): Promise<ActionContext['lookAround']> {
  if (!(await mirror.isThere())) return undefined;
  return async (folder) => {
    const looked = await mirror.look(grant(), folder, signal);
    if (looked.kind === 'none') return lost('there is no mirror any more');
    if (looked.kind === 'lost') return lost(looked.message);
    const outlook = Outlook.safeParse(parsed(looked.outlookJson)).data;
    return outlook === undefined ? lost('the mirror says what this agent does not understand') : { kind: 'seen', outlook, stalenessMs: looked.stalenessMs };
  };
}

function lost(message: string): Sight {
  return { kind: 'lost', message };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
