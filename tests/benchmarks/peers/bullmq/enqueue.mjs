// node enqueue.mjs COUNT LANE RUN: adds jobs in bulk; prints when it began (seconds since the epoch) and how many
// seconds it took.

import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { QUEUE, TRIES, orders, setup } from './job.mjs';

const CHUNK = 1000;
const [count, lane, run] = process.argv.slice(2);
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
for (let first = 0; first < made.length; first += CHUNK) await queue.addBulk(made.slice(first, first + CHUNK));
console.log(began, Date.now() / 1000 - began);

await queue.close();
connection.disconnect();
