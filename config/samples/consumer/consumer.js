// Prints the events of one tenant, one JSON line each: those that there are, then those that come.
// A program of anybody: it knows the public contract (subjects, headers, CloudEvents) and the packages `nats` and `msgpackr`, and nothing else of Coditect.
import { randomUUID } from 'node:crypto';
import { env, stdout } from 'node:process';
import { unpack } from 'msgpackr';
import { AckPolicy, connect, DeliverPolicy } from 'nats';

const { NATS_SERVER = '127.0.0.1:4222', NATS_USER, NATS_PASSWORD, NATS_CA_FILE, TENANT = 'default' } = env;
const connection = await connect({
  servers: NATS_SERVER,
  maxReconnectAttempts: -1,
  ...(NATS_USER === undefined ? {} : { user: NATS_USER, pass: NATS_PASSWORD }),
  ...(NATS_CA_FILE === undefined ? {} : { tls: { caFile: NATS_CA_FILE } }),
});

/** A message is a pack of events; its header says how it is written. */
const eventsOf = (message) => (message.headers?.get('content-type') === 'application/cloudevents-batch+json' ? message.json() : unpack(message.data));

// The server forgets this consumer an hour after the program has gone. (The package's own ordered consumer does not start against newer servers.)
const manager = await connection.jetstreamManager({ checkAPI: false });
const name = `reader-${randomUUID()}`;
await manager.consumers.add('CODITECT_EVENTS', {
  // With a name the filter is a part of the request's subject, and the server can allow one tenant and no other.
  name,
  filter_subject: `coditect.events.${TENANT}.>`,
  deliver_policy: DeliverPolicy.All,
  ack_policy: AckPolicy.None,
  inactive_threshold: 3_600_000_000_000,
});
const consumer = await connection.jetstream({ checkAPI: false }).consumers.get('CODITECT_EVENTS', name);
const seen = new Set();
for await (const message of await consumer.consume()) {
  for (const event of eventsOf(message)) {
    // The same event may be told twice, by two mirrors or after a restart: its id is the same.
    if (seen.has(event.id)) continue;
    seen.add(event.id);
    stdout.write(`${JSON.stringify(event)}\n`);
  }
}
