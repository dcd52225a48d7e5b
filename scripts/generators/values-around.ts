// Values about the cluster around an installation: its order, its networks, its monitoring, and the test of it all.
import { z } from 'zod';
import { annotations, anyMap, image } from './values-parts.ts';

const kubeDns = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } };
const tcpPorts = (...ports: readonly number[]) => ports.map((port) => ({ port, protocol: 'TCP' }));
const peers = (what: string, fallback: Record<string, unknown>[] = []) => z.array(anyMap()).default(fallback).describe(what);
const furtherLabels = () => annotations('Further labels: operators of Prometheus and sidecars of Grafana select by them.');

/** What an installation asks of the cluster around it. */
export const surroundings = {
  priorityAndFairness: z.strictObject({ create: z.boolean().default(true).describe('Whether the API server is told to answer leases first and our processes in a queue of their own (FlowSchemas, which belong to the whole cluster).') }).describe('Order in a busy API server.'),
  networkPolicies: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Whether our pods speak only to their peers. It means something only where the network plugin enforces NetworkPolicies.'),
      dns: peers('Where name servers are. Empty: anywhere, on port 53.', [kubeDns]),
      apiServerPorts: peers('Ports of the API server; it is no pod, so its address cannot be named.', tcpPorts(443, 6443)),
      providerPorts: peers('Ports of the model provider.', tcpPorts(443)),
      storePorts: peers('Ports of the stores of the mirror: NATS, Redis, ClickHouse, S3, Chroma.', tcpPorts(443, 4222, 6379, 8000, 8443)),
      metricsFrom: peers('Who may read metrics, as peers of a NetworkPolicy, for example the namespace of Prometheus. Empty: nobody.'),
      peopleFrom: peers('Who in the cluster may ask operator, blobs, mirror and console for people. Empty: only tunnels of kubectl.'),
      agents: z
        .strictObject({
          enabled: z.boolean().default(false).describe('Whether agents speak only to the installation, DNS and what egress allows.'),
          namespaces: z.array(z.string().min(1).max(63)).max(256).default([]).describe('Namespaces of pools; they must exist. watchNamespace is among them by itself.'),
          egress: peers('What agents may reach further, as egress rules of a NetworkPolicy, for example git servers and package registries.'),
        })
        .describe('Agents.'),
    })
    .describe('Who may speak to whom.'),
  serviceMonitor: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Whether a ServiceMonitor and, for agents, a PodMonitor are made. Their kinds must be there.'),
      interval: z.string().regex(/^[0-9]{1,4}(s|m)$/).default('30s').describe('How often metrics are read.'),
      labels: furtherLabels(),
    })
    .describe('Scraping by the Prometheus operator.'),
  prometheusRule: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Whether a PrometheusRule with our alerts is made. Its kind must be there.'),
      runbookUrl: z.string().max(512).default('docs/troubleshooting.md').describe('Where your people read docs/troubleshooting.md; alerts link to its headings.'),
      spendUsdPerHour: z.number().min(0).max(1_000_000).default(50).describe('US dollars for models in an hour above which CoditectSpendFast tells.'),
      labels: furtherLabels(),
    })
    .describe('Alerts.'),
  dashboards: z.strictObject({ enabled: z.boolean().default(false).describe('Whether dashboards are made as ConfigMaps with the label grafana_dashboard.'), labels: furtherLabels() }).describe('Dashboards for Grafana.'),
  installCheck: z
    .strictObject({
      agentImage: image('coditect/agent'),
      timeoutSeconds: z.int().min(10).max(3600).default(300).describe('How long its mission may take.'),
      resources: anyMap().default({ requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } }).describe('Requests and limits of its pod.'),
    })
    .describe('What `helm test` runs: a pod of the operator\'s image that applies a small mission and a pool for it, waits for Succeeded and deletes both.'),
};
