import "uplot/dist/uPlot.min.css";
import "./app/theme.css";
import { createApp } from "vue";
import App from "./app/App.vue";
import EmbeddedApp from "./embedded/EmbeddedApp.vue";

// `?embed=loss,prediction` shows these panels alone, for pages that frame them.
const embedded = new URLSearchParams(location.search).has("embed");
createApp(embedded ? EmbeddedApp : App).mount("#app");
