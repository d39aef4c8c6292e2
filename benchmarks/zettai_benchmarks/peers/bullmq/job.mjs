// The same work as in job.py: one send for each message, and what the runner has handed down.

const account = { token: '0123456789abcdef0123456789abcdef', clientId: '1234', smsCode: '12345' };

export const QUEUE = 'provider';
export const TIMEOUT = 10_000; // milliseconds
export const TRIES = 10;
export const PATH = '/p5/api/mt.json';

export const setup = {
  redisUrl: process.env.PEER_REDIS_URL,
  providerUrl: process.env.PEER_PROVIDER_URL,
  limit: Number(process.env.PEER_LIMIT),
  concurrency: Number(process.env.PEER_CONCURRENCY),
};

export const toForm = (order) => new URLSearchParams({ ...account, ...order }).toString();

export function* orders(count, lane, run) {
  for (let number = 0; number < count; number++) {
    yield {
      clientTag: `${lane}-${run}-${number}`,
      phoneNumber: `0905555${String(number % 10_000).padStart(4, '0')}`,
      message: 'Your parcel arrives today.',
    };
  }
}
