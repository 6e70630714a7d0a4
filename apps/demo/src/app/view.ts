import { onScopeDispose, type Ref, ref, watch } from "vue";
import { panels } from "../panels/index.js";

const named = (): string => {
  const given = new URLSearchParams(location.hash.slice(1)).get("view");
  return panels.some(({ id }) => id === given) ? String(given) : panels[0].id;
};

/** Which view is chosen; it stands in the address as `view`. */
export function useView(): Ref<string> {
  const view = ref(named());
  const follow = (): void => {
    view.value = named();
  };
  addEventListener("hashchange", follow);
  addEventListener("popstate", follow);
  onScopeDispose(() => {
    removeEventListener("hashchange", follow);
    removeEventListener("popstate", follow);
  });
  watch(view, (id) => {
    const params = new URLSearchParams(location.hash.slice(1));
    if (params.get("view") === id) return;
    params.set("view", id);
    history.replaceState(history.state, "", `#${params}`);
  });
  return view;
}
