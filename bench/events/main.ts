// Measures the way of events into the log and says which targets are missed: node bench/events/main.ts
import { keepRows, rowTable, type Targets } from '#bench/report.ts';
import { benchIngest } from './ingest.ts';

const targets: Targets = {
  ingest_vs_single_message: { limit: 25, sense: 'at least', isClaimed: false },
  ingest_events_per_s: { limit: 300_000, sense: 'at least', isClaimed: false },
};

const rows = await benchIngest();
await keepRows(rows);
process.stdout.write(`${rowTable(rows, targets)}\n`);
