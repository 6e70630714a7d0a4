import { readFileSync } from "node:fs";
import { arch, cpus, platform, totalmem } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
  readonly v8: string;
  readonly libraries: Readonly<Record<string, string>>;
}

const peersFolder = new URL("../peers/", import.meta.url);

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const manifest = (url: URL): Manifest => JSON.parse(readFileSync(url, "utf8")) as Manifest;

/** Pinned exactly, so that what the manifests ask for is what runs. */
function libraries(): Record<string, string> {
  const own = manifest(new URL("../package.json", import.meta.url)).dependencies ?? {};
  const peers = manifest(new URL("package.json", peersFolder)).dependencies ?? {};
  const pinned = Object.entries({ ...own, ...peers }).filter(([, version]) => /^\d/.test(version));
  return Object.fromEntries(pinned);
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${platform()} ${arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    libraries: libraries(),
  };
}

/** How many cores are busy just now, watched for some milliseconds. */
export async function busyCores(milliseconds: number): Promise<number> {
  const before = cpus();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return cpus().reduce((busy, { times }, core) => {
    const old = before[core].times;
    const idle = times.idle - old.idle;
    const used = times.user + times.sys + times.nice + times.irq - (old.user + old.sys + old.nice + old.irq);
    return busy + (used + idle > 0 ? used / (used + idle) : 0);
  }, 0);
}
