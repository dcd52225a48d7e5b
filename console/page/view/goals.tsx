// Goals, and what proves them.
import type { GoalCard } from '#api/console.ts';
import { toneOfGoal, words } from '../model/tone.ts';
import { Mark, Nothing, Section } from './marks.tsx';

/** All goals of a mission with their evidence. */
export function GoalsCard({ goals }: { readonly goals: readonly GoalCard[] }) {
  return (
    <Section title="Goals and evidence" id="goals">
      {goals.length === 0 ? (
        <Nothing>This mission has no goals.</Nothing>
      ) : (
        <ul class="goals-list">
          {goals.map((goal) => (
            <Goal key={goal.name} goal={goal} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Goal({ goal: { name, description, isRequired, check, state, reason, evidence, proof } }: { readonly goal: GoalCard }) {
  return (
    <li>
      <Mark tone={toneOfGoal(state)} />
      <div>
        <p class="goal-name">
          <b>{name}</b> <span>{words(state)}</span>
          <small>
            {check}
            {isRequired ? '' : ', not required'}
          </small>
        </p>
        {description !== '' && <p class="description">{description}</p>}
        {evidence !== '' && <p class="evidence">{evidence}</p>}
        {state === 'Unmet' && reason !== '' && <p class="description">{words(reason)}</p>}
        {proof !== undefined && (
          <p class="proof">
            checked by {proof.task} on {proof.agent}
            {proof.tree === undefined ? '' : `, tree ${proof.tree.slice(0, 8)}`}
          </p>
        )}
      </div>
    </li>
  );
}
