/** Lets one asynchronous job in at a time, in the order of the calls. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<R>(job: () => Promise<R>): Promise<R> {
    const result = this.#last.then(job);
    this.#last = result.catch(() => undefined); // the caller gets the error; the next job goes on
    return result;
  }
}

const channel = new MessageChannel();
const waiting: (() => void)[] = [];
channel.port1.onmessage = () => waiting.shift()?.();

/** Resolves after messages that have come in meanwhile; timers would be held back to 4 ms. */
export function giveWay(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(null);
  });
}
