// What is stuck and why, in sentences.
import type { MissionDetail, Why } from '#api/console.ts';
import { words } from '../model/tone.ts';
import { Mark, Nothing, Section } from './marks.tsx';

const most = 12;

/** Sentences of the mission and of those tasks that wait or failed. */
export function WhyCard({ why, detail: { row, message: known }, onPick }: { readonly why: Why; readonly detail: MissionDetail; readonly onPick: (task: string) => void }) {
  const isOver = row.verdict !== 'Unknown';
  // What stands at the top of the page already is not said twice.
  const said = why.explanations.filter(({ task, message, next }) => task !== undefined || next !== '' || message !== known);
  return (
    <Section title={isOver ? 'Why it ended so' : 'What it waits for, and why'} id="why">
      {said.length === 0 && <Nothing>{row.verdict === 'True' ? 'All required goals are met.' : 'Nothing is stuck.'}</Nothing>}
      <ul class="why">
        {said.slice(0, most).map(({ task, reason, message, next }) => (
          <li key={`${task ?? ''} ${reason} ${message}`}>
            <Mark tone={row.verdict === 'False' ? 'bad' : task === undefined ? 'busy' : 'wait'} />
            <div>
              <p>
                {task !== undefined && (
                  <button type="button" class="link" onClick={() => onPick(task)}>
                    {task}
                  </button>
                )}{' '}
                <b>{words(reason)}</b>
              </p>
              <p class="description">{message}</p>
              {next !== '' && <p class="next">{next}</p>}
            </div>
          </li>
        ))}
      </ul>
      {said.length > most && <Nothing>{said.length - most} more: kubectl mission why {row.name} -n {row.namespace}</Nothing>}
      {why.unasked !== undefined && <p class="off">The operator could not be asked, so this is only what the objects say: {why.unasked}</p>}
    </Section>
  );
}
