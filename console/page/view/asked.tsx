// What people are asked about a mission, and what they have said.
import type { AskedCard } from '#api/console.ts';
import type { Tone } from '../model/tone.ts';
import { Mark, Section } from './marks.tsx';

/** All questions of a mission; nothing where there are none. */
export function AskedCards({ asked }: { readonly asked: readonly AskedCard[] }) {
  if (asked.length === 0) return null;
  return (
    <Section title="Approvals" id="approvals">
      <ul class="goals-list">
        {asked.map((one) => (
          <li key={`${one.kind} ${one.name}`}>
            <Mark tone={toneOf(one)} />
            <div>
              <p class="goal-name">
                <b>{one.name}</b> <span>{answerOf(one)}</span>
                <small>{one.kind.toLowerCase()}</small>
              </p>
              <p class="description">{one.question}</p>
              {one.approvedBy.length > 0 && <p class="proof">approved by {one.approvedBy.join(', ')}</p>}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function toneOf({ rejectedBy, approvedBy, required }: AskedCard): Tone {
  if (rejectedBy !== undefined) return 'bad';
  return approvedBy.length >= required ? 'good' : 'ask';
}

function answerOf({ rejectedBy, approvedBy, required }: AskedCard): string {
  return rejectedBy === undefined ? `${approvedBy.length} of ${required} said yes` : `rejected by ${rejectedBy}`;
}
