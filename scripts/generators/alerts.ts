// What somebody should be woken for, or look at in the morning: rules for Prometheus, and what to do about each, for docs/troubleshooting.md.

/** One alert. */
export interface Alert {
  readonly name: string;
  /** PromQL; metrics of ours only, summed by namespace so that several installations do not mix. */
  readonly expr: string;
  /** How long it must be true. */
  readonly for: string;
  readonly severity: 'critical' | 'warning';
  readonly means: string;
  readonly next: string;
}

/** Every alert, the worst first. */
export const alerts: readonly Alert[] = [
  {
    name: 'CoditectNoLeader', expr: 'sum by (namespace) (coditect_leader_info) == 0', for: '2m', severity: 'critical',
    means: 'No operator leads: nothing is started or decided; what runs goes on.', next: 'Read the logs of the operators for the lease, and see that they reach the API server: kubectl logs -l app.kubernetes.io/component=operator.',
  },
  {
    name: 'CoditectOperatorAbsent', expr: 'absent(coditect_leader_info)', for: '5m', severity: 'critical',
    means: 'No operator is scraped: none runs, or Prometheus cannot reach them.', next: 'kubectl get pods -l app.kubernetes.io/component=operator; with NetworkPolicies, name Prometheus in networkPolicies.metricsFrom.',
  },
  {
    name: 'CoditectTwoLeaders', expr: 'sum by (namespace) (coditect_leader_info) > 1', for: '1m', severity: 'critical',
    means: 'Two operators say that they lead. Terms keep their decisions apart, but one of them should have ended.', next: 'Delete the pod that does not hold the Lease coditect-operator, and keep its log for a report.',
  },
  {
    name: 'CoditectReconcileErrors', expr: 'sum by (namespace, kind) (rate(coditect_reconciles_total{result="error"}[10m])) / sum by (namespace, kind) (rate(coditect_reconciles_total[10m])) > 0.1', for: '15m', severity: 'warning',
    means: 'More than a tenth of the turns of a reconciler fail.', next: 'The log of the leader names object and reason; missing rights show as 403 there.',
  },
  {
    name: 'CoditectApiServerRefuses', expr: 'sum by (namespace) (rate(coditect_api_requests_total{status=~"429|5.."}[10m])) / sum by (namespace) (rate(coditect_api_requests_total[10m])) > 0.05', for: '15m', severity: 'warning',
    means: 'The API server refuses or fails more than one request in twenty.', next: 'See whether the API server is well, and that the FlowSchema coditect is there (priorityAndFairness.create).',
  },
  {
    name: 'CoditectDispatchSlow', expr: 'histogram_quantile(0.99, sum by (namespace, le) (rate(coditect_ready_to_executing_seconds_bucket[10m]))) > 5', for: '10m', severity: 'warning',
    means: 'One ready task in a hundred waits longer than five seconds for an agent.', next: 'kubectl mission why NAME says what tasks wait for. Raise scaling.warm or maxReplicas of the pool, or add nodes.',
  },
  {
    name: 'CoditectModelProviderFails', expr: 'max by (namespace) (coditect_llm_breaker_open) == 1', for: '5m', severity: 'warning',
    means: 'The LLM gateway holds calls back because the provider fails.', next: 'See the status page of the provider, and the log of the gateway for its answers; a key that expired shows there.',
  },
  {
    name: 'CoditectSpendFast', expr: 'sum by (namespace) (increase(coditect_llm_cost_usd_total[1h])) > {{ .Values.prometheusRule.spendUsdPerHour }}', for: '5m', severity: 'warning',
    means: 'Models cost more in an hour than prometheusRule.spendUsdPerHour.', next: 'kubectl get missions -A shows COST. Suspend what should not run: kubectl mission suspend NAME; budgets of missions bound each.',
  },
  {
    name: 'CoditectMirrorSilent', expr: 'sum by (namespace) (coditect_mirror_holds_lease) == 0', for: '5m', severity: 'warning',
    means: 'No mirror tells what happens. Missions run all the same.', next: 'Read the log of the mirror: another one may hold the Lease coditect-mirror.',
  },
  {
    name: 'CoditectMirrorLogAway', expr: 'min by (namespace) (coditect_mirror_log_connected) == 0', for: '10m', severity: 'warning',
    means: 'The mirror has no connection to the event log; events wait on its disk.', next: 'See that NATS is well and that the credentials are: docs/mirror.md.',
  },
  {
    name: 'CoditectMirrorDropsEvents', expr: 'max by (namespace) (delta(coditect_mirror_outbox_dropped[15m])) > 0', for: '0m', severity: 'warning',
    means: 'The disk of the mirror is full, and events are dropped.', next: 'Bring the event log back, or enlarge mirror.persistence.size and CODITECT_MIRROR_OUTBOX_MAX_MIB.',
  },
  {
    name: 'CoditectMirrorPartDown', expr: 'min by (namespace, part) (coditect_mirror_part_up) == 0', for: '10m', severity: 'warning',
    means: 'A part of the mirror is down: its store is away, or refuses.', next: 'The label part names it; the log of the mirror says why. Nothing is lost while the event log has the events.',
  },
];

/** Section of docs/troubleshooting.md: the links of the rules lead to its headings. */
export function alertSection(): string {
  const entries = alerts.map(({ name, severity, means, next }) => `### ${name}\n\n${severity === 'critical' ? 'Critical' : 'Warning'}: ${means} *${next}*\n`);
  return `## Alerts\n\n${entries.join('\n')}`;
}
