// node worker.mjs WINDOWS: one worker process. It takes jobs under the queue's limit, which is kept in so many windows a
// second, and posts them over kept connections.

import { UnrecoverableError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Pool } from 'undici';
import { PATH, QUEUE, TIMEOUT, setup, toForm } from './job.mjs';

const windows = Number(process.argv[2]);
const provider = new Pool(setup.providerUrl, {
  connections: setup.concurrency,
  pipelining: 1,
  headersTimeout: TIMEOUT,
  bodyTimeout: TIMEOUT,
});
const headers = { 'content-type': 'application/x-www-form-urlencoded' };

async function send(job) {
  const { statusCode, body } = await provider.request({ path: PATH, method: 'POST', headers, body: toForm(job.data) });
  if (statusCode !== 200) {
    await body.dump();
    throw new Error(`HTTP status ${statusCode}`);
  }
  const { responseCode } = await body.json();
  if (responseCode === 500) throw new Error(`code ${responseCode}`);
  if (responseCode !== 0) throw new UnrecoverableError(`code ${responseCode}`);
}

const worker = new Worker(QUEUE, send, {
  connection: new Redis(setup.redisUrl, { maxRetriesPerRequest: null }),
  concurrency: setup.concurrency,
  ...(setup.limit ? { limiter: { max: setup.limit / windows, duration: 1000 / windows } } : {}),
});
worker.on('error', (error) => console.error(error));

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    await worker.close();
    process.exit(0);
  });
}
