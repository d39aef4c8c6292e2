// node enqueue.mjs COUNT LANE RUN [PAUSE]: adds jobs in bulk; prints when it began (seconds since the epoch) and how many
// seconds it took. With a pause it adds one by one, so many seconds apart, and prints a JSON list of when it began with
// each.

import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { QUEUE, TRIES, orders, setup } from './job.mjs';

const CHUNK = 1000;
const [count, lane, run, pause] = process.argv.slice(2);
const connection = new Redis(setup.redisUrl, { maxRetriesPerRequest: null });
const queue = new Queue(QUEUE, { connection });
const opts = {
  attempts: TRIES,
  backoff: { type: 'exponential', delay: 1000 },
  removeOnComplete: true,
  lifo: lane === 'urgent', // to the head of the queue; priorities would cost each bulk job a sorted set
};
const made = [...orders(Number(count), lane, run)].map((data) => ({ name: 'send', data, opts }));

const began = Date.now() / 1000;
if (pause === undefined) {
  for (let first = 0; first < made.length; first += CHUNK) await queue.addBulk(made.slice(first, first + CHUNK));
  console.log(began, Date.now() / 1000 - began);
} else {
  const instants = [];
  for (const [number, job] of made.entries()) {
    await sleep(Math.max(0, (began + number * Number(pause)) * 1000 - Date.now()));
    instants.push(Date.now() / 1000);
    await queue.add(job.name, job.data, job.opts);
  }
  console.log(JSON.stringify(instants));
}

await queue.close();
connection.disconnect();
