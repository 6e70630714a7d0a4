import type { Peer } from "./peers/peer.js";
import { type Run, Unavailable } from "./run.js";
import type { Work } from "./works/work.js";

/** A work made ready by a peer. */
export async function runOf(work: Work, peer: Peer): Promise<Run> {
  if (peer.open === undefined) throw new Unavailable("it runs in a process of another language");
  const family = await peer.open();
  const make = family[work.kind] as ((work: Work) => Run | Promise<Run>) | undefined;
  if (make === undefined) throw new Unavailable("cannot express it");
  return make(work);
}
