// What a mission cost, and what was saved; by model where there are stats.
import type { MissionDetail } from '#api/console.ts';
import type { StatsAnswer } from '#api/stats.ts';
import { count, usd } from '../model/format.ts';
import { useAsked } from './ask.tsx';
import { Nothing, Section } from './marks.tsx';
import { StatsTable } from './plot.tsx';

/** Calls, tokens, dollars. */
export function CostCard({ detail: { row, usage, plan } }: { readonly detail: MissionDetail }) {
  const models = useAsked<StatsAnswer>(usage === undefined ? undefined : `/api/stats/${encodeURIComponent(row.namespace)}/cost?mission=${encodeURIComponent(row.name)}&by=model&from=${encodeURIComponent(row.created)}`);
  return (
    <Section title="Cost" id="cost">
      {usage === undefined ? (
        <Nothing>No language model was called.</Nothing>
      ) : (
        <dl class="facts">
          <Fact title="Spent" value={usd(row.costUsd)} />
          {plan?.estimatedCostUsd !== undefined && <Fact title="Estimated" value={usd(plan.estimatedCostUsd)} />}
          {Number(usage.savedUsd) > 0 && <Fact title="Saved" value={usd(usage.savedUsd)} />}
          <Fact title="Calls" value={`${count(usage.calls)}${usage.cachedCalls > 0 ? `, and ${count(usage.cachedCalls)} answered from before` : ''}`} />
          <Fact title="Tokens" value={`${count(usage.inputTokens)} in, ${count(usage.outputTokens)} out${usage.cacheReadTokens > 0 ? `, ${count(usage.cacheReadTokens)} cached` : ''}`} />
        </dl>
      )}
      {models.kind === 'answer' && models.value.rows.length > 0 && <StatsTable answer={models.value} title="Cost by model" />}
    </Section>
  );
}

function Fact({ title, value }: { readonly title: string; readonly value: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{value}</dd>
    </div>
  );
}
