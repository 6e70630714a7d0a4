// What a frame and the page around it tell each other, where both are of one site.
import { onBeforeUnmount, onMounted, type ShallowRef } from "vue";

/** Sent to the page around: how high the frame has to be, in CSS pixels. */
export interface FrameHeight {
  readonly unrolledHeight: number;
}

/** Sent into the frame: the theme of the page around. */
export interface FrameTheme {
  readonly unrolledTheme: "light" | "dark";
}

const isTheme = (data: unknown): data is FrameTheme =>
  typeof data === "object" &&
  data !== null &&
  "unrolledTheme" in data &&
  (data.unrolledTheme === "light" || data.unrolledTheme === "dark");

function wear(theme: string | null): void {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}

/** Follows the theme of the page around, `theme` of the address at first, and tells it the height of an element. */
export function useFrame(content: Readonly<ShallowRef<HTMLElement | null>>): void {
  wear(new URLSearchParams(location.search).get("theme"));
  const onMessage = ({ data, origin }: MessageEvent<unknown>): void => {
    if (origin === location.origin && isTheme(data)) wear(data.unrolledTheme);
  };
  const resizing = new ResizeObserver(([{ target }]) => {
    const message: FrameHeight = { unrolledHeight: Math.ceil(target.getBoundingClientRect().height) };
    parent.postMessage(message, location.origin);
  });
  addEventListener("message", onMessage);
  onMounted(() => {
    if (content.value) resizing.observe(content.value);
  });
  onBeforeUnmount(() => {
    removeEventListener("message", onMessage);
    resizing.disconnect();
  });
}
