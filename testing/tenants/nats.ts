// What a credential of team-a tries at the event log itself, where each tenant has an account of its own. Data only.

/** Listen, ask and wait for answers, or say something. */
export interface NatsProbe {
  readonly kind: 'subscribe' | 'request' | 'publish';
  readonly subject: string;
  readonly body?: string;
}

const wildcards = ['>', '*.>', '*.*.>', 'coditect.>', 'coditect.*.>', 'coditect.events.>', 'coditect.events.*.>', 'coditect.events.*.*', 'coditect.events.*.mission', 'coditect.events.team-b.>', 'coditect.events.team-b.*', 'coditect.events.team-b.mission', 'coditect.*.team-b.>', '*.events.team-b.*', '*.*.team-b.*'];
const inner = ['_INBOX.>', '_INBOX_team-b.>', '_R_.>', '_GR_.>', '$JS.>', '$JS.ACK.>', '$JS.API.>', '$JS.EVENT.>', '$JS.EVENT.ADVISORY.>', '$JS.FC.>', '$JSC.>', '$KV.>', '$O.>', '$SYS.>', '$SYS.ACCOUNT.>', '$SYS.ACCOUNT.events.>', '$SYS.SERVER.>', '$SRV.>', '$MQTT.>', '$NRG.>', '$LDS.>', '$G.>', 'events.>'];

const streams = ['CODITECT_EVENTS', 'CODITECT_AUDIT'];
const consumer = (stream: string, name: string, filter: string, more = {}) => JSON.stringify({ stream_name: stream, config: { name, durable_name: name, ack_policy: 'none', deliver_policy: 'all', filter_subject: filter, ...more } });

/** Of a stream: by every call that shows or changes something. */
const api = (stream: string): readonly (readonly [string, string?])[] => [
  [`STREAM.INFO.${stream}`, JSON.stringify({ subjects_filter: '>' })],
  [`STREAM.INFO.${stream}`, JSON.stringify({ subjects_filter: 'coditect.events.team-b.>', deleted_details: true })],
  [`STREAM.MSG.GET.${stream}`, '{"seq":1}'],
  [`STREAM.MSG.GET.${stream}`, '{"seq":2}'],
  [`STREAM.MSG.GET.${stream}`, '{"last_by_subj":"coditect.events.team-b.mission"}'],
  [`STREAM.MSG.GET.${stream}`, '{"next_by_subj":"coditect.events.team-b.>","seq":1}'],
  [`DIRECT.GET.${stream}`, '{"seq":1}'],
  [`DIRECT.GET.${stream}`, '{"multi_last":["coditect.events.team-b.>"]}'],
  [`DIRECT.GET.${stream}.coditect.events.team-b.mission`],
  [`CONSUMER.NAMES.${stream}`], [`CONSUMER.LIST.${stream}`], [`CONSUMER.INFO.${stream}.sink`],
  [`CONSUMER.MSG.NEXT.${stream}.sink`, '{"batch":100,"no_wait":true}'],
  [`CONSUMER.CREATE.${stream}`, consumer(stream, '', 'coditect.events.team-b.>')],
  [`CONSUMER.CREATE.${stream}.p1.coditect.events.team-b.>`, consumer(stream, 'p1', 'coditect.events.team-b.>')],
  [`CONSUMER.CREATE.${stream}.p2.coditect.events.team-a.>`, consumer(stream, 'p2', 'coditect.events.team-b.>')],
  [`CONSUMER.CREATE.${stream}.p3`, consumer(stream, 'p3', '>', { deliver_subject: 'mine' })],
  [`CONSUMER.DURABLE.CREATE.${stream}.p4`, consumer(stream, 'p4', 'coditect.events.>', { deliver_subject: 'mine' })],
  [`CONSUMER.RESET.${stream}.sink`], [`CONSUMER.DELETE.${stream}.sink`], [`CONSUMER.PAUSE.${stream}.sink`, '{"pause_until":"2099-01-01T00:00:00Z"}'],
  [`STREAM.SNAPSHOT.${stream}`, '{"deliver_subject":"mine","chunk_size":65536}'],
  [`STREAM.PURGE.${stream}`, '{"filter":"coditect.events.team-b.>"}'],
  [`STREAM.MSG.DELETE.${stream}`, '{"seq":1}'],
  [`STREAM.LEADER.STEPDOWN.${stream}`],
  [`STREAM.UPDATE.${stream}`, JSON.stringify({ name: stream, subjects: ['coditect.events.>'] })],
];

const others: readonly (readonly [string, string?])[] = [
  ['INFO'], ['STREAM.LIST'], ['STREAM.NAMES', '{"subject":"coditect.events.team-b.>"}'], ['ACCOUNT.PURGE.events'], ['META.LEADER.STEPDOWN'], ['SERVER.REMOVE', '{"peer":"n0"}'],
  ['STREAM.CREATE.STOLEN', '{"name":"STOLEN","subjects":["coditect.events.team-b.>"]}'],
  ['STREAM.CREATE.MIRRORED', '{"name":"MIRRORED","mirror":{"name":"CODITECT_AUDIT"}}'],
  ['STREAM.CREATE.SOURCED', '{"name":"SOURCED","sources":[{"name":"CODITECT_EVENTS","filter_subject":"coditect.events.team-b.>","external":{"api":"$JS.events.API","deliver":"mine"}}]}'],
  ['STREAM.CREATE.TAPPED', '{"name":"TAPPED","mirror":{"name":"CODITECT_EVENTS","external":{"api":"$JS.API","deliver":"mine"}}}'],
];

const request = (subject: string, body?: string): NatsProbe => ({ kind: 'request', subject, ...(body === undefined ? {} : { body }) });

/** Everything that is tried; answers and messages go to one heap that is searched for the word of team-b. */
export const natsProbes: readonly NatsProbe[] = [
  ...[...wildcards, ...inner].map((subject): NatsProbe => ({ kind: 'subscribe', subject })),
  ...streams.flatMap((stream) => api(stream).map(([call, body]) => request(`$JS.API.${call}`, body))),
  ...others.map(([call, body]) => request(`$JS.API.${call}`, body)),
  ...['$SYS.REQ.ACCOUNT.events.JSZ', '$SYS.REQ.ACCOUNT.events.CONNZ', '$SYS.REQ.ACCOUNT.events.SUBSZ', '$SYS.REQ.ACCOUNT.PING.STATZ', '$SYS.REQ.SERVER.PING', '$SYS.REQ.SERVER.PING.CONNZ', '$SYS.REQ.SERVER.PING.JSZ', '$SYS.REQ.SERVER.PING.SUBSZ', '$SYS.REQ.CLAIMS.LIST', '$SYS.REQ.ACCOUNT.events.CLAIMS.LOOKUP', '$SYS.REQ.USER.INFO', '$SRV.PING', '$SRV.INFO'].map((subject) => request(subject)),
  ...['coditect.events.team-b.mission', 'coditect.events.team-b.agent', 'coditect.events.team-b.approval', 'coditect.events.team-a.mission', 'coditect.events.team-c.task'].map((subject): NatsProbe => ({ kind: 'publish', subject, body: '[{"forged":true}]' })),
];
