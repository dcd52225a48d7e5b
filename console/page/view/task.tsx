// One task: what it is, who runs it, what came of each attempt, what it left.
import type { MissionRow, TaskCard } from '#api/console.ts';
import { between, bytes } from '../model/format.ts';
import { toneOfTask, words } from '../model/tone.ts';
import { Chip, Section } from './marks.tsx';

/** The card of a task that was picked. */
export function TaskCardView({ task, row, now, onClose }: { readonly task: TaskCard; readonly row: MissionRow; readonly now: number; readonly onClose: () => void }) {
  const close = (
    <button type="button" class="quiet" aria-label="Close the task" onClick={onClose}>
      ×
    </button>
  );
  return (
    <Section title={task.name} id="task" side={close}>
      <p>
        <Chip tone={toneOfTask(task.state)}>{words(task.state)}</Chip>
        {task.isMemoized && <small> the result of an equal task was used again</small>}
      </p>
      {task.message !== '' && <p class="message">{task.message}</p>}
      <dl class="facts">
        {factsOf(task, now).filter(([, value]) => value !== '').map(([title, value]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Before task={task} />
      <Artifacts task={task} />
      {task.uid !== undefined && <code class="command">{`kubectl mission logs ${row.name} ${task.name} -n ${row.namespace}`}</code>}
    </Section>
  );
}

function factsOf(task: TaskCard, now: number): readonly (readonly [string, string])[] {
  return [
    ['Role', task.type],
    ['Action', task.action],
    ['After', task.dependsOn.join(', ')],
    ['Agent', task.agent],
    ['Pool', task.pool],
    ['Attempt', task.attempt === 0 ? '' : String(task.attempt)],
    ['Took', between(task.started, task.ended, now)],
    ['Reason', words(task.reason)],
  ];
}

function Artifacts({ task: { artifacts } }: { readonly task: TaskCard }) {
  if (artifacts.length === 0) return null;
  return (
    <ul class="artifacts" aria-label="Artifacts">
      {artifacts.map(({ name, mediaType, sizeBytes }) => (
        <li key={name}>
          <code>{name}</code> <small>{`${mediaType}, ${bytes(sizeBytes)}`}</small>
        </li>
      ))}
    </ul>
  );
}

function Before({ task: { before, violations } }: { readonly task: TaskCard }) {
  return (
    <>
      {before.map(({ attempt, agent, reason, message }) => (
        <p key={attempt} class="evidence">
          <b>{`Attempt ${attempt}: ${words(reason)}`}</b>
          {agent === '' ? '' : ` on ${agent}`}
          <br />
          {message}
        </p>
      ))}
      {violations.map((text) => (
        <p key={text} class="evidence bad">
          {text}
        </p>
      ))}
    </>
  );
}
