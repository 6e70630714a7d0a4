// What the page says of training, read as a user would.
import type { Locator, Page } from "playwright";
import { expect } from "vitest";

/** The page follows the worker, which on a busy machine takes its time. */
export const eventually = <T>(read: () => T): ReturnType<typeof expect.poll<T>> =>
  expect.poll(read, { timeout: 30_000 });

export const controls = (page: Page): Locator => page.getByRole("group", { name: "Training", exact: true });

export async function figures(page: Page): Promise<{ readonly update: number; readonly loss: string }> {
  const text = await controls(page).textContent();
  const [, update, loss] = /update\s*(\d+)\s*epoch\s*\d+\s*loss\s*(\S+?)\s*rate/.exec(text ?? "") ?? [];
  return { update: Number(update), loss };
}

export const updates = async (page: Page): Promise<number> => (await figures(page)).update;

export const play = (page: Page): Promise<void> => controls(page).getByRole("button", { name: "Play" }).click();
