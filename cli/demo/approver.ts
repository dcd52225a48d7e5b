// The person in the demo: shown each plan before anything of it runs, they say yes, so that the demo needs nobody at the keyboard.
import { decideOn } from '../commands/approve.ts';
import type { Session, Watching } from '../commands/session.ts';
import { line } from '../terminal/terminal.ts';
import { answerTo, askedOf } from '../world/approvals.ts';
import { nextChange } from '../world/feed.ts';
import { endingOf } from '#domain/mission/view.ts';

const comment = 'make demo-llm says yes to every plan that it has shown';

/** Waits for the first plan that needs a yes, shows it and gives it; returns at once for a mission that asks nobody. */
export async function approveFirstPlan(session: Session, watching: Watching): Promise<void> {
  const { feed } = watching;
  for (let mission = feed.view()?.mission; mission?.spec.planner?.planApproval === 'Always' && endingOf(mission) === undefined && !session.signal.aborted; mission = feed.view()?.mission) {
    if (isAsked(watching)) {
      await decideOn(session, watching.cluster, mission.metadata.name, { decision: 'Approve', plan: true, comment });
      return line(session.terminal, '');
    }
    await nextChange(feed, session.signal);
  }
}

/** Says yes to the plans that follow. What was shown and said is kept for later: the screen belongs to the tree. */
export function approveFurtherPlans(session: Session, watching: Watching): { readonly close: () => Promise<readonly string[]> } {
  const said: string[] = [];
  let last = Promise.resolve();
  const look = async (): Promise<void> => {
    const name = watching.feed.view()?.mission.metadata.name;
    if (name === undefined || !isAsked(watching)) return;
    const told: string[] = [];
    // Nobody is asked any more: it was said before, and the cluster has not shown it yet.
    const isNew = await decideOn(quietly(session, told), watching.cluster, name, { decision: 'Approve', plan: true, comment }).then(() => true, () => false);
    if (isNew && !said.includes(told.join('\n'))) said.push(told.join('\n'));
  };
  const forget = watching.feed.onChange(() => void (last = last.then(look)));
  return {
    close: async () => {
      forget();
      await last;
      return said;
    },
  };
}

function quietly(session: Session, lines: string[]): Session {
  return { ...session, terminal: { ...session.terminal, colours: false, write: (text) => void lines.push(String(text).trimEnd()) } };
}

function isAsked({ feed }: Watching): boolean {
  const mission = feed.view()?.mission;
  return mission !== undefined && askedOf(mission).some((asked) => asked.kind === 'Plan' && answerTo(asked) === 'waiting');
}
