import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{api,domain,platform,operator,blobs,llm-gateway,mirror,console,agent-runtime,sandbox,cli,devcluster,testing,bench,scripts}/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Most of them wait for servers: one core left idle makes the run half as long again.
    maxWorkers: '100%',
    coverage: {
      provider: 'v8',
      include: ['{api,domain,operator,llm-gateway,mirror,console}/**/*.ts', 'platform/kube/**/*.ts'],
      exclude: ['**/*.test.ts', '**/generated/**', '**/main.ts'],
      thresholds: { lines: 85 },
      reporter: ['text-summary', 'json-summary'],
    },
  },
});
