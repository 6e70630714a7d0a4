import type { BatchReport, EpochReport } from "@unrolled/train";
import cliProgress from "cli-progress";
import { formatDuration } from "./numbers.js";

/** Tells how training goes on. */
export interface ProgressView {
  onBatch(report: BatchReport): void;
  onEpoch(report: EpochReport): void;
  /** Takes the bar away and gives the cursor back; may be called twice. */
  stop(): void;
}

const nothing = (): undefined => undefined;

export const silentProgress: ProgressView = { onBatch: nothing, onEpoch: nothing, stop: nothing };

/** A bar on a terminal, one line an epoch elsewhere, of many epochs every few. */
export function progressOn(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? bar(stream) : lines(stream);
}

const mostLines = 20;

function lines(stream: NodeJS.WriteStream): ProgressView {
  return {
    onBatch: nothing,
    onEpoch: ({ epoch, epochs, trainLoss, validationLoss, best, secondsLeft }) => {
      if (epoch % Math.ceil(epochs / mostLines) !== 0 && epoch !== 1) return;
      const place = `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`;
      const losses = `loss ${trainLoss.toPrecision(4)}  validation ${validationLoss.toPrecision(4)}${best ? " (best)" : ""}`;
      const left = epoch < epochs ? `  at most ${formatDuration(secondsLeft)} left` : "";
      stream.write(`${place}  ${losses}${left}\n`);
    },
    stop: nothing,
  };
}

function bar(stream: NodeJS.WriteStream): ProgressView {
  let detail = "";
  let validation = "";
  let started = false;
  const single = new cliProgress.SingleBar({
    stream,
    format: (_options, { progress }) => {
      const size = Math.max(8, Math.min(30, (stream.columns || 80) - 66));
      const full = Math.round(progress * size);
      const percent = `${Math.floor(progress * 100)}`.padStart(3);
      return `${"█".repeat(full)}${"░".repeat(size - full)} ${percent} %  ${detail}`;
    },
    fps: 10,
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false,
  });
  const stop = (): void => {
    if (started) single.stop();
    started = false;
    process.off("exit", stop);
  };
  return {
    onBatch: ({ epoch, epochs, batch, batches, loss, secondsLeft }) => {
      const left = secondsLeft === null ? "" : `  ${formatDuration(secondsLeft)} left`;
      detail = `epoch ${epoch}/${epochs}  loss ${loss.toPrecision(3)}${validation}${left}`;
      if (!started) {
        single.start(epochs * batches, 0);
        started = true;
        process.on("exit", stop);
      }
      single.update((epoch - 1) * batches + batch);
    },
    onEpoch: ({ validationLoss }) => {
      validation = `  validation ${validationLoss.toPrecision(3)}`;
    },
    stop,
  };
}
