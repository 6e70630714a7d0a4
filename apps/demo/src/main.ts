import "uplot/dist/uPlot.min.css";
import "./app/theme.css";
import { createApp } from "vue";
import App from "./app/App.vue";

createApp(App).mount("#app");
